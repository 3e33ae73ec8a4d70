/** The alarms of the synthesized stack as they would stand now, fed with what the runs told since this start. */
import {
  type AlarmStanding,
  type AlarmState,
  type CompositeStanding,
  listAlarmNames,
  type Sample,
  type Samples,
  standAlarms,
  standComposites,
} from '../../alarms/alarm-evaluator.ts';
import { awsMetricKeys, readMetricLine } from '../../alarms/run-samples.ts';
import type { InvocationResult } from '../../lambda/execution-environment.ts';
import { formatSeconds } from '../browser/model/format.ts';
import type { Alarm } from '../messages.ts';

export interface AlarmStandings {
  readonly noteRun: (result: InvocationResult, at: number) => void;
  readonly read: (now: number, letters: number) => Alarm[];
  /** The template's alarms that cannot be evaluated here: of metric math, say. */
  readonly leftOut: readonly string[];
}

const MINUTE_MS = 60_000;
/** The alarm that looks back longest does so for a quarter of an hour; twice that keeps every state. */
const KEPT_MS = 30 * MINUTE_MS;

/** @param startedAt when the alarms were created, in UNIX ms: nothing was told before */
export function createAlarmStandings(template: unknown, startedAt: number): AlarmStandings {
  const keys = awsMetricKeys(template);
  const known = new Set(describeAll(template, new Map(), 0).map(({ name }) => name));
  let told: { readonly key: string; readonly at: number; readonly value: number }[] = [];

  return {
    noteRun: (result, at) => {
      const add = (key: string, value: number) => told.push({ key, at, value });
      told = told.filter((each) => each.at > at - KEPT_MS);
      add(keys.invocations, 1);
      add(keys.errors, result.ok ? 0 : 1);
      add(keys.throttles, 0);
      add(keys.duration, result.durationMs);
      for (const { key, value } of result.logs.flatMap(readMetricLine)) add(key, value);
    },
    read: (now, letters) => {
      // The time line ends now; its first minute is the first whole one of this start.
      const minutes = Math.min(KEPT_MS / MINUTE_MS, Math.floor((now - startedAt) / MINUTE_MS));
      const origin = now - minutes * MINUTE_MS;
      const samples = new Map<string, Sample[]>();
      const all = [...told, { key: keys.letters, at: now - 1, value: letters }];
      for (const { key, at, value } of all) {
        const ofKey = samples.get(key) ?? [];
        samples.set(key, ofKey);
        ofKey.push({ minute: (at - origin) / MINUTE_MS, value });
      }
      return describeAll(template, samples, minutes);
    },
    leftOut: listAlarmNames(template)
      .map(shortName)
      .filter((name) => !known.has(name)),
  };
}

function describeAll(template: unknown, samples: Samples, minutes: number): Alarm[] {
  const standings = standAlarms(template, samples, minutes);
  const alarms = standings.map((standing) => describe(standing, minutes));
  const states = new Map<string, AlarmState>(
    standings.map(({ alarm, state }, index) => [
      alarm.AlarmName,
      alarms[index]?.state === 'starting' ? 'INSUFFICIENT_DATA' : state,
    ]),
  );
  const isYoung = alarms.some(({ state }) => state === 'starting');
  return [
    ...alarms,
    ...standComposites(template, states).map((standing) => describeComposite(standing, isYoung)),
  ];
}

function describeComposite(
  { name, description: text, isRinging, ringing, parts }: CompositeStanding,
  isYoung: boolean,
): Alarm {
  return {
    name: shortName(name),
    ...readDescription(text),
    state: isRinging ? 'ringing' : isYoung ? 'starting' : 'ok',
    standing: `${ringing.length} of its ${parts} alarms ring, rings with the first`,
    nearness: isRinging ? 1 : 0,
  };
}

function shortName(name: string): string {
  return name.replace(/^HubSpotEvents-/, '');
}

function describe(standing: AlarmStanding, minutes: number): Alarm {
  const { alarm, breaching, needed, periods, value } = standing;
  const isLow = alarm.ComparisonOperator === 'LessThanThreshold';
  const periodMinutes = alarm.Period / 60;
  const measure = (figure: number) => formatValue(figure, alarm.MetricName);
  const latest = value === undefined ? 'nothing told' : measure(value);
  const rule = `rings ${isLow ? 'below' : 'over'} ${measure(alarm.Threshold)}`;
  const window = needed === periods ? `${needed}` : `${needed} of ${periods}`;
  const ratio = value === undefined || alarm.Threshold === 0 ? breaching / needed : value / alarm.Threshold;
  return {
    name: shortName(alarm.AlarmName),
    ...readDescription(alarm.AlarmDescription),
    state: stateOf(standing, minutes < needed * periodMinutes),
    standing: `${latest}, ${rule} in ${window} ${periods === 1 ? 'period' : 'periods'}, now ${breaching}`,
    nearness: Math.max(0, Math.min(1, isLow ? breaching / needed : ratio)),
  };
}

/** What an alarm says, and the runbook's article that it names; none where it names none. */
function readDescription(text: string) {
  const [, description = text, article = ''] = /^(.*) Runbook: \S*#(\S+)/s.exec(text) ?? [];
  return { description, article };
}

/** Silence rings; before there was time for so many periods it tells nothing. */
function stateOf({ state }: AlarmStanding, isYoung: boolean): Alarm['state'] {
  if (isYoung && state !== 'OK') return 'starting';
  switch (state) {
    case 'OK':
      return 'ok';
    case 'ALARM':
      return 'ringing';
    case 'INSUFFICIENT_DATA':
      return 'unknown';
    default:
      return state satisfies never;
  }
}

function formatValue(value: number, metric: string): string {
  if (metric.endsWith('Seconds') && metric !== 'RunSeconds')
    return formatSeconds(value).replace(/ 0 (s|min)$/, '');
  if (metric === 'Duration') return formatSeconds(value / 1_000);
  return value.toLocaleString('en');
}
