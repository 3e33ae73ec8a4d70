import type { Instant } from './instant.ts';

/** The form of the stored checkpoints that this code reads and writes. */
export const CHECKPOINT_VERSION = 1;

/** A reading of one window in progress: everything before `position` is resolved. */
export interface Pass {
  readonly startedAt: Instant;
  readonly from: Instant;
  readonly to: Instant;
  readonly position: Instant;
  /** A hint for the same window: one millisecond may hold more events than one run can publish. */
  readonly cursor?: string | undefined;
  /** The end of the slice that the cursor is of; the window's where undefined. */
  readonly sliceTo?: Instant | undefined;
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
  /** The page size HubSpot accepts, where it refused the configured one. */
  readonly pageSize?: number | undefined;
  readonly quarantine?: Quarantine | undefined;
  readonly lastError?: StreamError | undefined;
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
}

/** The portal's event types as HubSpot last listed them. */
export interface Discovery {
  readonly eventTypes: readonly string[];
  readonly discoveredAt: Instant;
}

/** How long a quarantined stream is left alone. */
export const QUARANTINE_MS = 24 * 3_600_000;

/** A stream's first checkpoint, before it is stored. */
export function startCheckpoint(stream: string, floor: Instant, now: Instant): Checkpoint {
  return { stream, revision: 0, floor, watermark: floor, shownAt: now, sweptAt: now };
}

/** The checkpoint with the live pass where it now stands; the watermark follows it, and never goes back. */
export function advanceLive(checkpoint: Checkpoint, pass: Pass): Checkpoint {
  const reached = Math.min(pass.position, pass.to);
  return { ...checkpoint, live: pass, watermark: Math.max(checkpoint.watermark, reached) };
}

/** The checkpoint after a live pass that was read to the end of its window. */
export function finishLive(checkpoint: Checkpoint, pass: Pass): Checkpoint {
  return { ...clearFailure(checkpoint), live: undefined, watermark: Math.max(checkpoint.watermark, pass.to) };
}

/** The checkpoint after a sweep that was read to the end of its window. */
export function finishSweep(checkpoint: Checkpoint, pass: Pass): Checkpoint {
  return { ...checkpoint, sweep: undefined, sweptAt: pass.startedAt };
}

export function clearFailure(checkpoint: Checkpoint): Checkpoint {
  return { ...checkpoint, lastError: undefined, quarantine: undefined };
}
