/** A portal in its every day: events arrive all the time, a tick polls every minute, an hourly sweep reads the past. */
import { parseEntry } from '../../../functions/poller/core/event/event.ts';
import { ledgerKeyOf, packRecords } from '../../../functions/poller/core/ledger/ledger.ts';
import type { PollRequest } from '../../../functions/poller/input/request.ts';
import { createEvenSource, type EvenSource, type EvenType, eventOf } from './even-source.ts';
import { addRow } from './unit-ledger.ts';
import {
  type CpuTimes,
  createVirtualLab,
  HUBSPOT_MS,
  MINUTE_MS,
  PORTAL,
  type VirtualLab,
} from './virtual-lab.ts';

export interface SteadyOptions {
  readonly types: readonly EvenType[];
  readonly minutes: number;
  /** How long the portal has been polled before: its ledger is full, and its first sweep due at once. */
  readonly hoursBefore: number;
  /** So many minutes more before anything is counted: every stream is swept, the process is warm. */
  readonly warmUpMinutes?: number;
  readonly settings?: Partial<PollRequest>;
  readonly cpu?: CpuTimes;
  /** Where nothing has happened for so long that the streams are idle. */
  readonly isIdle?: boolean;
}

export interface Steady {
  readonly lab: VirtualLab;
  readonly source: EvenSource;
  /** The longest lag, as it stood just before a watermark moved. */
  readonly maxLagSeconds: number;
}

const MIDNIGHT = Date.UTC(2026, 10, 10);
const HOUR_MS = 3_600_000;
const DELAY_MS = 900;
const MAX_REQUESTS = 90;

/** Types that share so many events a day, the n-th with a n-th of the first one's. */
export function spreadTypes(types: number, eventsPerDay: number): EvenType[] {
  const weights = Array.from({ length: types }, (_, index) => 1 / (index + 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight, index) => ({
    eventType: `e_type_${index}`,
    everyMs: Math.max(1, (24 * HOUR_MS * sum) / (weight * eventsPerDay)),
  }));
}

/** Runs the poller so many minutes of virtual time. */
export async function runSteady(options: SteadyOptions): Promise<Steady> {
  const { types, minutes, hoursBefore, warmUpMinutes = 0, settings, isIdle = false, cpu } = options;
  const startsAt = MIDNIGHT - hoursBefore * HOUR_MS;
  const source = createEvenSource({
    types: isIdle ? [] : types,
    startsAt,
    endsAt: Number.POSITIVE_INFINITY,
    delayMs: DELAY_MS,
    latencyMs: HUBSPOT_MS,
    maxRequestsPer10Seconds: MAX_REQUESTS,
  });
  const eventTypes = types.map(({ eventType }) => eventType);
  const lab = createVirtualLab({
    startAt: MIDNIGHT,
    createSource: source.create,
    settings: { eventTypes, startFrom: new Date(startsAt).toISOString(), ...settings },
    ...(cpu && { cpu }),
  });
  if (hoursBefore > 0) recall(lab, options, startsAt);
  let maxLagMs = 0;
  const watermarks = new Map<string, number>();
  lab.state.onSave = (next, before) => {
    for (const [stream, at] of watermarks)
      if (stream === next.stream) maxLagMs = Math.max(maxLagMs, lab.time.now() - at);
    if (before === undefined || next.watermark > before.watermark)
      watermarks.set(next.stream, next.watermark);
  };
  // The first tick finds a minute's events, as every other.
  const countedFrom = MIDNIGHT + (warmUpMinutes + 1) * MINUTE_MS;
  await lab.time.moveTo(MIDNIGHT + MINUTE_MS);
  await lab.runUntil(countedFrom);
  lab.countAnew();
  await lab.runUntil(countedFrom + minutes * MINUTE_MS);
  return { lab, source, maxLagSeconds: maxLagMs / 1_000 };
}

/** What the runs of the hours before left: checkpoints that stand now, and a row of the ledger for each minute. */
function recall({ state, ledgerRows }: VirtualLab, options: SteadyOptions, startsAt: number): void {
  const { types, isIdle = false } = options;
  for (const { eventType, everyMs } of types) {
    state.checkpoints.set(`${PORTAL}/${eventType}`, {
      stream: eventType,
      revision: 1,
      floor: startsAt,
      watermark: MIDNIGHT - 1_000,
      shownAt: isIdle ? startsAt : MIDNIGHT - 1_000,
      sweptAt: MIDNIGHT - HOUR_MS,
    });
    if (isIdle) continue;
    for (let from = startsAt; from < MIDNIGHT; from += MINUTE_MS) {
      const keys = [];
      for (let index = Math.ceil((from - startsAt) / everyMs); ; index += 1) {
        const occurredAt = Math.floor(startsAt + index * everyMs);
        if (occurredAt >= Math.min(from + MINUTE_MS, MIDNIGHT - DELAY_MS)) break;
        if (occurredAt >= from) keys.push(ledgerKeyOf(parseEntry(eventOf(eventType, index, occurredAt))));
      }
      for (const record of packRecords(keys)) addRow(ledgerRows, `${PORTAL}/${eventType}`, record);
    }
  }
}
