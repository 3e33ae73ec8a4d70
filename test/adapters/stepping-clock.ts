import type { Clock } from '../../functions/poller/ports.ts';

/** A clock whose sleep is over at once and moves it on: for what one caller at a time does over real sockets. */
export interface SteppingClock extends Clock {
  /** How long was slept, sleep by sleep, in milliseconds. */
  readonly waits: readonly number[];
  moveTo(instant: number): void;
}

export function createSteppingClock(start: number): SteppingClock {
  const waits: number[] = [];
  let now = start;
  return {
    waits,
    now: () => now,
    sleep: async (milliseconds) => {
      waits.push(milliseconds);
      now += Math.max(0, milliseconds);
    },
    moveTo: (instant) => {
      now = instant;
    },
  };
}

/** Chance that always falls in the middle: a jitter of half its bound. */
export const half = () => 0.5;

/** The next so many calls meet the fault, each after it none. */
export function times<T>(amount: number, fault: T, none: T): () => T {
  let left = amount;
  return () => {
    left -= 1;
    return left >= 0 ? fault : none;
  };
}
