/** How long after HubSpot shows an event it is on the bus. */
import { type BenchCase, type CaseReport, judge, percentile, type Size, show } from '../case.ts';
import { createEvenHistory } from '../lab/even-history.ts';
import { createVirtualLab, MINUTE_MS } from '../lab/virtual-lab.ts';

const NOON = Date.UTC(2026, 10, 10, 12);

/** HubSpot showed its own page views after 0.75 and 0.93 s (2026-11). */
const DELAY_MS = 900;
/** No divisor of a minute: the events fall on every second of it. */
const EVERY_MS = 1_117;
const HOUR_MINUTES = 60;

interface Setting {
  readonly pollSeconds: number;
  readonly targetSeconds: number;
  /** Types that show events all the time. */
  readonly busyTypes: number;
  /** Types that show none: after an hour they are polled as idlePollSeconds says. */
  readonly quietTypes: number;
}

const SETTINGS: readonly Setting[] = [
  { pollSeconds: 60, targetSeconds: 62, busyTypes: 3, quietTypes: 0 },
  { pollSeconds: 10, targetSeconds: 12, busyTypes: 3, quietTypes: 0 },
  { pollSeconds: 5, targetSeconds: 6.5, busyTypes: 10, quietTypes: 0 },
  { pollSeconds: 5, targetSeconds: 6.5, busyTypes: 10, quietTypes: 140 },
];

export const latency: BenchCase = {
  name: 'latency',
  about: 'visible in HubSpot → on the bus, with pollSeconds 60, 10 and 5',
  isTimed: false,
  async run(size) {
    const reports: CaseReport[] = [];
    for (const setting of SETTINGS)
      if (size === 'full' || setting.quietTypes === 0) reports.push(await measure(setting, size));
    return {
      rows: reports.flatMap(({ rows }) => rows),
      notes: [
        `latency: virtual time through the poller's own run, a tick at every whole minute (what EventBridge Scheduler adds is not in it), HubSpot 250 ms, PutEvents 30 ms, the table 8 ms. With 150 types, of a limit of 190: ten show events all the time, and the others none; measured after the hour in which they become idle, since 150 types every five seconds are more requests than HubSpot allows.`,
      ],
      counts: Object.assign({}, ...reports.map(({ counts }) => counts)),
    };
  },
};

async function measure(
  { pollSeconds, targetSeconds, busyTypes, quietTypes }: Setting,
  size: Size,
): Promise<CaseReport> {
  const minutes = size === 'full' ? 60 : 5;
  const before = quietTypes === 0 ? 0 : HOUR_MINUTES + 10;
  const measuredFrom = NOON + before * MINUTE_MS;
  const endsAt = measuredFrom + minutes * MINUTE_MS;
  const typesNamed = (name: string, amount: number) =>
    Array.from({ length: amount }, (_, index) => `e_${name}_${index}`);
  const busy = typesNamed('busy', busyTypes);
  const eventTypes = [...busy, ...typesNamed('quiet', quietTypes)];
  const waitsMs: number[] = [];
  const lab = createVirtualLab({
    startAt: NOON,
    history: createEvenHistory({
      eventTypes: busy,
      startsAt: NOON - 10 * MINUTE_MS,
      endsAt: endsAt - MINUTE_MS,
      everyMs: EVERY_MS,
      delayMs: DELAY_MS,
    }),
    settings: {
      eventTypes,
      pollSeconds,
      maxRequestsPer10Seconds: quietTypes === 0 ? 90 : 171,
      startFrom: new Date(NOON).toISOString(),
    },
    onPublished: ({ time }, now) => {
      if (time >= measuredFrom) waitsMs.push(now - (time + DELAY_MS));
    },
  });
  await lab.runUntil(endsAt);
  const p50 = percentile(waitsMs, 0.5) / 1_000;
  const p99 = percentile(waitsMs, 0.99) / 1_000;
  const types = eventTypes.length;
  return {
    rows: [
      {
        what: `visible → bus, pollSeconds ${pollSeconds}, ${types} types, p50 / p99`,
        poller: `${show(p50, 1)} s / ${show(p99, 1)} s`,
        target: `p99 ≤ ${show(targetSeconds, targetSeconds % 1 === 0 ? 0 : 1)} s`,
        verdict: judge(p99 <= targetSeconds),
      },
    ],
    notes: [],
    counts: {
      [`p99Seconds${pollSeconds}`]: p99,
      [`events${pollSeconds}`]: waitsMs.length,
      [`runs${pollSeconds}`]: lab.counts.runs,
    },
  };
}
