import { describe, expect, test } from 'vitest';
import { evaluateAlarms, messagesOf, metricKey } from '../../../infra/local/alarms/alarm-evaluator.ts';
import { holdsRule } from '../../../infra/local/alarms/alarm-rule.ts';

const ALARM = {
  AlarmName: 'a',
  Namespace: 'N',
  MetricName: 'M',
  Statistic: 'Maximum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 10,
  ComparisonOperator: 'GreaterThanThreshold',
  TreatMissingData: 'notBreaching',
};

/** The states of one alarm, a letter a minute: A(larm), O(K), I(nsufficient data); values by minute, null: none. */
function statesOf(changes: object, values: readonly (number | null)[]): string {
  const template = {
    Resources: { A: { Type: 'AWS::CloudWatch::Alarm', Properties: { ...ALARM, ...changes } } },
  };
  const samples = values.flatMap((value, minute) => (value === null ? [] : [{ minute, value }]));
  const states = evaluateAlarms(template, new Map([[metricKey('N', 'M', []), samples]]), values.length);
  return (states.get('a') ?? []).map((state) => state.slice(0, 1)).join('');
}

describe('evaluateAlarms', () => {
  test.each([
    ['a threshold is over, not at', {}, [10, 11, 10], 'OAO'],
    ['M of N', { EvaluationPeriods: 3, DatapointsToAlarm: 2 }, [11, 0, 11, 0, 0], 'OOAOO'],
    ['N of N where M is not set', { EvaluationPeriods: 2 }, [11, 11, 0], 'OAO'],
    ['missing data that breaches', { TreatMissingData: 'breaching' }, [0, null, 0], 'OAO'],
    ['missing data that does not', {}, [11, null], 'AO'],
    ['missing data that keeps the state', { TreatMissingData: 'ignore' }, [null, 11, null, 0, null], 'IAAOO'],
    ['a window that slides by a minute', { Period: 120, Statistic: 'Sum' }, [6, 6, 0, 6], 'OAOO'],
    ['the least of a window', { Period: 120, Statistic: 'Minimum' }, [11, 11, 0, 11, 11], 'AAOOA'],
    [
      'a count of values, with less than the threshold',
      {
        Statistic: 'SampleCount',
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      },
      [0, null, 5],
      'OAO',
    ],
  ])('judges %s', (_what, changes, values, expected) => {
    expect(statesOf(changes, values)).toBe(expected);
  });
});

describe('messagesOf', () => {
  test('gives one message at each change to a state that has an action, and none while it lasts', () => {
    const template = {
      Resources: {
        A: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: { ...ALARM, AlarmActions: ['topic'], OKActions: ['topic'] },
        },
        B: { Type: 'AWS::CloudWatch::Alarm', Properties: { ...ALARM, AlarmName: 'b', AlarmActions: ['t'] } },
        C: { Type: 'AWS::CloudWatch::Alarm', Properties: { ...ALARM, AlarmName: 'c' } },
      },
    };
    const samples = [0, 11, 11, 0, 11].map((value, minute) => ({ minute, value }));
    const states = evaluateAlarms(template, new Map([[metricKey('N', 'M', []), samples]]), samples.length);
    const sent = messagesOf(template, states).map(
      ({ minute, alarm, state }) => `${minute} ${alarm} ${state}`,
    );
    expect(sent).toEqual(['0 a OK', '1 a ALARM', '1 b ALARM', '3 a OK', '4 a ALARM', '4 b ALARM']);
  });
});

describe('holdsRule', () => {
  const stateOf = (name: string) => (name === 'ringing' ? 'ALARM' : 'OK');

  test.each([
    ['ALARM("ringing")', true],
    ['OK("quiet") AND ALARM("quiet")', false],
    ['ALARM("quiet") AND ALARM("quiet") OR ALARM("ringing")', true],
    ['ALARM("quiet") AND (ALARM("quiet") OR ALARM("ringing"))', false],
    ['ALARM("ringing") AND NOT INSUFFICIENT_DATA("quiet")', true],
  ])('reads %s', (rule, expected) => {
    expect(holdsRule(rule, stateOf)).toBe(expected);
  });

  test('refuses a rule that goes on behind its end', () => {
    expect(() => holdsRule('ALARM("ringing") ALARM("quiet")', stateOf)).toThrow(/nothing may follow/);
  });
});
