import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseRollCall } from '../../functions/poller/input/roll-call-request.ts';
import { onlyResource, resourcesOf, templateOf } from '../infra/synthesized.ts';

const template = templateOf({
  portals: { main: {}, slow: { pollSeconds: 3600 } },
  metrics: 'fleet',
  lagAlarmMinutes: 15,
});
const few = templateOf({ portals: { main: {} } });
const lambda = onlyResource(template, 'AWS::Lambda::Function');
const topic = onlyResource(template, 'AWS::SNS::Topic').id;
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ properties }) => properties);
const runbook = readFileSync(new URL('../../infra/RUNBOOK.md', import.meta.url), 'utf8');
const alarmNamed = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `HubSpotEvents-${name}`);

describe('the alarms over many portals', () => {
  test('are on metrics without a dimension, every five minutes', () => {
    const ofFleet = alarms.filter(({ Namespace }) => Namespace === 'HubSpotEvents');
    expect(ofFleet.map(({ MetricName }) => MetricName)).toEqual([
      'PortalsPolled',
      'PortalsSilent',
      'PortalsBehind',
      'PortalsFailing',
    ]);
    for (const alarm of ofFleet) {
      expect(alarm).toMatchObject({ Period: 300, AlarmActions: [{ Ref: topic }] });
      expect(alarm).not.toHaveProperty('Dimensions');
    }
  });

  test('ring where the roll call is silent', () => {
    expect(alarmNamed('roll-call')).toMatchObject({
      Statistic: 'SampleCount',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      TreatMissingData: 'breaching',
    });
  });

  test.each([
    ['portals-silent', 2],
    ['portals-behind', 2],
    ['portals-failing', 3],
  ])('%s rings over none, in %i roll calls that follow each other', (name, EvaluationPeriods) => {
    expect(alarmNamed(name)).toMatchObject({
      Statistic: 'Minimum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods,
      TreatMissingData: 'ignore',
    });
  });

  test('count no run that failed: one tenant’s revoked token would keep that red for ever', () => {
    expect(alarmNamed('failed-runs')).toBeUndefined();
    expect(alarmNamed('throttled')).toMatchObject({ Period: 300 });
  });

  test.each(alarms.map((alarm) => [String(alarm['AlarmName']), String(alarm['AlarmDescription'])]))(
    '%s says in two sentences what it means, and names an article of the runbook',
    (_name, description) => {
      const [, sentences, article] =
        /^(.+) Runbook: infra\/RUNBOOK\.md#([a-z-]+) \(npx hubspot-events runbook \2\)$/.exec(description) ??
        [];
      expect(sentences?.match(/\.( |$)/g)).toHaveLength(2);
      const [body] = (runbook.split(`\n## ${article}\n`)[1] ?? '').split('\n## ');
      expect(body?.match(/^### \w+/gm)).toEqual(['### Description', '### Investigation', '### Resolution']);
    },
  );
});

describe("the roll call's schedule", () => {
  const scheduleSchema = z.object({
    GroupName: z.string(),
    ScheduleExpression: z.string(),
    Target: z.object({ Arn: z.unknown(), Input: z.string(), RoleArn: z.unknown(), RetryPolicy: z.unknown() }),
  });
  const [found, ...others] = resourcesOf(template, 'AWS::Scheduler::Schedule').filter(
    ({ properties }) => properties['Name'] === 'roll-call',
  );
  const schedule = scheduleSchema.parse(found?.properties);

  test('asks the poller every five minutes, from a group of its own', () => {
    expect(others).toEqual([]);
    expect(schedule).toMatchObject({
      GroupName: 'hubspot-events-roll-call',
      ScheduleExpression: 'rate(5 minutes)',
    });
    expect(schedule.Target.Arn).toEqual({ 'Fn::GetAtt': [lambda.id, 'Arn'] });
    expect(schedule.Target.RetryPolicy).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    const group = found?.dependsOn.join(' ');
    expect(group).toContain('composite');
  });

  test('holds a request that the poller reads, with the group of the portals', () => {
    expect(parseRollCall(JSON.parse(schedule.Target.Input))).toEqual({
      scheduleGroup: 'hubspot-events',
      lagAlarmMinutes: 15,
    });
    const groups = resourcesOf(template, 'AWS::Scheduler::Schedule').map(
      ({ properties }) => properties['GroupName'],
    );
    expect(groups.toSorted()).toEqual(['hubspot-events', 'hubspot-events', 'hubspot-events-roll-call']);
  });

  test('is invoked by a role that serves its group alone', () => {
    const roles = resourcesOf(template, 'AWS::IAM::Role').filter(({ id }) => id.startsWith('RollCallRole'));
    expect(roles).toHaveLength(1);
    expect(JSON.stringify(roles[0]?.properties['AssumeRolePolicyDocument'])).toContain('RollCallGroup');
  });

  test('lets the function read the schedules and tell the topic, and no more', () => {
    const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(({ id }) =>
      id.startsWith('PollerRole'),
    );
    const text = JSON.stringify(policies.map(({ properties }) => properties['PolicyDocument']));
    expect(text).toContain(`{"Action":"sns:Publish","Effect":"Allow","Resource":{"Ref":"${topic}"}}`);
    expect(text).toMatch(
      /"Action":"scheduler:GetSchedule","Effect":"Allow","Resource":.*?schedule\/hubspot-events\/\*/,
    );
    expect(text.match(/scheduler:\w+/g)).toEqual(['scheduler:GetSchedule', 'scheduler:ListSchedules']);
  });

  test('is not there with few portals, which pay for none of it', () => {
    const traces = /roll-?call|ALARM_TOPIC_ARN|PortalsPolled|"scheduler:\w+|sns:Publish.{1,60}PollerRole/gi;
    expect(JSON.stringify(few.toJSON()).match(traces)).toBeNull();
  });
});

describe('metrics', () => {
  const metricsOf = (config: object, flags: object = {}) =>
    z
      .object({
        Variables: z.object({ METRICS: z.string().optional(), ALARM_TOPIC_ARN: z.unknown().optional() }),
      })
      .parse(
        onlyResource(templateOf({ portals: { main: {} }, ...config }, flags), 'AWS::Lambda::Function')
          .properties['Environment'],
      ).Variables;

  test.each([
    ['few', {}, {}, undefined, false],
    ['few, of the fleet', { metrics: 'fleet' }, {}, 'fleet', true],
    ['many', {}, { manyPortals: true }, 'fleet', true],
    ['many, each with its own', { metrics: 'portal' }, { manyPortals: true }, undefined, true],
  ])(
    '%s: a portal has its own, or the roll call is told where to speak',
    (_what, config, flags, metrics, isFleet) => {
      const variables = metricsOf(config, flags);
      expect(variables.METRICS).toBe(metrics);
      expect(variables.ALARM_TOPIC_ARN !== undefined).toBe(isFleet);
    },
  );
});
