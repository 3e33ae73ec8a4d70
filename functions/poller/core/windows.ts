import { hash } from 'node:crypto';
import type { Checkpoint, Pass } from './checkpoint.ts';
import type { Instant } from './instant.ts';

export interface WindowSettings {
  readonly pollSeconds: number;
  readonly idlePollSeconds: number;
  readonly overlapSeconds: number;
  readonly sweepEveryMinutes: number;
  readonly sweepLookbackHours: number;
}

/** A stream that showed nothing for so long is idle. */
const IDLE_AFTER_MS = 3_600_000;

/** The live window that is in progress, or a new one: from behind the watermark to now. */
export function planLive(checkpoint: Checkpoint, settings: WindowSettings, now: Instant): Pass {
  if (checkpoint.live !== undefined) return checkpoint.live;
  const from = Math.max(checkpoint.floor, checkpoint.watermark - settings.overlapSeconds * 1000);
  // A clock that was set back must not turn the window round.
  const to = Math.max(now, checkpoint.watermark);
  return { startedAt: now, from, to, position: from };
}

/**
 * The sweep that is in progress, or one that is due: it reaches back `sweepLookbackHours` behind the last sweep,
 * so that an event is found however late within that time it came, and ends where the live passes' overlap starts.
 */
export function planSweep(checkpoint: Checkpoint, settings: WindowSettings, now: Instant): Pass | undefined {
  if (settings.sweepEveryMinutes === 0) return undefined;
  if (checkpoint.sweep !== undefined) return checkpoint.sweep;
  if (now - checkpoint.sweptAt < settings.sweepEveryMinutes * 60_000) return undefined;
  const lookbackAt = Math.min(now, checkpoint.sweptAt) - settings.sweepLookbackHours * 3_600_000;
  const from = Math.max(checkpoint.floor, lookbackAt);
  const to = checkpoint.watermark - settings.overlapSeconds * 1000;
  if (to <= from) return undefined;
  return { startedAt: now, from, to, position: from };
}

/**
 * Until when a stream is left alone, or undefined where it is not: a quarantined one until its day is over, one
 * that showed nothing for an hour until its next turn. Idle streams have one turn in every `idlePollSeconds`, each
 * at a moment of its own in that time, so that many of them spread evenly.
 */
export function restsUntil(
  checkpoint: Checkpoint,
  settings: WindowSettings,
  now: Instant,
): Instant | undefined {
  const { quarantine, watermark, shownAt, stream, lastError, live } = checkpoint;
  if (quarantine !== undefined) return quarantine.retryAt;
  if (settings.idlePollSeconds <= settings.pollSeconds || live !== undefined || lastError !== undefined)
    return undefined;
  if (now - shownAt < IDLE_AFTER_MS) return undefined;
  const periodMs = settings.idlePollSeconds * 1000;
  const phaseMs = Number.parseInt(hash('sha256', stream, 'hex').slice(0, 8), 16) % periodMs;
  return (Math.floor((watermark - phaseMs) / periodMs) + 1) * periodMs + phaseMs;
}
