/** How long after HubSpot shows an event it is on the bus. */
import { type BenchCase, type CaseReport, judge, percentile, type Size, show } from '../case.ts';
import { createEvenHistory } from '../lab/even-history.ts';
import { createVirtualLab, MINUTE_MS } from '../lab/virtual-lab.ts';

const NOON = Date.UTC(2026, 10, 10, 12);

/** HubSpot showed its own page views after 0.75 and 0.93 s (2026-11). */
const DELAY_MS = 900;
/** No divisor of a minute: the events fall on every second of it. */
const EVERY_MS = 1_117;
const TYPES = ['e_visited_page', 'e_form_submission_v2', 'pe8675309_signed_up'];

export const latency: BenchCase = {
  name: 'latency',
  about: 'visible in HubSpot → on the bus, with pollSeconds 60 and 10',
  isTimed: false,
  async run(size) {
    const reports = [await measure(60, size), await measure(10, size)];
    return {
      rows: reports.flatMap(({ rows }) => rows),
      notes: [
        `latency: virtual time through the poller's own run, a tick at every whole minute (what EventBridge Scheduler adds is not in it), HubSpot 250 ms, PutEvents 30 ms, the table 8 ms.`,
      ],
      counts: Object.assign({}, ...reports.map(({ counts }) => counts)),
    };
  },
};

async function measure(pollSeconds: number, size: Size): Promise<CaseReport> {
  const minutes = size === 'full' ? 60 : 5;
  const startsAt = NOON - 10 * MINUTE_MS;
  const endsAt = NOON + minutes * MINUTE_MS;
  const waitsMs: number[] = [];
  const lab = createVirtualLab({
    startAt: NOON,
    history: createEvenHistory({
      eventTypes: TYPES,
      startsAt,
      endsAt: endsAt - MINUTE_MS,
      everyMs: EVERY_MS,
      delayMs: DELAY_MS,
    }),
    settings: { eventTypes: TYPES, pollSeconds, startFrom: new Date(NOON).toISOString() },
    onPublished: ({ time }, now) => waitsMs.push(now - (time + DELAY_MS)),
  });
  await lab.runUntil(endsAt);
  const p50 = percentile(waitsMs, 0.5) / 1_000;
  const p99 = percentile(waitsMs, 0.99) / 1_000;
  const target = pollSeconds + 2;
  return {
    rows: [
      {
        what: `visible → bus, pollSeconds ${pollSeconds}, p50 / p99`,
        poller: `${show(p50, 1)} s / ${show(p99, 1)} s`,
        target: `p99 ≤ ${target} s`,
        verdict: judge(p99 <= target),
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
