/** What a month of a portal uses: an hour of it counted on virtual time, its CPU time measured. */

import type { Size } from '../case.ts';
import { measureCpuFigures } from '../cases/cpu.ts';
import type { Usage } from './prices.ts';
import { runSteady, spreadTypes } from './steady.ts';

const TYPES = 10;
const HOURS_A_MONTH = 720;
const DAYS_A_MONTH = 30;

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
  const cpu = await measureCpuFigures(size);
  const { lab } = await runSteady({
    types: spreadTypes(TYPES, Math.max(1, events / DAYS_A_MONTH)),
    minutes: 60,
    hoursBefore: HOURS_BEFORE,
    isIdle: events === 0,
    settings: { sweepEveryMinutes },
  });
  const { counts, units } = lab;
  const known = counts.eventsRead - counts.eventsPublished;
  const cpuMs =
    counts.runs * cpu.msPerTick + counts.eventsPublished * cpu.msPerEvent + known * cpu.msPerKnownEvent;
  const logBytes = counts.runs * cpu.logBytesPerTick + counts.eventsPublished * cpu.logBytesPerEvent;
  return {
    events: counts.eventsPublished * HOURS_A_MONTH,
    writeUnits: units.writeUnits * HOURS_A_MONTH,
    readUnits: units.readUnits * HOURS_A_MONTH,
    runs: counts.runs * HOURS_A_MONTH,
    waitSeconds: counts.runSeconds * HOURS_A_MONTH,
    cpuSeconds: (cpuMs * HOURS_A_MONTH) / 1_000,
    logBytes: logBytes * HOURS_A_MONTH,
    tableBytes: events * LEDGER_BYTES,
  };
}
