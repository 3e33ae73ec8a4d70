/**
 * Which page a run asks for next. Pure: the loop in run-portal.ts carries it out.
 *
 *   due streams ─▶ fewest pages under way ─▶ fewest since they were up to date ─▶ never polled ─▶ furthest behind
 *   then sweeps, the one longest ago first, and then backfills: in the time that the due streams leave
 */
import type { PassKind } from '../contract.ts';
import { isNeverPolled, isReadable, type Pass } from '../core/checkpoint.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../core/instant.ts';
import { sizeToAsk } from '../core/reading/page-size.ts';
import { type PageToAsk, type Reading, startReading, takePage } from '../core/reading/reading.ts';
import { planSweep, sweepSpans } from '../core/reading/sweep.ts';
import { planLive } from '../core/reading/windows.ts';
import type { RunContext, StreamRun } from './stream-run.ts';

/** How many pages are read or published at once: enough for HubSpot's limit at half a second an answer. */
export const PAGES_AT_ONCE = 12;

/** How much text of pages may be in memory at once; parsed and made into entries it takes several times as much. */
const TEXT_BYTES = 24 * 1_048_576;

/** What a run does beyond its first polls ends so long before the next tick, whose run is to find the lease free. */
export const TICK_MARGIN_MS = 5_000;

/** The page to ask for, and its reading with the page under way. */
export interface NextPage {
  readonly run: StreamRun;
  readonly kind: PassKind;
  readonly reading: Reading;
  readonly page: PageToAsk;
  readonly limit: number;
  readonly maxBytes: number;
  /** Its answer is not awaited after this. */
  readonly until: Instant;
}

/** The next page; undefined where there is none now, or no memory for it beside the pages under way. */
export function nextPage(
  { time, request, tally }: Pick<RunContext, 'time' | 'request' | 'tally'>,
  runs: readonly StreamRun[],
  bytesUnderWay: number,
  now: Instant,
): NextPage | undefined {
  const { readUntil, startedAt } = time;
  if (now >= readUntil) return undefined;
  const due = runs.filter(({ dueAt }) => dueAt <= now).sort(compareLine);
  const chains = Math.max(1, Math.floor(PAGES_AT_ONCE / Math.max(1, due.length)));
  const first = (line: readonly StreamRun[], kind: PassKind, until: Instant): NextPage | undefined => {
    for (const run of line) {
      if (run.done.has(kind) || run.readings.get(kind)?.failure !== undefined) continue;
      const reading = run.readings.get(kind)?.reading ?? planReading(run, kind, request, now);
      const taken = reading && takePage(reading, chains);
      if (taken !== undefined) return { run, kind, ...taken, ...sizeToAsk(run.pageSize, now), until };
    }
    return undefined;
  };
  // A page that there is no memory for waits, and with it those behind it: it would wait for ever else.
  const fitted = (next: NextPage | undefined) =>
    bytesUnderWay === 0 || bytesUnderWay + (next?.maxBytes ?? 0) <= TEXT_BYTES ? next : undefined;

  const live = first(due, 'live', readUntil);
  if (live !== undefined) return fitted(live);
  const until = Math.min(
    readUntil,
    startedAt + Math.max(MINUTE_MS, request.pollSeconds * SECOND_MS) - TICK_MARGIN_MS,
  );
  const { hubSpotDailyRemaining: remaining, hubSpotDailyLimit: limit } = tally;
  // Below a tenth of the day's allowance the past can wait; the live passes can't.
  const isLow = remaining !== undefined && limit !== undefined && remaining < limit / 10;
  if (now >= until || isLow) return undefined;
  const resting = runs.filter(
    ({ dueAt, readings, refusal, checkpoint }) =>
      dueAt > now && !readings.has('live') && refusal === undefined && isReadable(checkpoint),
  );
  const unswept = resting.toSorted((a, b) => a.checkpoint.sweptAt - b.checkpoint.sweptAt);
  return fitted(first(unswept, 'sweep', until) ?? first(resting, 'backfill', until));
}

function planReading(
  { checkpoint, backfill }: StreamRun,
  kind: PassKind,
  settings: RunContext['request'],
  now: Instant,
): Reading | undefined {
  const plans = {
    live: () => planLive(checkpoint, settings, now),
    sweep: () => planSweep(checkpoint, settings, now),
    backfill: () => (backfill?.finishedAt === undefined ? backfill : undefined),
  } as const satisfies Record<PassKind, () => Pass | undefined>;
  const pass = plans[kind]();
  const lateBefore = kind === 'backfill' ? Number.NEGATIVE_INFINITY : checkpoint.watermark;
  if (pass === undefined) return undefined;
  // A sweep that is under way has been narrowed already, where it was more than a page.
  const isNewSweep = kind === 'sweep' && checkpoint.sweep === undefined;
  const spans = isNewSweep ? sweepSpans(checkpoint, settings, now) : undefined;
  return startReading(kind, pass, lateBefore, spans);
}

function compareLine(a: StreamRun, b: StreamRun): number {
  return (
    pagesOpen(a) - pagesOpen(b) ||
    a.pages - b.pages ||
    Number(isNeverPolled(b.checkpoint)) - Number(isNeverPolled(a.checkpoint)) ||
    a.checkpoint.watermark - b.checkpoint.watermark
  );
}

function pagesOpen({ readings }: StreamRun): number {
  return [...readings.values()].reduce((sum, open) => sum + open.pagesOpen, 0);
}
