/** A day of ten million events over fifty types, in one process, on virtual time. */
import { type BenchCase, judge, show } from '../case.ts';
import { runSteady, spreadTypes } from '../lab/steady.ts';

const TYPES = 50;
const EVENTS_A_DAY = 10_000_000;
const DAY_MINUTES = 1_440;

export const day: BenchCase = {
  name: 'day',
  about: 'a simulated day: ten million events over fifty types, the lag all the time',
  async run(size) {
    const minutes = size === 'full' ? DAY_MINUTES : 5;
    const startedAt = performance.now();
    const { lab, source, maxLagSeconds } = await runSteady({
      types: spreadTypes(TYPES, EVENTS_A_DAY),
      minutes,
      hoursBefore: 0,
    });
    const { eventsPublished, eventsRead, putEventsCalls, runs } = lab.counts;
    const requests = source.requests();
    const seconds = (performance.now() - startedAt) / 1_000;
    const rssMb = process.memoryUsage.rss() / 1_024 / 1_024;
    return {
      rows: [
        {
          what: `${show(minutes / 60, 1)} hours, ${show(eventsPublished)} events over ${TYPES} types`,
          poller: `lag at most ${show(maxLagSeconds, 1)} s`,
          target: 'lag < 120 s throughout',
          verdict: judge(maxLagSeconds < 120),
        },
      ],
      notes: [
        `day: virtual time, the n-th type with a n-th of the first one's events; ${show(runs)} runs, ${show(requests)} requests, ${show(eventsRead)} events read (overlap and sweeps read what is known again), ${show(putEventsCalls)} PutEvents calls, ${show(lab.units.writeUnits)} write and ${show(lab.units.readUnits)} read units. It took ${show(seconds)} s here; the process, the table's whole content in it, stood at ${show(rssMb)} MB. Events come straight to the port, without JSON and sockets: the CPU time of those is the cpu case's.`,
      ],
      counts: {
        maxLagSeconds,
        eventsPublished,
        eventsRead,
        requests,
        runs,
        putEventsCalls,
        writeUnits: lab.units.writeUnits,
        readUnits: lab.units.readUnits,
      },
    };
  },
};
