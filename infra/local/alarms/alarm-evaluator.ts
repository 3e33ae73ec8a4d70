/**
 * CloudWatch's alarms over a time line of minutes.
 *
 * Every minute each alarm looks at its last N periods, which end at that minute (CloudWatch user guide, "Evaluating
 * an alarm", 2026-11), so windows of five minutes slide by one. What CloudWatch does beyond that, looking for older
 * points where some are missing, only delays a change of state, and is left out.
 */
import { z } from 'zod';
import { type AlarmState, holdsRule, namesIn } from './alarm-rule.ts';

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
  AlarmDescription: z.string().default(''),
  ComparisonOperator: z.enum(['GreaterThanThreshold', 'LessThanThreshold']),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore']),
});
export type Alarm = z.output<typeof alarmSchema>;

const compositeSchema = z.object({
  AlarmName: z.string(),
  AlarmRule: z.string(),
  AlarmDescription: z.string().default(''),
});
const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown().optional() })),
});

/** An alarm as it stands at the end of the time line, and how far it is from another state. */
export interface AlarmStanding {
  readonly alarm: Alarm;
  readonly state: AlarmState;
  /** The latest period's; undefined where nothing was told in it. */
  readonly value: number | undefined;
  /** Of the periods it looks at, those that breach, those needed to ring, and all. */
  readonly breaching: number;
  readonly needed: number;
  readonly periods: number;
}

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
export function messagesOf(template: unknown, states: States): Message[] {
  const alarms = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    propertiesOf(template, type).map((properties) => actionsSchema.parse(properties)),
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

/** The properties of every resource of a type in a template, as JSON has it. */
function propertiesOf(template: unknown, type: string): unknown[] {
  const resources = Object.values(templateSchema.parse(template).Resources);
  return resources.filter((resource) => resource.Type === type).map(({ Properties }) => Properties);
}

/** Every alarm of the template over so many minutes; it is created at minute 0, with no data before. */
export function evaluateAlarms(template: unknown, samples: Samples, minutes: number): States {
  const states = new Map<string, AlarmState[]>();
  for (const properties of propertiesOf(template, 'AWS::CloudWatch::Alarm')) {
    const alarm = alarmSchema.parse(properties);
    states.set(alarm.AlarmName, evaluateAlarm(alarm, samplesOf(alarm, samples), minutes));
  }
  for (const properties of propertiesOf(template, 'AWS::CloudWatch::CompositeAlarm')) {
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

/** A composite alarm as it stands: what it is of, and those of them that ring. */
export interface CompositeStanding {
  readonly name: string;
  readonly description: string;
  readonly isRinging: boolean;
  readonly ringing: readonly string[];
  readonly parts: number;
}

/** The composite alarms of the template, given the state of each other alarm; one that names an unknown alarm is left out. */
export function standComposites(
  template: unknown,
  states: ReadonlyMap<string, AlarmState>,
): CompositeStanding[] {
  return propertiesOf(template, 'AWS::CloudWatch::CompositeAlarm').flatMap((properties) => {
    const { AlarmName, AlarmRule, AlarmDescription } = compositeSchema.parse(properties);
    const named = namesIn(AlarmRule);
    if (named.some((name) => !states.has(name))) return [];
    const isRinging = holdsRule(AlarmRule, (name) => states.get(name) ?? 'INSUFFICIENT_DATA');
    const ringing = named.filter((name) => states.get(name) === 'ALARM');
    return { name: AlarmName, description: AlarmDescription, isRinging, ringing, parts: named.length };
  });
}

/** Every alarm of the template by its name, whatever its kind. */
export function listAlarmNames(template: unknown): string[] {
  return ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm'].flatMap((type) =>
    propertiesOf(template, type).map((properties) => actionsSchema.parse(properties).AlarmName),
  );
}

/** The alarms of the template at the end of the time line; one whose kind of metric is not known here is left out. */
export function standAlarms(template: unknown, samples: Samples, minutes: number): AlarmStanding[] {
  return propertiesOf(template, 'AWS::CloudWatch::Alarm').flatMap((properties) => {
    const { data: alarm } = alarmSchema.safeParse(properties);
    if (alarm === undefined) return [];
    const own = samplesOf(alarm, samples);
    const points = pointsOf(alarm, own, minutes);
    const values = valuesUntil(alarm, own, minutes);
    return {
      alarm,
      state: evaluateAlarm(alarm, own, minutes).at(-1) ?? 'INSUFFICIENT_DATA',
      value: values.length === 0 ? undefined : STATISTICS[alarm.Statistic](values),
      breaching: points.filter((point) => point === true).length,
      needed: alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods,
      periods: alarm.EvaluationPeriods,
    };
  });
}

function samplesOf({ Namespace, MetricName, Dimensions }: Alarm, samples: Samples): readonly Sample[] {
  return samples.get(metricKey(Namespace, MetricName, Dimensions)) ?? [];
}

function evaluateAlarm(alarm: Alarm, samples: readonly Sample[], minutes: number): AlarmState[] {
  const states: AlarmState[] = [];
  let state: AlarmState = 'INSUFFICIENT_DATA';
  for (let end = 1; end <= minutes; end += 1) {
    state = judgePoints(alarm, pointsOf(alarm, samples, end), state);
    states.push(state);
  }
  return states;
}

/** The last periods, the latest first. */
function pointsOf(alarm: Alarm, samples: readonly Sample[], end: number): (boolean | undefined)[] {
  return Array.from({ length: alarm.EvaluationPeriods }, (_, index) =>
    readPoint(alarm, valuesUntil(alarm, samples, end - (index * alarm.Period) / 60)),
  );
}

/** The values of the period that ends at a minute. */
function valuesUntil({ Period }: Alarm, samples: readonly Sample[], until: number): number[] {
  const from = until - Period / 60;
  return samples.flatMap(({ minute, value }) => (minute >= from && minute < until ? [value] : []));
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
