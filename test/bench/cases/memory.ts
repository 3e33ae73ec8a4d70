/** Peak memory of the function's process, in which it has the memory and the flags that the stack gives it. */
import { POLLER_MEMORY_MB } from '../../../infra/constructs/poller-function.ts';
import { type BenchCase, judge, type Row, type Size, show } from '../case.ts';
import { functionNamed, openStackLab } from '../lab/stack-lab.ts';

const LATENCY_MS = 250;
const MINUTE_MS = 60_000;

/** What a run may take: Lambda ends a function that needs more than it has. */
const MOST_MB = 0.9 * POLLER_MEMORY_MB;

interface Load {
  readonly name: string;
  readonly what: string;
  readonly types: number;
  readonly events: number;
  readonly smallEvents: number;
  readonly everyMs: number;
  readonly eventBytes: number;
  /** Runs one after the other in the same process: the later ones read the overlap again. */
  readonly runs: number;
  /** Whether it is among the small benchmark's. */
  readonly isSmall: boolean;
}

const FAR = { types: 4, everyMs: 40, runs: 1 } as const;

const LOADS: readonly Load[] = [
  {
    name: 'few',
    isSmall: true,
    what: '20,000 events of 1 KB behind',
    events: 20_000,
    smallEvents: 2_000,
    eventBytes: 1_024,
    ...FAR,
  },
  {
    name: 'of1Kb',
    isSmall: false,
    what: '400,000 events of 1 KB behind',
    events: 400_000,
    smallEvents: 6_000,
    eventBytes: 1_024,
    ...FAR,
  },
  {
    name: 'of20Kb',
    isSmall: false,
    what: '40,000 events of 20 KB behind',
    events: 40_000,
    smallEvents: 1_200,
    eventBytes: 20_480,
    ...FAR,
  },
  {
    name: 'of60Kb',
    isSmall: true,
    what: '16,000 events of 60 KB behind',
    events: 16_000,
    smallEvents: 400,
    eventBytes: 61_440,
    ...FAR,
  },
  {
    name: 'burst',
    isSmall: false,
    what: '600,000 events of one type in ten minutes',
    types: 1,
    events: 600_000,
    smallEvents: 6_000,
    everyMs: 1,
    eventBytes: 1_024,
    runs: 2,
  },
];

export const memory: BenchCase = {
  name: 'memory',
  about: `peak memory far behind with events of 1, 20 and 60 KB, and after a burst, as a ${POLLER_MEMORY_MB} MB function`,
  isTimed: true,
  async run(size) {
    const rows: Row[] = [];
    const counts: Record<string, number> = {};
    for (const load of size === 'full' ? LOADS : LOADS.filter(({ isSmall }) => isSmall)) {
      const { peakMb, events, seconds } = await peakOf(load, size).catch((cause: unknown) => {
        throw new Error(`Measuring the memory of ${load.what}: every run must end by itself`, { cause });
      });
      rows.push({
        what: `peak memory, ${load.what}`,
        poller: `${show(peakMb)} MB`,
        target: `< ${show(MOST_MB)} MB: 0.9 × ${POLLER_MEMORY_MB}`,
        verdict: judge(peakMb < MOST_MB),
      });
      counts[`${load.name}Mb`] = peakMb;
      counts[`${load.name}Events`] = events;
      counts[`${load.name}Seconds`] = seconds;
    }
    return {
      rows,
      notes: [
        `memory: the most resident memory (VmHWM) of a fresh process, Node, its libraries and the bundle included, with the template's environment and the heap that Lambda gives a function of ${POLLER_MEMORY_MB} MB; HubSpot's limit of 190 and the default of 90 requests in 10 s, answers after ${LATENCY_MS} ms. The burst is read to its end, and its overlap once more by the same process.`,
      ],
      counts,
    };
  },
};

interface Peak {
  readonly peakMb: number;
  readonly events: number;
  readonly seconds: number;
}

async function peakOf(load: Load, size: Size): Promise<Peak> {
  const { types, everyMs, eventBytes, runs } = load;
  const events = size === 'full' ? load.events : load.smallEvents;
  const eventTypes = Array.from({ length: types }, (_, index) => `e_behind_${index}`);
  const endsAt = Date.now() - (runs > 1 ? 0 : MINUTE_MS);
  const startsAt = endsAt - (events / types) * everyMs;
  await using lab = await openStackLab({
    history: { eventTypes, startsAt, endsAt, everyMs, eventBytes },
    latencyMs: LATENCY_MS,
    per10Seconds: 190,
    entry: functionNamed('measured-poller'),
  });
  const settings = { eventTypes, startFrom: new Date(startsAt).toISOString(), sweepEveryMinutes: 0 };
  const peak = { peakMb: 0, events: 0, seconds: 0 };
  for (let run = 0; run < runs; run += 1) {
    const { measured, eventsPublished } = await lab.invoke(settings);
    peak.peakMb = measured.peakRssMb;
    peak.events += eventsPublished;
    peak.seconds += measured.wallMs / 1_000;
  }
  return peak;
}
