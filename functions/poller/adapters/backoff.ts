import type { Random } from '../ports.ts';

export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * How long to wait before the attempt after `attempt` (1, 2, …): full jitter, from 0 up to a bound that doubles.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
export function backoffMs(attempt: number, { baseMs, capMs }: BackoffLimits, random: Random): number {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}
