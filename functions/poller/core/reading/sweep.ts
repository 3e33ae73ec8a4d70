/** The reading of the past for what came late: when it is due, and what of it is read. */
import { type Checkpoint, type Pass, startPass } from '../checkpoint.ts';
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from '../instant.ts';
import { LEDGER_KEEP_DAYS } from '../ledger/ledger.ts';
import { turnAfter, type WindowSettings } from './windows.ts';

/** A part of a window, both ends in it. */
export interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

/** A sweep is overdue after so many intervals, and an hour at least. */
const OVERDUE_INTERVALS = 3;

/** What is no older is read by every sweep; the further ages double. A day is one of them. */
const FIRST_AGE_MS = 1.5 * HOUR_MS;

/** The longest lookback there is. The ledger knows of what is no older, whatever the lookback was at its publishing. */
const LAST_AGE_MS = LEDGER_KEEP_DAYS * DAY_MS;

/**
 * The sweep that is in progress, or one that is due. It looks back from the last sweep, so that an event is found
 * however late within the lookback it came, and ends where the live passes' overlap starts.
 */
export function planSweep(checkpoint: Checkpoint, settings: WindowSettings, now: Instant): Pass | undefined {
  const { stream, sweep, floor, watermark } = checkpoint;
  if (settings.sweepEveryMinutes === 0) return undefined;
  if (sweep !== undefined) return sweep;
  // One that was written by a clock ahead counts as now.
  const sweptAt = Math.min(now, checkpoint.sweptAt);
  const isDue = now >= turnAfter(sweptAt, stream, settings.sweepEveryMinutes * MINUTE_MS);
  if (!isDue && checkpoint.sweptAt <= now) return undefined;
  const from = Math.max(floor, sweptAt - (agesOf(settings).at(-1) ?? 0));
  const to = watermark - settings.overlapSeconds * SECOND_MS;
  return to <= from ? undefined : startPass(from, to, now);
}

/** Since when a sweep waits for its turn, or to come to its end, that has long been due; undefined where none does. */
export function sweepOverdueSince(
  checkpoint: Checkpoint,
  settings: WindowSettings,
  now: Instant,
): Instant | undefined {
  const plan = planSweep(checkpoint, settings, now);
  if (plan === undefined) return undefined;
  const everyMs = settings.sweepEveryMinutes * MINUTE_MS;
  const dueAt = checkpoint.sweep?.startedAt ?? turnAfter(checkpoint.sweptAt, checkpoint.stream, everyMs);
  return now - dueAt > Math.max(OVERDUE_INTERVALS * everyMs, HOUR_MS) ? dueAt : undefined;
}

/**
 * All that a sweep reads of its window, oldest first, where that holds more than a page:
 *
 *   age     24 h           12 h            6 h       3 h     90 min       now
 *   read    |■■|           |■■|            |■■|      |■■|    |■■■■■■■■■■■■|
 *
 * Each stretch of time is read again when it has reached each of these ages since the last sweep. So what came no
 * later than the first one is found by the next sweep, and what came later before it is twice as late, at a quarter
 * of the pages. Undefined where the whole window is to be read: a clock that ran ahead does not say since when.
 */
export function sweepSpans(
  { sweptAt, floor, watermark }: Checkpoint,
  settings: WindowSettings,
  now: Instant,
): readonly Span[] | undefined {
  if (sweptAt > now) return undefined;
  const edge = watermark - settings.overlapSeconds * SECOND_MS;
  const spans = agesOf(settings).map((age) => ({
    from: Math.max(floor, sweptAt - age),
    to: age === FIRST_AGE_MS ? edge : Math.min(edge, now - age),
  }));
  return mergeSpans(spans.filter(({ from, to }) => from <= to).reverse());
}

/**
 * The ages at which time is read again; the last one is the lookback, or the next beyond it. They are the same
 * whatever the settings, so that what waits for one is found also where those change meanwhile.
 */
function agesOf({ sweepLookbackHours }: WindowSettings): readonly number[] {
  const ages = [FIRST_AGE_MS];
  for (let age = FIRST_AGE_MS; age < sweepLookbackHours * HOUR_MS; ages.push(age))
    age = Math.min(2 * age, LAST_AGE_MS);
  return ages;
}

/** Spans in the order of their beginnings, those that meet as one. */
function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans) {
    const last = merged.at(-1);
    if (last === undefined || last.to < span.from) merged.push(span);
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
  }
  return merged;
}
