import { hash } from 'node:crypto';
import { type Checkpoint, type Pass, startPass } from '../checkpoint.ts';
import { HOUR_MS, type Instant, SECOND_MS } from '../instant.ts';

export interface WindowSettings {
  readonly pollSeconds: number;
  readonly idlePollSeconds: number;
  readonly overlapSeconds: number;
  readonly sweepEveryMinutes: number;
  readonly sweepLookbackHours: number;
}

/** A stream that showed nothing for so long is idle. */
const IDLE_AFTER_MS = HOUR_MS;

/** How far a watermark that lies ahead of the clock is doubted: a clock a year behind must not have the past read again. */
const CLOCK_ERROR_MS = HOUR_MS;

/** The live window that is in progress, or a new one: from behind the watermark to now. */
export function planLive(checkpoint: Checkpoint, settings: WindowSettings, now: Instant): Pass {
  if (checkpoint.live !== undefined) return checkpoint.live;
  // A clock ahead may have written the watermark: what came meanwhile is read. But it may be now that is wrong.
  const upTo = Math.max(Math.min(now, checkpoint.watermark), checkpoint.watermark - CLOCK_ERROR_MS);
  const from = Math.max(checkpoint.floor, upTo - settings.overlapSeconds * SECOND_MS);
  // A clock that was set back must not turn the window round.
  return startPass(from, Math.max(now, checkpoint.watermark), now);
}

/**
 * When a stream is polled next by its own state: a quarantined one when its time is over, one that showed nothing
 * for an hour at its next turn; undefined where it is as the poll interval says.
 */
export function nextPollAt(
  checkpoint: Checkpoint,
  settings: WindowSettings,
  now: Instant,
): Instant | undefined {
  const { quarantine, watermark, shownAt, stream, lastError, live } = checkpoint;
  if (quarantine !== undefined) return quarantine.retryAt;
  if (settings.idlePollSeconds <= settings.pollSeconds || live !== undefined || lastError !== undefined)
    return undefined;
  if (now - shownAt < IDLE_AFTER_MS) return undefined;
  return turnAfter(watermark, stream, settings.idlePollSeconds * SECOND_MS);
}

/** A stream has one turn in every period, at a moment of its own in that time, so that many of them spread evenly. */
export function turnAfter(at: Instant, stream: string, periodMs: number): Instant {
  const phaseMs = Number.parseInt(hash('sha256', stream, 'hex').slice(0, 8), 16) % periodMs;
  return (Math.floor((at - phaseMs) / periodMs) + 1) * periodMs + phaseMs;
}
