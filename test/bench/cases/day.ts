/** A day of ten million events over fifty types, in one process, on virtual time. */
import { type BenchCase, judge, type Row, show } from '../case.ts';
import { runSteady, type Steady, spreadTypes } from '../lab/steady.ts';

const TYPES = 50;
const EVENTS_A_DAY = 10_000_000;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

export const day: BenchCase = {
  name: 'day',
  about: 'a simulated day: ten million events over fifty types, the lag all the time',
  isTimed: false,
  async run(size) {
    const startedAt = performance.now();
    const types = spreadTypes(TYPES, EVENTS_A_DAY);
    // Sweeps of the last hours alone: with those of the whole day it would take as long again.
    const settings = { sweepLookbackHours: 1 };
    const minutes = size === 'full' ? DAY_MINUTES : 5;
    const whole = await runSteady({ types, minutes, hoursBefore: 0, settings });
    const seconds = (performance.now() - startedAt) / 1_000;
    const rssMb = process.memoryUsage.rss() / 1_024 / 1_024;
    const { eventsPublished, eventsRead, putEventsCalls, runs } = whole.lab.counts;
    const { writeUnits, readUnits } = whole.lab.units;
    const rows = [describe(`${show(minutes / HOUR_MINUTES, 1)} hours`, whole)];
    // And an hour with a day's ledger behind it, and in it every type's sweep of 24 hours.
    if (size === 'full') {
      const swept = await runSteady({ types, minutes: HOUR_MINUTES, hoursBefore: 25 });
      rows.push(describe('… an hour with a day behind it, in which every type is swept', swept));
    }
    return {
      rows,
      notes: [
        `day: virtual time, the n-th type with a n-th of the first one's events, sweeps of the last 90 minutes; ${show(runs)} runs, ${show(whole.source.requests())} requests, ${show(eventsRead)} events read (overlap and sweeps read what is known again), ${show(putEventsCalls)} PutEvents calls, ${show(writeUnits)} write and ${show(readUnits)} read units. It took ${show(seconds)} s here; the process, the table's whole content in it, stood at ${show(rssMb)} MB. Events come straight to the port, without JSON and sockets: the CPU time of those is the cpu case's.`,
      ],
      counts: {
        maxLagSeconds: whole.maxLagSeconds,
        eventsPublished,
        eventsRead,
        requests: whole.source.requests(),
        runs,
        putEventsCalls,
        writeUnits,
        readUnits,
      },
    };
  },
};

function describe(what: string, { lab, maxLagSeconds }: Steady): Row {
  return {
    what: `${what}: ${show(lab.counts.eventsPublished)} events over ${TYPES} types`,
    poller: `lag at most ${show(maxLagSeconds, 1)} s`,
    target: 'lag < 120 s throughout',
    verdict: judge(maxLagSeconds < 120),
  };
}
