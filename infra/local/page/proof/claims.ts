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
  const sweep = {
    stream,
    startedAt: after.sweptAt,
    from: before.sweep?.from ?? Math.max(after.floor, after.sweptAt - lookbackMs),
    to: before.sweep?.to ?? before.watermark - overlapMs,
  };
  return [live, sweep];
}

/** The clocks of HubSpot and of the poller may differ by so much. */
const CLOCK_MS = 1_000;

export function covers({ startedAt, from, to }: Claim, occurredAt: number, visibleAt: number): boolean {
  return visibleAt < startedAt - CLOCK_MS && occurredAt >= from && occurredAt < to;
}
