/** DynamoDB's units for bursts of one event type, the polls included that read them again as their overlap. */
import { type BenchCase, judge, type Row, type Size, show, type Table } from '../case.ts';
import { createEvenSource } from '../lab/even-source.ts';
import { createVirtualLab, HUBSPOT_MS, MINUTE_MS } from '../lab/virtual-lab.ts';

const NOON = Date.UTC(2026, 10, 10, 12);
const TYPE = 'e_burst';
const MOST_WRITES = 25;
const MOST_READS = 40;

/** After a burst its last event is read again for five minutes; so long, and some more, it is polled. */
const AFTER_MINUTES = 12;

interface Burst {
  readonly name: string;
  readonly events: number;
  readonly minutes: number;
}

const BURSTS = {
  full: [
    { name: 'large', events: 600_000, minutes: 10 },
    { name: 'short', events: 60_000, minutes: 4 },
  ],
  // As dense as the short one.
  small: [{ name: 'short', events: 15_000, minutes: 1 }],
} as const satisfies Record<Size, readonly Burst[]>;

/** How the burst is met: by polls while it lasts, or by one that comes when it is over. */
type Way = 'while it lasts' | 'when it is over' | 'when it is over, each run in a new process';

interface Units {
  readonly published: number;
  readonly writes: number;
  readonly reads: number;
  readonly requests: number;
}

export const bursts: BenchCase = {
  name: 'bursts',
  about: 'DynamoDB units per 1,000 events of a burst, the polls of its overlap included',
  isTimed: false,
  async run(size) {
    const rows: Row[] = [];
    const lines: string[][] = [];
    const counts: Record<string, number> = {};
    for (const burst of BURSTS[size]) {
      const what = `${show(burst.events)} events in ${burst.minutes} minutes`;
      const [during, after] = [
        await measure(burst, 'while it lasts'),
        await measure(burst, 'when it is over'),
      ];
      const cold = await measure(burst, 'when it is over, each run in a new process');
      const writes = Math.max(during.writes, after.writes);
      const reads = Math.max(during.reads, after.reads);
      rows.push({
        what: `DynamoDB per 1,000 events, ${what}`,
        poller: `${show(writes, 1)} write, ${show(reads, 1)} read units`,
        target: `≤ ${MOST_WRITES} write, ≤ ${MOST_READS} read units`,
        verdict: judge(writes <= MOST_WRITES && reads <= MOST_READS),
      });
      for (const [way, units] of [
        ['while it lasts', during],
        ['when it is over', after],
        ['when it is over, each run in a new process', cold],
      ] as const)
        lines.push([what, way, show(units.requests), show(units.writes, 1), show(units.reads, 1)]);
      Object.assign(counts, {
        [`${burst.name}Events`]: Math.min(during.published, after.published),
        [`${burst.name}Writes`]: writes,
        [`${burst.name}Reads`]: reads,
        [`${burst.name}ColdReads`]: cold.reads,
      });
    }
    const table: Table = {
      name: 'bursts',
      title: 'Bursts of one event type',
      head: ['burst', 'read', 'requests', 'write units per 1,000', 'read units per 1,000'],
      rows: lines,
    };
    return {
      rows,
      tables: [table],
      notes: [
        `bursts: virtual time, a tick every minute until ${AFTER_MINUTES} minutes after the burst, an overlap of 300 s, no sweeps; units by the sizes of rows and items, every lease and checkpoint included. The rows are the larger of the two ways that one process goes. Lambda may take another process for any run, which then reads the overlap's ledger anew: the last line has one for each.`,
      ],
      counts,
    };
  },
};

async function measure({ events, minutes }: Burst, way: Way): Promise<Units> {
  const endsAt = NOON + minutes * MINUTE_MS;
  const everyMs = (minutes * MINUTE_MS) / events;
  const source = createEvenSource({
    types: [{ eventType: TYPE, everyMs }],
    startsAt: NOON,
    endsAt,
    delayMs: 900,
    latencyMs: HUBSPOT_MS,
    maxRequestsPer10Seconds: 90,
  });
  const lab = createVirtualLab({
    startAt: way === 'while it lasts' ? NOON : endsAt,
    createSource: source.create,
    settings: { eventTypes: [TYPE], startFrom: new Date(NOON).toISOString(), sweepEveryMinutes: 0 },
    isColdEachRun: way === 'when it is over, each run in a new process',
  });
  await lab.runUntil(endsAt + AFTER_MINUTES * MINUTE_MS);
  const thousands = lab.counts.eventsPublished / 1_000;
  const { writeUnits, readUnits } = lab.units;
  return {
    published: lab.counts.eventsPublished,
    writes: writeUnits / thousands,
    reads: readUnits / thousands,
    requests: source.requests(),
  };
}
