import { setImmediate as drainMicrotasks } from 'node:timers/promises';
import type { Clock } from '../../functions/poller/ports.ts';

/** Time that passes only when everything waits for it: hours of a run's sleep take no time at all. */
export interface VirtualTime {
  /** The instant now, in milliseconds since the epoch. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** Lets time pass until the promise settles. @throws where nothing waits for time any more and it never will */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Moves on to an instant, letting everything happen that is due before it. */
  moveTo(instant: number): Promise<void>;
  /** A clock that is so far ahead of this time (negative: behind it). */
  clock(aheadMs?: number): Clock;
}

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** Timers wake in the order of their instants, those of one instant in the order in which they were set. */
export function createVirtualTime(start: number): VirtualTime {
  const timers: Timer[] = [];
  let now = start;

  function setTimer(at: number, wake: () => void): void {
    let place = timers.length;
    while (place > 0 && (timers[place - 1]?.at ?? 0) > at) place -= 1;
    timers.splice(place, 0, { at, wake });
  }

  function sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => setTimer(now + Math.max(0, Math.ceil(milliseconds)), wake));
  }

  function wakeFirst(): boolean {
    const first = timers.shift();
    if (first === undefined) return false;
    now = Math.max(now, first.at);
    first.wake();
    return true;
  }

  return {
    now: () => now,
    sleep,
    async until(promise) {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      promise.then(settle, settle);
      for (;;) {
        await drainMicrotasks();
        if (isSettled) return promise;
        if (!wakeFirst())
          throw new Error('Waiting in virtual time: something must be due, found nothing that waits.');
      }
    },
    async moveTo(instant) {
      for (;;) {
        await drainMicrotasks();
        const [first] = timers;
        if (first === undefined || first.at > instant) break;
        wakeFirst();
      }
      now = Math.max(now, instant);
    },
    clock: (aheadMs = 0) => ({ now: () => now + aheadMs, sleep }),
  };
}
