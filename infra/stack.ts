/** The stack: the construct with the configuration of cdk.json. */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';
import { HubSpotEvents } from './constructs/hubspot-events.ts';
import type { HubSpotEventsProps } from './constructs/hubspot-events-props.ts';
import { ConsumerExample } from './examples/consumer.ts';
import { STACK_NAME } from './names.ts';

export interface HubSpotEventsStackProps extends Pick<HubSpotEventsProps, 'schemaRegistry' | 'manyPortals'> {
  readonly config: Config;
  /** The folder with the example consumer's bundle, where it is asked for. */
  readonly consumerExample?: string;
  /** The folder with the poller's bundle. */
  readonly bundle: string;
}

export class HubSpotEventsStack extends Stack {
  constructor(scope: Construct, { config, consumerExample, ...others }: HubSpotEventsStackProps) {
    super(scope, STACK_NAME, {
      description: "Polls HubSpot's Events API and republishes every event to Amazon EventBridge",
    });
    const portals = Object.fromEntries(config.portals.map(({ name, ...settings }) => [name, settings]));
    // "Default" adds nothing to the resources' logical ids: they are those of the stack itself.
    const events = new HubSpotEvents(this, 'Default', { ...config, portals, ...others });

    if (consumerExample !== undefined) {
      new ConsumerExample(this, 'ConsumerExample', { events, bundle: consumerExample });
    }
  }
}
