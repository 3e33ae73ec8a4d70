import type { FailureCode } from '../errors.ts';
import type { Backfill, Checkpoint } from './checkpoint.ts';
import type { Instant } from './instant.ts';
import type { Stream } from './streams.ts';

/** A portal's streams and what is known of each, at one moment. */
export interface PortalSnapshot {
  readonly streams: readonly Stream[];
  /** By stream. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  readonly backfills: ReadonlyMap<string, Backfill>;
  /** Where a stream without a checkpoint will start. */
  readonly startsAt: Instant;
}

/**
 * now − the lowest watermark of the portal's streams, in seconds. A stream with no checkpoint counts from where
 * it will start; a quarantined one does not count; no stream at all is no lag.
 */
export function lagSeconds({ streams, checkpoints, startsAt }: PortalSnapshot, now: Instant): number {
  const watermarks = streams.flatMap(({ name }) => {
    const checkpoint = checkpoints.get(name);
    if (checkpoint === undefined) return [startsAt];
    return checkpoint.quarantine === undefined ? [checkpoint.watermark] : [];
  });
  const lowest = watermarks.reduce((least, watermark) => Math.min(least, watermark), now);
  return Math.max(0, now - lowest) / 1000;
}

/** How many of the streams failed at their last poll, sweep or backfill, or are quarantined. */
export function countFailing({ streams, checkpoints, backfills }: PortalSnapshot): number {
  return streams.filter(({ name }) => {
    const { lastError, sweepError, quarantine } = checkpoints.get(name) ?? {};
    return (lastError ?? sweepError ?? quarantine ?? backfills.get(name)?.lastError) !== undefined;
  }).length;
}

/** How many streams a log line names. */
const NAMED_STREAMS = 3;

/** The streams furthest behind, the furthest first; a quarantined one is not behind, it is set aside. */
export function furthestBehind(
  { streams, checkpoints }: PortalSnapshot,
  now: Instant,
): { readonly stream: string; readonly lagSeconds: number }[] {
  return streams
    .flatMap(({ name }) => checkpoints.get(name) ?? [])
    .filter(({ quarantine }) => quarantine === undefined)
    .map(({ stream, watermark }) => ({ stream, lagSeconds: Math.max(0, now - watermark) / 1000 }))
    .sort((a, b) => b.lagSeconds - a.lagSeconds)
    .slice(0, NAMED_STREAMS);
}

/** The portal's lag and failing streams; of a failed run with its code. */
export function standingOf(snapshot: PortalSnapshot, now: Instant, failure: FailureCode | undefined) {
  // Before the token is written nothing has started, and nothing is behind.
  const isWaiting = failure === 'secret-placeholder' || failure === 'secret-missing';
  const { streams, checkpoints } = snapshot;
  const started = isWaiting ? streams.filter(({ name }) => checkpoints.has(name)) : streams;
  return {
    lagSeconds: lagSeconds({ ...snapshot, streams: started }, now),
    streamsFailing: countFailing(snapshot),
    streams: streams.length,
  };
}
