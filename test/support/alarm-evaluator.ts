/**
 * CloudWatch's alarms over a time line of minutes.
 *
 * Every minute each alarm looks at its last N periods, which end at that minute (CloudWatch user guide, "Evaluating
 * an alarm", 2026-11), so windows of five minutes slide by one. What CloudWatch does beyond that, looking for older
 * points where some are missing, only delays a change of state, and is left out.
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { resourcesOf } from '../infra/synthesized.ts';
import { type AlarmState, holdsRule } from './alarm-rule.ts';

export type { AlarmState };

/** A value told at a minute of the time line: `minute` 3 lies in the fourth minute. */
export interface Sample {
  readonly minute: number;
  readonly value: number;
}

/** Values by metric; see `metricKey`. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** By alarm name: its state at the end of each minute. */
export type States = ReadonlyMap<string, readonly AlarmState[]>;

const alarmSchema = z.object({
  AlarmName: z.string(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
  Statistic: z.enum(['Maximum', 'Minimum', 'Sum', 'SampleCount']),
  Period: z.number().multipleOf(60),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number().optional(),
  Threshold: z.number(),
  ComparisonOperator: z.enum(['GreaterThanThreshold', 'LessThanThreshold']),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore']),
});
type Alarm = z.output<typeof alarmSchema>;

const compositeSchema = z.object({ AlarmName: z.string(), AlarmRule: z.string() });

const actionsSchema = z.object({
  AlarmName: z.string(),
  AlarmActions: z.array(z.unknown()).default([]),
  OKActions: z.array(z.unknown()).default([]),
});

/** A message to the topic, at the end of a minute. */
export interface Message {
  readonly minute: number;
  readonly alarm: string;
  readonly state: AlarmState;
}

/**
 * What the alarms send: an action is taken when an alarm changes to the action's state, and not again while it stays
 * there, metric alarms and composite ones alike (CloudWatch user guide, "Alarm actions", 2026-11).
 */
export function messagesOf(template: Template, states: States): Message[] {
  const alarms = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    resourcesOf(template, type).map(({ properties }) => actionsSchema.parse(properties)),
  );
  return alarms
    .flatMap(({ AlarmName: alarm, AlarmActions, OKActions }) =>
      (states.get(alarm) ?? []).flatMap((state, minute, over) => {
        const actions = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: [] }[state];
        const isChange = state !== (over[minute - 1] ?? 'INSUFFICIENT_DATA');
        return isChange ? actions.map(() => ({ minute, alarm, state })) : [];
      }),
    )
    .sort((a, b) => a.minute - b.minute);
}

/** A metric's name in `Samples`; a dimension that refers to a resource is written as the template has it. */
export function metricKey(
  namespace: string,
  name: string,
  dimensions: readonly { readonly Name: string; readonly Value: unknown }[],
): string {
  const texts = dimensions.map(({ Name, Value }) => `${Name}=${JSON.stringify(Value)}`);
  return [namespace, name, ...texts.sort()].join(' ');
}

/** Every alarm of the template over so many minutes; it is created at minute 0, with no data before. */
export function evaluateAlarms(template: Template, samples: Samples, minutes: number): States {
  const states = new Map<string, AlarmState[]>();
  for (const { properties } of resourcesOf(template, 'AWS::CloudWatch::Alarm')) {
    const alarm = alarmSchema.parse(properties);
    const key = metricKey(alarm.Namespace, alarm.MetricName, alarm.Dimensions);
    states.set(alarm.AlarmName, evaluateAlarm(alarm, samples.get(key) ?? [], minutes));
  }
  for (const { properties } of resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm')) {
    const { AlarmName, AlarmRule } = compositeSchema.parse(properties);
    const over = Array.from({ length: minutes }, (_, minute): AlarmState => {
      const holds = holdsRule(AlarmRule, (name) => {
        const state = states.get(name)?.[minute];
        if (state === undefined) throw new Error(`Evaluating ${AlarmName}: ${name} must be an alarm`);
        return state;
      });
      return holds ? 'ALARM' : 'OK';
    });
    states.set(AlarmName, over);
  }
  return states;
}

function evaluateAlarm(alarm: Alarm, samples: readonly Sample[], minutes: number): AlarmState[] {
  const periodMinutes = alarm.Period / 60;
  const states: AlarmState[] = [];
  let state: AlarmState = 'INSUFFICIENT_DATA';
  for (let end = 1; end <= minutes; end += 1) {
    const points = Array.from({ length: alarm.EvaluationPeriods }, (_, index) => {
      const until = end - index * periodMinutes;
      const values = samples.filter(({ minute }) => minute >= until - periodMinutes && minute < until);
      return readPoint(
        alarm,
        values.map(({ value }) => value),
      );
    });
    state = judgePoints(alarm, points, state);
    states.push(state);
  }
  return states;
}

/** Whether a period's value breaches; undefined where there is none. */
function readPoint(alarm: Alarm, values: readonly number[]): boolean | undefined {
  if (values.length === 0) {
    return alarm.TreatMissingData === 'ignore' ? undefined : alarm.TreatMissingData === 'breaching';
  }
  const value = STATISTICS[alarm.Statistic](values);
  return alarm.ComparisonOperator === 'GreaterThanThreshold'
    ? value > alarm.Threshold
    : value < alarm.Threshold;
}

const STATISTICS = {
  Maximum: (values: readonly number[]) => Math.max(...values),
  Minimum: (values: readonly number[]) => Math.min(...values),
  Sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
  SampleCount: (values: readonly number[]) => values.length,
} as const satisfies Record<Alarm['Statistic'], (values: readonly number[]) => number>;

/** M of N. Where points are missing and to be ignored, one that does not breach decides, one that does does not. */
function judgePoints(
  { DatapointsToAlarm, EvaluationPeriods }: Alarm,
  points: readonly (boolean | undefined)[],
  before: AlarmState,
): AlarmState {
  const needed = DatapointsToAlarm ?? EvaluationPeriods;
  if (points.filter((point) => point === true).length >= needed) return 'ALARM';
  return points.includes(false) ? 'OK' : before;
}
