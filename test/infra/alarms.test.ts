import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { onlyResource, resourcesOf, templateOf } from './synthesized.ts';

const template = templateOf({ portals: { main: {} } });
const topic = onlyResource(template, 'AWS::SNS::Topic').id;
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties);
const alarmNamed = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `HubSpotEvents-${name}`);
const runbook = readFileSync(new URL('../../infra/RUNBOOK.md', import.meta.url), 'utf8');

test('the lag alarm rings in 3 of 5 minutes over the threshold, and when the poller is silent', () => {
  expect(alarmNamed('lag-main')).toMatchObject({
    Namespace: 'HubSpotEvents',
    MetricName: 'LagSeconds',
    Dimensions: [{ Name: 'portal', Value: 'main' }],
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: 5,
    DatapointsToAlarm: 3,
    Threshold: 600,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'breaching',
  });
});

test('the lag alarm of a portal polled every hour looks at hours, not at the silence between', () => {
  const hourly = templateOf({ portals: { main: { pollSeconds: 3600 } }, lagAlarmMinutes: 180 });
  hourly.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'LagSeconds',
    Period: 3600,
    Threshold: 10_800,
  });
  hourly.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'Errors', Period: 3600 });
});

test('the dead-letter alarm rings at the first letter', () => {
  expect(alarmNamed('dead-letters')).toMatchObject({
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Threshold: 0,
    EvaluationPeriods: 1,
    TreatMissingData: 'notBreaching',
  });
});

test.each([
  ['failed-invocations', 'AWS/SQS', 'NumberOfMessagesSent'],
  ['function-errors', 'AWS/Lambda', 'Errors'],
  ['dropped-ticks', 'AWS/Scheduler', 'InvocationDroppedCount'],
])('the alarm on %s rings when it goes on, not at the first', (name, Namespace, MetricName) => {
  expect(alarmNamed(name)).toMatchObject({
    Namespace,
    MetricName,
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 3,
    DatapointsToAlarm: 2,
    Threshold: 0,
    TreatMissingData: 'notBreaching',
  });
});

describe('every alarm', () => {
  test.each(alarms.map((alarm) => [String(alarm['AlarmName']), alarm] as const))(
    '%s tells the topic, and has an article in the runbook that its description names',
    (_name, alarm) => {
      expect(alarm['AlarmActions']).toEqual([{ Ref: topic }]);
      expect(alarm['OKActions']).toEqual([{ Ref: topic }]);
      const [, sentences, article] =
        /^(.+) Runbook: infra\/RUNBOOK\.md#([a-z-]+)$/.exec(String(alarm['AlarmDescription'])) ?? [];
      expect(sentences?.match(/\.( |$)/g)).toHaveLength(2);
      const [, text] = runbook.split(`\n## ${article}\n`);
      const [body] = (text ?? '').split('\n## ');
      expect(body?.match(/^### \w+/gm)).toEqual(['### Description', '### Investigation', '### Resolution']);
    },
  );
});

describe('the topic', () => {
  test('lets CloudWatch publish, over TLS alone', () => {
    const policy = JSON.stringify(onlyResource(template, 'AWS::SNS::TopicPolicy').properties);
    expect(policy).toContain('"Principal":{"Service":"cloudwatch.amazonaws.com"}');
    expect(policy).toContain('aws:SecureTransport');
  });

  test('has no subscriber until alarmEmail names one', () => {
    template.resourceCountIs('AWS::SNS::Subscription', 0);
    templateOf({ portals: { main: {} }, alarmEmail: 'ops@example.com' }).hasResourceProperties(
      'AWS::SNS::Subscription',
      {
        Protocol: 'email',
        Endpoint: 'ops@example.com',
      },
    );
  });
});
