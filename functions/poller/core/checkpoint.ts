import { HOUR_MS, type Instant } from './instant.ts';
import type { PageLimit } from './reading/page-size.ts';

/** The form of the stored checkpoints that this code reads and writes. */
export const CHECKPOINT_VERSION = 1;

/** A part of a pass's window that is not resolved: everything of it before `position` is. */
export interface PassSegment {
  readonly from: Instant;
  readonly to: Instant;
  readonly position: Instant;
  /** A hint for the same window: one millisecond may hold more events than one run can publish. */
  readonly cursor?: string | undefined;
  /** The end of the window that the cursor is of; `to` where undefined. */
  readonly windowTo?: Instant | undefined;
  /** Its pages were not ascending: only the cursor leads on, not the position. */
  readonly isUnordered?: true | undefined;
}

/** A reading of one window in progress: what no segment covers is resolved, or beside the spans that a sweep reads. */
export interface Pass {
  readonly startedAt: Instant;
  readonly from: Instant;
  readonly to: Instant;
  /** Oldest first. */
  readonly segments: readonly PassSegment[];
}

/** The stored record of a stream. */
export interface Checkpoint {
  readonly stream: string;
  /** 0: not stored yet. */
  readonly revision: number;
  /** Where the stream started: no live pass or sweep reads behind it. */
  readonly floor: Instant;
  readonly watermark: Instant;
  /** When the stream last showed an event that was new to us; its start, while it has shown none. */
  readonly shownAt: Instant;
  /** The latest occurredAt it has shown. */
  readonly lastEventAt?: Instant | undefined;
  /** When the last finished sweep started. */
  readonly sweptAt: Instant;
  readonly live?: Pass | undefined;
  readonly sweep?: Pass | undefined;
  /** Set where pages of the configured size did not work. */
  readonly pageLimit?: PageLimit | undefined;
  readonly quarantine?: Quarantine | undefined;
  /** Why the last live poll failed. */
  readonly lastError?: StreamError | undefined;
  /** Why the last sweep failed. */
  readonly sweepError?: StreamError | undefined;
}

export interface Quarantine {
  readonly since: Instant;
  readonly retryAt: Instant;
  readonly reason: string;
}

export interface StreamError {
  readonly at: Instant;
  readonly code: string;
  readonly message: string;
}

/** A reading of the past that an operator asked for, kept beside the stream's checkpoint. */
export interface Backfill extends Pass {
  readonly stream: string;
  readonly id: string;
  readonly republish: boolean;
  /** So far, for whoever watches. */
  readonly eventsPublished: number;
  readonly requests: number;
  readonly finishedAt?: Instant | undefined;
  readonly lastError?: StreamError | undefined;
}

/** How long a stream is left alone that HubSpot refuses: the first time, and once that is confirmed. */
const DOUBTED_QUARANTINE_MS = HOUR_MS / 2;
const CONFIRMED_QUARANTINE_MS = 24 * HOUR_MS;

/** The checkpoints by stream. */
export function byStream(checkpoints: readonly Checkpoint[]): Map<string, Checkpoint> {
  return new Map(checkpoints.map((checkpoint) => [checkpoint.stream, checkpoint]));
}

/** A stream's first checkpoint, before it is stored. */
export function startCheckpoint(stream: string, floor: Instant, now: Instant): Checkpoint {
  return { stream, revision: 0, floor, watermark: floor, shownAt: now, sweptAt: now };
}

/** A pass of which nothing is resolved yet. */
export function startPass(from: Instant, to: Instant, startedAt: Instant): Pass {
  return { startedAt, from, to, segments: [{ from, to, position: from }] };
}

/** Everything of the pass's window before this is resolved. */
export function positionOf({ to, segments }: Pass): Instant {
  return segments[0]?.position ?? to;
}

/** How much of the pass's window is resolved: 0 to 1. */
export function shareOf({ from, to, segments }: Pass): number {
  const leftMs = segments.reduce((sum, segment) => sum + segment.to - segment.position, 0);
  return to <= from ? 1 : Math.min(1, Math.max(0, 1 - leftMs / (to - from)));
}

/** True where no live poll of the stream has come to anything yet. */
export function isNeverPolled({ floor, watermark, live }: Checkpoint): boolean {
  return watermark <= floor && live === undefined;
}

/** Only a stored stream that is not refused is swept or backfilled. */
export function isReadable({ quarantine, revision, lastError }: Checkpoint): boolean {
  return quarantine === undefined && lastError === undefined && revision > 0;
}

/** The checkpoint with the live pass where it now stands; the watermark follows it, and never goes back. */
export function advanceLive(checkpoint: Checkpoint, pass: Pass): Checkpoint {
  const isOver = pass.segments.length === 0;
  const watermark = Math.max(checkpoint.watermark, positionOf(pass));
  // With the first page that is read, whatever stood in the way is over.
  return {
    ...checkpoint,
    watermark,
    live: isOver ? undefined : pass,
    lastError: undefined,
    quarantine: undefined,
  };
}

/** The checkpoint with the sweep where it now stands. */
export function advanceSweep(checkpoint: Checkpoint, pass: Pass): Checkpoint {
  if (pass.segments.length > 0) return { ...checkpoint, sweep: pass, sweepError: undefined };
  return { ...checkpoint, sweep: undefined, sweepError: undefined, sweptAt: pass.startedAt };
}

/**
 * The checkpoint of a stream that HubSpot refuses: asked again soon, and once a day after it was refused again. What it
 * says before it was to be asked again confirms nothing.
 */
export function setAside(checkpoint: Checkpoint, reason: string, now: Instant): Checkpoint {
  const { quarantine } = checkpoint;
  if (quarantine !== undefined && now < quarantine.retryAt) return checkpoint;
  const forMs = quarantine === undefined ? DOUBTED_QUARANTINE_MS : CONFIRMED_QUARANTINE_MS;
  return {
    ...checkpoint,
    quarantine: { since: quarantine?.since ?? now, retryAt: now + forMs, reason },
  };
}

/** The pass without its cursors: the fault that ended it may be one's own. An unordered one starts again. */
export function withoutCursors<P extends Pass>(pass: P): P {
  const segments = pass.segments.map(({ from, to, position, isUnordered }) =>
    isUnordered ? { from, to, position, isUnordered } : { from, to, position },
  );
  return { ...pass, segments };
}
