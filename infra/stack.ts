/** The stack: the construct with the configuration of cdk.json, and what a user needs next as outputs. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
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

    this.tell('EventBusName', events.bus.eventBusName, 'The bus: give it to your rules');
    this.tell('EventBusArn', events.bus.eventBusArn, 'The ARN of the bus');
    this.tell('FunctionName', events.poller.functionName, 'The poller');
    this.tell('LogGroupName', events.logGroup.logGroupName, "The poller's log");
    this.tell('TableName', events.table.tableName, 'Checkpoints and ledger');
    this.tell(
      'DeadLetterQueueUrl',
      events.deadLetterQueue.queueUrl,
      'Events given up on, each with the reason',
    );
    this.tell('FailedInvocationsQueueUrl', events.failedInvocationsQueue.queueUrl, 'Invocations that failed');
    this.tell('AlarmTopicArn', events.alarmTopic.topicArn, 'Subscribe to it to hear of alarms');
  }

  private tell(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
