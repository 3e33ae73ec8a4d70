import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { Instant } from '../core/instant.ts';
import { outOfTime } from '../errors.ts';
import type { Clock, Random } from '../ports.ts';
import { type BackoffLimits, backoffMs } from './backoff.ts';

/** Waits for AWS: a throttle clears within seconds, and a run has two minutes. */
export const AWS_BACKOFF: BackoffLimits = { baseMs: 50, capMs: 5_000 };

/** The most tries of one call to AWS. */
export const AWS_ATTEMPTS = 12;

/** How long one try of a call to AWS may take: the slowest that were ever seen take two seconds. */
export const AWS_CALL_MS = 5_000;

export interface RetryPlan {
  readonly clock: Clock;
  readonly random: Random;
  /** No try begins after this, and none lasts longer. */
  readonly until: () => Instant;
  /** The most tries; AWS_ATTEMPTS where not given. */
  readonly attempts?: number;
  /** Told how long each try took. */
  readonly noteCall?: (tookMs: number) => void;
}

/** True where the same call may go through later. Total: what is unknown is not tried again. */
export function isRetryable(thrown: unknown): boolean {
  if (!isSdkError(thrown)) return false;
  return isThrottlingError(thrown) || isTransientError(thrown) || isServerError(thrown) || isTimeout(thrown);
}

/** True where AWS asks for fewer calls, and nothing is wrong. */
export function isThrottle(thrown: unknown): boolean {
  return isSdkError(thrown) && isThrottlingError(thrown);
}

/** True where the answer did not come in the time given: whether the call did its work is unknown. */
function isTimeout({ name }: Error): boolean {
  return name === 'AbortError' || name === 'TimeoutError';
}

function isSdkError(thrown: unknown): thrown is Parameters<typeof isThrottlingError>[0] {
  return thrown instanceof Error;
}

/** The name of an error of AWS, or of any other. */
export function errorName(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

/** How long a try that begins now may take; 0 where the time is up. */
export function timeLeftMs({ clock, until }: RetryPlan): number {
  return Math.max(0, Math.min(AWS_CALL_MS, until() - clock.now()));
}

/** What ends the calls of this turn of the event loop that have so long. */
let ending: { readonly timeoutMs: number; readonly abortSignal: AbortSignal } | undefined;

/**
 * Ends a call to AWS after so long. Calls that begin together end together: a signal for each would take
 * a twentieth of an event's CPU time.
 */
export function endAfter(timeoutMs: number): { readonly abortSignal: AbortSignal } {
  if (ending?.timeoutMs !== timeoutMs || ending.abortSignal.aborted) {
    ending = { timeoutMs, abortSignal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))) };
    setImmediate(() => {
      ending = undefined;
    });
  }
  return { abortSignal: ending.abortSignal };
}

/**
 * The call's answer, tried again while the failure may pass, with full jitter. `attempt` counts from 1, and each may
 * take `timeoutMs`. @throws what the call threw, once it is final, tries are used up, or the next would begin too
 *   late; PollerError `out-of-time` where not even the first could begin
 */
export async function withRetry<T>(
  plan: RetryPlan,
  call: (attempt: number, timeoutMs: number) => Promise<T>,
): Promise<T> {
  const { clock, random, until, attempts = AWS_ATTEMPTS, noteCall } = plan;
  for (let attempt = 1; ; attempt += 1) {
    const timeoutMs = timeLeftMs(plan);
    if (timeoutMs === 0) throw outOfTime('Calling AWS');
    const startedAt = clock.now();
    const note = () => noteCall?.(clock.now() - startedAt);
    try {
      return await call(attempt, timeoutMs).finally(note);
    } catch (thrown) {
      const waitMs = backoffMs(attempt, AWS_BACKOFF, random);
      const isLast = attempt >= attempts || clock.now() + waitMs >= until();
      if (isLast || !isRetryable(thrown)) throw thrown;
      await clock.sleep(waitMs);
    }
  }
}
