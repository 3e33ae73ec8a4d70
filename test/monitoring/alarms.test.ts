import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { synthesize } from '../../infra/build/synth.ts';
import { onlyResource, resourcesOf, STAND_IN_ENTRY, templateOf } from '../infra/synthesized.ts';

const template = templateOf({ portals: { main: {} } });
const topic = onlyResource(template, 'AWS::SNS::Topic').id;
const lambda = onlyResource(template, 'AWS::Lambda::Function').id;
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties);
const composite = onlyResource(template, 'AWS::CloudWatch::CompositeAlarm').properties;
const alarmNamed = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `HubSpotEvents-${name}`);
const runbook = readFileSync(new URL('../../infra/RUNBOOK.md', import.meta.url), 'utf8');

describe('the lag alarm', () => {
  test('rings in 3 of 5 minutes over the threshold, and when the poller is silent', () => {
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

  test('looks at hours where a portal is polled every hour, not at the silence between', () => {
    const hourly = templateOf({ portals: { main: { pollSeconds: 3600 } }, lagAlarmMinutes: 180 });
    hourly.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'LagSeconds',
      Period: 3600,
      Threshold: 10_800,
    });
    // Three of five would be two hours more.
    for (const MetricName of ['LagSeconds', 'RunSeconds'])
      hourly.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
      });
    hourly.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'Errors', Period: 3600 });
  });

  test('takes what polls make ordinary where lagAlarmMinutes is less, and says so', () => {
    const hourly = templateOf({ portals: { main: { pollSeconds: 3600 } } });
    const [lag] = resourcesOf(hourly, 'AWS::CloudWatch::Alarm').filter(
      ({ properties }) => properties['MetricName'] === 'LagSeconds',
    );
    expect(lag?.properties).toMatchObject({
      Threshold: 7200,
      AlarmDescription: expect.stringContaining('lagAlarmMinutes is 10, but polls 3600 s apart'),
    });
  });

  test('warns at synth where lagAlarmMinutes is less than polls make ordinary, and only there', () => {
    const warningsOf = (config: object) =>
      readFileSync(
        `${synthesize({ config, entry: STAND_IN_ENTRY }).outdir}/HubSpotEvents.metadata.json`,
        'utf8',
      ).match(/lag alarm of portal \w+ rings over \d+ minutes/g);
    const portals = { main: {}, slow: { pollSeconds: 3600 } };
    expect(warningsOf({ portals })).toEqual(['lag alarm of portal slow rings over 120 minutes']);
  });
});

test('the alarm on a silent poller rings in 3 of 5 minutes without the end of a run', () => {
  expect(alarmNamed('not-running-main')).toMatchObject({
    MetricName: 'RunSeconds',
    Dimensions: [{ Name: 'portal', Value: 'main' }],
    Statistic: 'SampleCount',
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
    EvaluationPeriods: 5,
    DatapointsToAlarm: 3,
    TreatMissingData: 'breaching',
  });
});

test('the alarm on failing streams rings after a quarter of an hour in which every run had one', () => {
  expect(alarmNamed('streams-failing-main')).toMatchObject({
    MetricName: 'StreamsFailing',
    Statistic: 'Minimum',
    Period: 300,
    EvaluationPeriods: 3,
    Threshold: 0,
    TreatMissingData: 'ignore',
  });
});

test('the alarm on the daily allowance rings below a tenth of the smallest there is', () => {
  expect(alarmNamed('daily-allowance-main')).toMatchObject({
    MetricName: 'HubSpotDailyRemaining',
    Statistic: 'Minimum',
    Threshold: 25_000,
    ComparisonOperator: 'LessThanThreshold',
    TreatMissingData: 'notBreaching',
  });
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
  ['failed-runs', 'AWS/Lambda', 'Errors', 'Sum', 0],
  ['throttled', 'AWS/Lambda', 'Throttles', 'Sum', 0],
  ['run-time', 'AWS/Lambda', 'Duration', 'Maximum', 117_600],
  ['schedule-dropping', 'AWS/Scheduler', 'InvocationDroppedCount', 'Sum', 0],
])('the alarm %s rings when it goes on, not at the first', (name, Namespace, MetricName, Statistic, most) => {
  expect(alarmNamed(name)).toMatchObject({
    Namespace,
    MetricName,
    Statistic,
    Threshold: most,
    ComparisonOperator: 'GreaterThanThreshold',
    Period: 300,
    EvaluationPeriods: 3,
    DatapointsToAlarm: 2,
    TreatMissingData: 'notBreaching',
  });
});

test("the alarms on Lambda's metrics look at the poller", () => {
  const ofLambda = alarms.filter(({ Namespace }) => Namespace === 'AWS/Lambda');
  expect(ofLambda.map(({ Dimensions }) => Dimensions)).toEqual(
    Array(3).fill([{ Name: 'FunctionName', Value: { Ref: lambda } }]),
  );
});

describe('the composite', () => {
  test('tells of the first that rings and of the last that ends', () => {
    expect(composite).toMatchObject({ AlarmActions: [{ Ref: topic }], OKActions: [{ Ref: topic }] });
  });

  test('is joined by each alarm when it begins, but for the one that never rings without the lag', () => {
    for (const { AlarmName, AlarmActions, OKActions } of alarms) {
      const isSilent = AlarmName === 'HubSpotEvents-not-running-main';
      expect([AlarmName, AlarmActions]).toEqual([AlarmName, isSilent ? undefined : [{ Ref: topic }]]);
      expect(OKActions).toBeUndefined();
    }
  });

  test('rings with any of the others', () => {
    expect(composite['AlarmRule']).toBe(alarms.map(({ AlarmName }) => `ALARM("${AlarmName}")`).join(' OR '));
  });

  test('gathers more alarms than a rule may name in parts', () => {
    const names = Array.from({ length: 26 }, (_, i) => `${i}`.padStart(32, 'p'));
    const portals = Object.fromEntries(names.map((name) => [name, {}]));
    const many = resourcesOf(templateOf({ portals }), 'AWS::CloudWatch::CompositeAlarm');
    const rules = new Map(many.map(({ properties: p }) => [p['AlarmName'], String(p['AlarmRule'])]));
    expect(rules.get('HubSpotEvents')).toBe('ALARM("HubSpotEvents-part-1") OR ALARM("HubSpotEvents-part-2")');
    expect([...rules.values()].join().match(/ALARM\("HubSpotEvents-(?!part)/g)).toHaveLength(26 * 4 + 5);
    for (const rule of rules.values()) expect(rule.length).toBeLessThanOrEqual(10_240);
  });
});

describe('every alarm', () => {
  test.each([...alarms, composite].map((alarm) => [String(alarm['AlarmName']), alarm] as const))(
    '%s says in two sentences what it means, and names an article of the runbook',
    (_name, alarm) => {
      const [, sentences, article] =
        /^(.+) Runbook: infra\/RUNBOOK\.md#([a-z-]+) \(npx hubspot-events runbook \2\)$/.exec(
          String(alarm['AlarmDescription']),
        ) ?? [];
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
