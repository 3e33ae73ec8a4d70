/** What a month of a portal uses: an hour of it counted on virtual time, with the CPU time that was measured. */

import { SECRET_CACHE_MS } from '../../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { POLLER_MEMORY_MB } from '../../../infra/constructs/poller-function.ts';
import type { Size } from '../case.ts';
import { measureCpuFigures, measureQuietTick } from '../cases/cpu.ts';
import { HOURS_A_MONTH, LAMBDA_LOG_BYTES, secretReadsOf, slownessOf, type Usage } from './prices.ts';
import { runSteady, spreadTypes } from './steady.ts';
import type { VirtualLab } from './virtual-lab.ts';

const TYPES = 10;
const DAYS_A_MONTH = HOURS_A_MONTH / 24;

/** A sweep reads what has become a day old since the last one: the ledger of so many hours is there at the beginning. */
const HOURS_BEFORE = 26;

/** What the ledger keeps of an event for its 31 days: a hash of 16 bytes, and its part of a row. */
export const LEDGER_BYTES = 20;

export interface MonthOptions {
  /** 60 where not given. */
  readonly sweepEveryMinutes?: number;
  /** The function's size, as deployed where not given. */
  readonly memoryMb?: number;
}

const months = new Map<string, Promise<Usage>>();

/** The usage of a month with so many events over ten types; counted once in a process. */
export function measureMonth(
  events: number,
  size: Size,
  { sweepEveryMinutes = 60, memoryMb = POLLER_MEMORY_MB }: MonthOptions = {},
): Promise<Usage> {
  const key = `${events} ${size} ${sweepEveryMinutes} ${memoryMb}`;
  const known = months.get(key) ?? countMonth(events, size, { sweepEveryMinutes, memoryMb });
  months.set(key, known);
  return known;
}

async function countMonth(
  events: number,
  size: Size,
  { sweepEveryMinutes, memoryMb }: Required<MonthOptions>,
): Promise<Usage> {
  const { msPerEvent, msPerKnownEvent, msPerTick, logBytesPerEvent, logBytesPerTick } =
    await measureCpuFigures(size);
  const slowness = slownessOf(memoryMb);
  const { lab } = await runSteady({
    types: spreadTypes(TYPES, Math.max(1, events / DAYS_A_MONTH)),
    warmUpMinutes: 60,
    minutes: 60,
    hoursBefore: HOURS_BEFORE,
    isIdle: events === 0,
    settings: { sweepEveryMinutes },
    cpu: {
      run: msPerTick * slowness,
      eventRead: msPerKnownEvent * slowness,
      eventPublished: Math.max(0, msPerEvent - msPerKnownEvent) * slowness,
    },
  });
  const usage = monthOf(lab, logBytesPerTick);
  return {
    ...usage,
    logBytes: usage.logBytes + usage.events * logBytesPerEvent,
    tableBytes: events * LEDGER_BYTES,
    secretReads: secretReadsOf(usage.runs, 1, SECRET_CACHE_MS / 1_000),
  };
}

const QUIET_TYPES = 3;

/** The portal's session and its secret's value, one after the other: taken, within a Region. */
const SECRET_READ_SECONDS = 0.1;

/**
 * The usage of a month of one portal without events in a fleet, whose portals as many processes share as are at work
 * at once; `idlePollSeconds` 60 polls every stream every minute.
 */
export async function measureQuietMonth(
  size: Size,
  idlePollSeconds: number,
  processes: number,
): Promise<Usage> {
  const { msPerTick, logBytesPerTick } = await measureQuietTick(size);
  const { lab } = await runSteady({
    types: spreadTypes(QUIET_TYPES, 1),
    warmUpMinutes: 60,
    minutes: 60,
    hoursBefore: HOURS_BEFORE,
    isIdle: true,
    settings: { idlePollSeconds },
    cpu: { run: msPerTick * slownessOf(POLLER_MEMORY_MB), eventRead: 0, eventPublished: 0 },
  });
  const usage = monthOf(lab, logBytesPerTick);
  const secretReads = secretReadsOf(usage.runs, processes, SECRET_CACHE_MS / 1_000);
  return { ...usage, secretReads, runSeconds: usage.runSeconds + secretReads * SECRET_READ_SECONDS };
}

/** An hour's runs, for a month. */
function monthOf({ counts, units }: VirtualLab, logBytesPerTick: number): Usage {
  const runs = counts.runs * HOURS_A_MONTH;
  return {
    events: counts.eventsPublished * HOURS_A_MONTH,
    writeUnits: units.writeUnits * HOURS_A_MONTH,
    readUnits: units.readUnits * HOURS_A_MONTH,
    runs,
    runSeconds: counts.runSeconds * HOURS_A_MONTH,
    logBytes: runs * (logBytesPerTick + LAMBDA_LOG_BYTES),
    tableBytes: 0,
    secretReads: 0,
  };
}
