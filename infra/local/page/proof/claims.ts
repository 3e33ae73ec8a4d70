/** What the poller claims to have done, read from its stored checkpoints: the proof holds it to that. */
import type { StoredStream } from '../observer/stored-streams.ts';

/** All that was visible before `startedAt` and occurred in [from, to) is on the bus. Instants in UNIX ms. */
export interface Claim {
  readonly stream: string;
  readonly startedAt: number;
  readonly from: number;
  readonly to: number;
}

export interface ClaimSettings {
  readonly overlapMs: number;
  readonly lookbackMs: number;
}

const FIRST_AGE_MS = 5_400_000;

/** What a run claims that found a stream as `before` and left it as `after`. */
export function claimsOf(
  before: StoredStream,
  after: StoredStream,
  runStartedAt: number,
  { overlapMs, lookbackMs }: ClaimSettings,
): Claim[] {
  const { stream } = after;
  // A reading that was in progress had begun earlier: what became visible since then it need not have seen.
  const live = {
    stream,
    startedAt: before.live?.startedAt ?? runStartedAt,
    from: before.live?.from ?? Math.max(after.floor, before.watermark - overlapMs),
    to: after.watermark,
  };
  if (after.sweptAt <= before.sweptAt) return [live];
  const edge = before.sweep?.to ?? before.watermark - overlapMs;
  // Of a window that holds more than a page, a sweep reads what has come to one of the ages since the last one.
  const swept = agesOf(lookbackMs).map((age, index) => ({
    stream,
    startedAt: after.sweptAt,
    from: Math.max(after.floor, before.sweptAt - age),
    to: index === 0 ? edge : Math.min(edge, after.sweptAt - age),
  }));
  return [live, ...swept.filter(({ from, to }) => from < to)];
}

/** The ages at which sweeps read the past again: 90 minutes, and twice as old each time, up to the lookback. */
function agesOf(lookbackMs: number): number[] {
  const ages = [FIRST_AGE_MS];
  for (let age = FIRST_AGE_MS; age < lookbackMs; ages.push(age)) age *= 2;
  return ages;
}

/** The clocks of HubSpot and of the poller may differ by so much. */
const CLOCK_MS = 1_000;

export function covers({ startedAt, from, to }: Claim, occurredAt: number, visibleAt: number): boolean {
  return visibleAt < startedAt - CLOCK_MS && occurredAt >= from && occurredAt < to;
}
