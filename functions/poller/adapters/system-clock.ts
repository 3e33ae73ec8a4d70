import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

/**
 * The machine's clock for one run: it starts at the time of day and goes on evenly, so that a clock that is set while
 * the run lasts neither makes it longer nor turns a window round.
 */
export function startClock(): Clock {
  const startedAt = Date.now();
  const origin = performance.now();
  return {
    now: () => startedAt + Math.floor(performance.now() - origin),
    sleep: (milliseconds) => sleep(milliseconds),
  };
}
