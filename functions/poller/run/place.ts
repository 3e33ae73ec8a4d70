import type { Checkpoint } from '../core/checkpoint.ts';
import type { Instant } from '../core/instant.ts';
import { restsUntil } from '../core/windows.ts';
import type { PollerError } from '../errors.ts';
import type { PassContext, StreamState } from './passes.ts';

/** One of a run's streams, with its place in the queue. */
export interface Place {
  readonly state: StreamState;
  dueAt: Instant;
  turns: number;
  isActive: boolean;
  isPolled: boolean;
  /** It rested, and is asked because others were refused. */
  isWitness: boolean;
  /** Its sweep and backfill have had what this run can give them. */
  isSwept: boolean;
  isBackfilled: boolean;
  refusal: PollerError | undefined;
}

/** A stream's place at the run's start: a resting one is due when its rest is over, any other now. */
export function placeOf(state: StreamState, settings: PassContext['settings'], now: Instant): Place {
  const dueAt = restsUntil(state.checkpoint, settings, now) ?? now;
  const flags = { isActive: false, isPolled: false, isWitness: false, isSwept: false, isBackfilled: false };
  return { state, dueAt, turns: 0, ...flags, refusal: undefined };
}

/** Only a stored stream that is not refused is swept or backfilled. */
export function isReadable({ quarantine, revision, lastError }: Checkpoint): boolean {
  return quarantine === undefined && lastError === undefined && revision > 0;
}
