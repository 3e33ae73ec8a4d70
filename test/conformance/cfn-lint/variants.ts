/** The stack as its options make it: each variant's template. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { bundleFunction } from '../../../infra/build/bundle.ts';
import { type SynthesizeOptions, synthesize } from '../../../infra/build/synth.ts';
import { HubSpotEvents } from '../../../infra/constructs/hubspot-events.ts';
import type { HubSpotEventsProps } from '../../../infra/constructs/hubspot-events-props.ts';
import { STAND_IN_ENTRY } from '../../infra/synthesized.ts';

const portals = (count: number) => ({
  portals: Object.fromEntries(Array.from({ length: count }, (_, index) => [`portal-${index}`, {}])),
});
const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:mine-AbCdEf';

/** The stack of cdk.json with another configuration. */
const configured = (options: SynthesizeOptions) => () =>
  synthesize({ entry: STAND_IN_ENTRY, ...options }).template;

/** The construct in a stack of its user's. */
const constructed = (make: (stack: Stack) => Partial<HubSpotEventsProps>) => () => {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Mine', { env: { account: '123456789012', region: 'us-east-1' } });
  const bundle = bundleFunction(STAND_IN_ENTRY);
  new HubSpotEvents(stack, 'HubSpot', { portals: { main: {} }, bundle, ...make(stack) });
  return Template.fromStack(stack).toJSON();
};

export const VARIANTS: Readonly<Record<string, () => unknown>> = {
  'as cdk.json has it': configured({}),
  'one portal': configured({ config: portals(1) }),
  'several portals': configured({ config: portals(5) }),
  'fifty portals': configured({ config: portals(50) }),
  'fifty-one portals': configured({ config: portals(51) }),
  'many portals': configured({ config: portals(2), flags: { manyPortals: true } }),
  'an archive and an address for alarms': configured({
    config: { ...portals(1), archiveDays: 30, alarmEmail: 'somebody@example.com' },
  }),
  'the schema registry': configured({ config: portals(1), flags: { schemaRegistry: true } }),
  'the example consumer': configured({ config: portals(1), flags: { consumerExample: true } }),
  'every flag': configured({
    config: { ...portals(2), archiveDays: 1 },
    flags: { consumerExample: true, schemaRegistry: true, manyPortals: true },
  }),
  'slow polls, quick polls, a secret by its ARN': configured({
    config: { portals: { slow: { pollSeconds: 3_600 }, quick: { pollSeconds: 5 }, own: { secretArn: ARN } } },
  }),
  'a VPC': constructed((stack) => ({
    vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['us-east-1a'],
      privateSubnetIds: ['subnet-0123456789abcdef0'],
    }),
  })),
  "its user's own bus, key, secret and topic": constructed((stack) => ({
    eventBus: new EventBus(stack, 'Bus'),
    tableKey: new Key(stack, 'Key', { enableKeyRotation: true }),
    secrets: { main: Secret.fromSecretCompleteArn(stack, 'Secret', ARN) },
    alarmTopic: new Topic(stack, 'Topic'),
  })),
};
