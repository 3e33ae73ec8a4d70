/** What a month of a portal uses: an hour of it counted on virtual time, its CPU time measured. */

import { SECRET_CACHE_MS } from '../../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import type { Size } from '../case.ts';
import { measureCpuFigures, measureQuietTick } from '../cases/cpu.ts';
import { HOURS_A_MONTH, LAMBDA_LOG_BYTES, secretReadsOf, type Usage } from './prices.ts';
import { runSteady, spreadTypes } from './steady.ts';
import type { VirtualLab } from './virtual-lab.ts';

const TYPES = 10;
const DAYS_A_MONTH = HOURS_A_MONTH / 24;

/** A sweep reads the day before the last one: the ledger of so many hours is there when the hour begins. */
const HOURS_BEFORE = 25;

/** What the ledger keeps of an event for its 31 days: a hash of 16 bytes, and its part of a row. */
export const LEDGER_BYTES = 20;

const months = new Map<string, Promise<Usage>>();

/** The usage of a month with so many events over ten types, with sweeps or without; counted once in a process. */
export function measureMonth(events: number, size: Size, sweepEveryMinutes = 60): Promise<Usage> {
  const key = `${events} ${size} ${sweepEveryMinutes}`;
  const known = months.get(key) ?? countMonth(events, size, sweepEveryMinutes);
  months.set(key, known);
  return known;
}

async function countMonth(events: number, size: Size, sweepEveryMinutes: number): Promise<Usage> {
  const { msPerTick, logBytesPerTick, ...cpu } = await measureCpuFigures(size);
  const { lab } = await runSteady({
    types: spreadTypes(TYPES, Math.max(1, events / DAYS_A_MONTH)),
    minutes: 60,
    hoursBefore: HOURS_BEFORE,
    isIdle: events === 0,
    settings: { sweepEveryMinutes },
  });
  const { eventsRead, eventsPublished } = lab.counts;
  const usage = monthOf(lab, msPerTick, logBytesPerTick);
  const known = eventsRead - eventsPublished;
  const cpuMs = eventsPublished * cpu.msPerEvent + known * cpu.msPerKnownEvent;
  return {
    ...usage,
    cpuSeconds: usage.cpuSeconds + (cpuMs * HOURS_A_MONTH) / 1_000,
    logBytes: usage.logBytes + eventsPublished * cpu.logBytesPerEvent * HOURS_A_MONTH,
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
    minutes: 60,
    hoursBefore: HOURS_BEFORE,
    isIdle: true,
    settings: { idlePollSeconds },
  });
  const usage = monthOf(lab, msPerTick, logBytesPerTick);
  const secretReads = secretReadsOf(usage.runs, processes, SECRET_CACHE_MS / 1_000);
  return { ...usage, secretReads, waitSeconds: usage.waitSeconds + secretReads * SECRET_READ_SECONDS };
}

/** An hour's runs, for a month; what their events took is the caller's. */
function monthOf({ counts, units }: VirtualLab, msPerTick: number, logBytesPerTick: number): Usage {
  const runs = counts.runs * HOURS_A_MONTH;
  return {
    events: counts.eventsPublished * HOURS_A_MONTH,
    writeUnits: units.writeUnits * HOURS_A_MONTH,
    readUnits: units.readUnits * HOURS_A_MONTH,
    runs,
    waitSeconds: counts.runSeconds * HOURS_A_MONTH,
    cpuSeconds: (runs * msPerTick) / 1_000,
    logBytes: runs * (logBytesPerTick + LAMBDA_LOG_BYTES),
    tableBytes: 0,
    secretReads: 0,
  };
}
