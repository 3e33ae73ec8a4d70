import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { requestSchema } from '../../functions/poller/input/request.ts';
import { onlyResource, resourcesOf, templateOf } from '../infra/synthesized.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hubspot-token-AbCdEf';

const scheduleSchema = z.object({
  Name: z.string(),
  GroupName: z.string(),
  ScheduleExpression: z.string(),
  FlexibleTimeWindow: z.object({ Mode: z.string() }),
  State: z.string(),
  Target: z.object({
    Arn: z.unknown(),
    // A string: a request with a reference in it would be an object here.
    Input: z.string(),
    RetryPolicy: z.unknown(),
    DeadLetterConfig: z.unknown(),
  }),
});

function schedulesOf(template: Template) {
  return resourcesOf(template, 'AWS::Scheduler::Schedule').map(({ properties, dependsOn }) => {
    const schedule = scheduleSchema.parse(properties);
    return { ...schedule, dependsOn, request: requestSchema.parse(JSON.parse(schedule.Target.Input)) };
  });
}

describe('a schedule', () => {
  const template = templateOf({ portals: { main: {} } });
  const [schedule, ...others] = schedulesOf(template);

  test('invokes the function every minute, and at no other time', () => {
    expect(others).toEqual([]);
    expect(schedule).toMatchObject({
      Name: 'main',
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
    });
    expect(schedule?.Target.Arn).toEqual({
      'Fn::GetAtt': [onlyResource(template, 'AWS::Lambda::Function').id, 'Arn'],
    });
  });

  test('holds the whole request, every setting in it', () => {
    const request = { portal: 'main', secretId: 'hubspot-events/main' };
    expect(JSON.parse(schedule?.Target.Input ?? '')).toEqual(requestSchema.parse(request));
  });

  test('drops a tick that cannot be delivered, into the queue of failed invocations', () => {
    expect(schedule?.Target.RetryPolicy).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    expect(JSON.stringify(schedule?.Target.DeadLetterConfig)).toContain('FailedInvocationsQueue');
  });

  test('is created after its group, its role and the one alarm that comes after all others', () => {
    const after = schedule?.dependsOn.map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort();
    expect(after).toEqual([
      'Alarmscomposite',
      'SchedulesGroup',
      'SchedulesRole',
      'SchedulesRoleDefaultPolicy',
    ]);
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ id }) => id);
    const [composite] = resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm');
    expect(composite?.dependsOn).toEqual(expect.arrayContaining(alarms));
  });

  test.each([
    [5, 'rate(1 minute)'],
    [60, 'rate(1 minute)'],
    [300, 'rate(5 minutes)'],
    [3600, 'rate(1 hour)'],
  ])('with pollSeconds %i ticks at %s', (pollSeconds, rate) => {
    const [only] = schedulesOf(templateOf({ portals: { main: { pollSeconds } } }));
    expect(only?.ScheduleExpression).toBe(rate);
    expect(only?.request.pollSeconds).toBe(pollSeconds);
  });
});

describe('two portals', () => {
  const template = templateOf({
    portals: {
      main: {},
      'eu-shop': {
        secretArn: ARN,
        apiUrl: 'http://127.0.0.1:8080',
        eventTypes: ['e_visited_page'],
        pollSeconds: 120,
      },
    },
  });

  test('have a schedule each, and one function', () => {
    const schedules = schedulesOf(template);
    expect(schedules.map(({ Name, request }) => [Name, request.portal, request.secretId])).toEqual([
      ['main', 'main', 'hubspot-events/main'],
      ['eu-shop', 'eu-shop', ARN],
    ]);
    expect(onlyResource(template, 'AWS::Lambda::Function').id).toBeDefined();
  });

  test('let the function call the URLs they name and no others', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { HUBSPOT_API_URLS: 'https://api.hubapi.com,http://127.0.0.1:8080' } },
    });
  });

  test('have a secret each, and none is created where secretArn names one', () => {
    onlyResource(template, 'AWS::SecretsManager::Secret');
    const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(policies).toContain(`"Condition":{"StringEquals":{"aws:PrincipalTag/portal":"eu-shop"}}`);
    expect(policies).toContain(`"Resource":"${ARN}"`);
  });

  test('have a lag alarm each', () => {
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(
      ({ properties }) => properties['MetricName'] === 'LagSeconds',
    );
    expect(alarms.map(({ properties }) => [properties['Dimensions'], properties['Period']])).toEqual([
      [[{ Name: 'portal', Value: 'main' }], 60],
      [[{ Name: 'portal', Value: 'eu-shop' }], 120],
    ]);
  });
});
