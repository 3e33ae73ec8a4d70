import { App, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { bundlePoller } from '../../infra/build/bundle.ts';
import { readConfig } from '../../infra/config.ts';
import { HubSpotEventsStack } from '../../infra/stack.ts';
import { STAND_IN_ENTRY } from './synthesized.ts';

function checkedStack() {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const config = readConfig({
    portals: { main: {}, other: {} },
    alarmEmail: 'ops@example.com',
    archiveDays: 7,
  });
  const bundle = bundlePoller(STAND_IN_ENTRY);
  const others = { consumerExample: bundle, schemaRegistry: true };
  return { app, stack: new HubSpotEventsStack(app, { config, bundle, ...others }) };
}

test('the stack, with all that can be asked for, passes the AwsSolutions checks', () => {
  expect(() => checkedStack().app.synth()).not.toThrow();
});

test('the checks are at work: a topic open to plain http fails them', () => {
  const { app, stack } = checkedStack();
  new Topic(stack, 'Open');
  expect(() => app.synth()).toThrow(/AwsSolutions-SNS3/);
});
