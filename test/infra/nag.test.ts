import { App, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { bundleFunction } from '../../infra/build/bundle.ts';
import { readConfig } from '../../infra/config.ts';
import { HubSpotEvents } from '../../infra/constructs/hubspot-events.ts';
import { HubSpotEventsStack } from '../../infra/stack.ts';
import { STAND_IN_ENTRY } from './synthesized.ts';

function checkedStack(flags: { readonly manyPortals?: boolean } = {}) {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const config = readConfig({
    portals: { main: {}, other: {} },
    alarmEmail: 'ops@example.com',
    archiveDays: 7,
  });
  const bundle = bundleFunction(STAND_IN_ENTRY);
  const others = { consumerExample: bundle, schemaRegistry: true, ...flags };
  return { app, stack: new HubSpotEventsStack(app, { config, bundle, ...others }) };
}

test('the stack, with all that can be asked for, passes the AwsSolutions checks', () => {
  expect(() => checkedStack().app.synth()).not.toThrow();
});

test('the stack of many portals passes them too: what the roll call may read is explained', () => {
  expect(() => checkedStack({ manyPortals: true }).app.synth()).not.toThrow();
});

test('the checks are at work: a topic open to plain http fails them', () => {
  const { app, stack } = checkedStack();
  new Topic(stack, 'Open');
  expect(() => app.synth()).toThrow(/AwsSolutions-SNS3/);
});

test('the construct in a VPC passes them: the right to make network interfaces is explained', () => {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, 'Mine', { env: { account: '123456789012', region: 'eu-west-1' } });
  const attributes = { vpcId: 'vpc-1', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'] };
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', attributes);
  new HubSpotEvents(stack, 'HubSpot', { portals: { main: {} }, bundle: bundleFunction(STAND_IN_ENTRY), vpc });
  expect(() => app.synth()).not.toThrow();
});
