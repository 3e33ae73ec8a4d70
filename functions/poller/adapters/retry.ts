import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { Instant } from '../core/instant.ts';
import type { Clock, Random } from '../ports.ts';
import { type BackoffLimits, backoffMs } from './backoff.ts';

/** Waits for AWS: a throttle clears within seconds, and a run has two minutes. */
export const AWS_BACKOFF: BackoffLimits = { baseMs: 50, capMs: 5_000 };

/** The most tries of one call to AWS. */
export const AWS_ATTEMPTS = 12;

export interface RetryPlan {
  readonly clock: Clock;
  readonly random: Random;
  /** No try begins after this. */
  readonly until: Instant;
  /** The most tries; AWS_ATTEMPTS where not given. */
  readonly attempts?: number;
}

/** True where AWS may do tomorrow what it did not do today. Total: what is unknown is not tried again. */
export function isRetryable(thrown: unknown): boolean {
  if (!isSdkError(thrown)) return false;
  return isThrottlingError(thrown) || isTransientError(thrown) || isServerError(thrown);
}

function isSdkError(thrown: unknown): thrown is Parameters<typeof isThrottlingError>[0] {
  return thrown instanceof Error;
}

/** The name of an error of AWS, or of any other. */
export function errorName(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

/**
 * The call's answer, tried again while the failure may pass, with full jitter. `attempt` counts from 1.
 * @throws what the call threw, once it is final, tries are used up, or the next would begin too late
 */
export async function withRetry<T>(plan: RetryPlan, call: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(attempt);
    } catch (thrown) {
      const waitMs = backoffMs(attempt, AWS_BACKOFF, plan.random);
      const isLast = attempt >= (plan.attempts ?? AWS_ATTEMPTS) || plan.clock.now() + waitMs >= plan.until;
      if (isLast || !isRetryable(thrown)) throw thrown;
      await plan.clock.sleep(waitMs);
    }
  }
}
