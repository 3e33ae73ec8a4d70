import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EndRequest, RateLimiter } from '../../../functions/poller/adapters/hubspot/rate-limiter.ts';

const NOW = 1_000_000;
const WINDOW_MS = 10_000;
const QUARTER_MS = 900_000;
const SEED = 20261110;

/** The most of the instants that lie in any ten seconds. */
function mostInWindow(instants: readonly number[]): number {
  const sorted = instants.toSorted((a, b) => a - b);
  return sorted.reduce((most, first, index) => {
    const after = sorted.findIndex((instant) => instant >= first + WINDOW_MS);
    return Math.max(most, (after < 0 ? sorted.length : after) - index);
  }, 0);
}

interface Asked {
  /** Time since the one before asked. */
  readonly afterMs: number;
  readonly takesMs: number;
  /** When HubSpot counts it, as a share of its way. */
  readonly counted: number;
}

interface Going {
  readonly endsAt: number;
  readonly end: EndRequest;
}

/** Sends each request as soon as it may go, and gives when HubSpot counted each, in the order of their asking. */
function sendAll(limiter: RateLimiter, asked: readonly Asked[]): number[] {
  const counted: number[] = [];
  let going: Going[] = [];
  let now = NOW;
  const passTo = (instant: number) => {
    for (const { endsAt, end } of going
      .filter(({ endsAt }) => endsAt <= instant)
      .sort((a, b) => a.endsAt - b.endsAt))
      end(endsAt);
    going = going.filter(({ endsAt }) => endsAt > instant);
    now = instant;
  };
  for (const { afterMs, takesMs, counted: share } of asked) {
    passTo(now + afterMs);
    for (let at = limiter.nextAt(now); at > now; at = limiter.nextAt(now)) passTo(at);
    going.push({ endsAt: now + takesMs, end: limiter.take(now) });
    counted.push(now + takesMs * share);
  }
  return counted;
}

const anyAsked = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000 })),
    takesMs: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 30_000 })),
    counted: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 80 },
);

describe('the rate limiter', () => {
  test('lets HubSpot count no more than its limit in any ten seconds, however long the ways are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), anyAsked, (limit, asked) => {
        expect(mostInWindow(sendAll(new RateLimiter(limit), asked))).toBeLessThanOrEqual(limit);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  test('gives all of its limit where answers are fast', () => {
    const asked = Array.from({ length: 300 }, () => ({ afterMs: 0, takesMs: 0, counted: 0 }));
    const counted = sendAll(new RateLimiter(100), asked);
    expect(counted.at(-1)).toBe(NOW + 2 * WINDOW_MS);
  });

  test('does not save up what was not used', () => {
    const limiter = new RateLimiter(5);
    const burst = (at: number) =>
      Array.from({ length: 8 }, () => {
        const goes = limiter.nextAt(at) <= at;
        if (goes) limiter.take(at)(at);
        return goes;
      }).filter(Boolean).length;
    expect([burst(NOW), burst(NOW + 60_000), burst(NOW + 60_001)]).toEqual([5, 5, 0]);
  });

  test('keeps its promise over the runs of one process', () => {
    const limiter = new RateLimiter(3);
    const ends = [limiter.take(NOW), limiter.take(NOW), limiter.take(NOW)];
    for (const end of ends) end(NOW + 200);
    // The next run begins a second later, with nothing but the limiter in its hands.
    expect(limiter.nextAt(NOW + 1_000)).toBe(NOW + 10_200);
  });

  test('holds the slot of a request that is not answered', () => {
    const limiter = new RateLimiter(1);
    const end = limiter.take(NOW);
    expect(limiter.nextAt(NOW + 25_000)).toBeGreaterThan(NOW + 25_000);
    end(NOW + 30_000);
    expect(limiter.nextAt(NOW + 30_000)).toBe(NOW + 40_000);
  });

  test('is not held up by a clock that was set back', () => {
    const limiter = new RateLimiter(1);
    limiter.take(NOW)(NOW);
    expect(limiter.nextAt(NOW - 3_600_000)).toBe(NOW - 3_600_000 + WINDOW_MS);
  });

  test('pauses for everybody, and no shorter pause ends a longer one', () => {
    const limiter = new RateLimiter(90);
    limiter.pause(NOW + 5_000);
    limiter.pause(NOW + 2_000);
    expect(limiter.nextAt(NOW)).toBe(NOW + 5_000);
    expect(limiter.nextAt(NOW + 5_000)).toBe(NOW + 5_000);
  });
});

describe('a pause', () => {
  test('is as long as asked for, up to a quarter of an hour', () => {
    const limiter = new RateLimiter(90);
    limiter.pause(NOW + 86_400_000);
    expect(limiter.pauseMs(NOW)).toBe(QUARTER_MS);
    expect(limiter.pauseMs(NOW + QUARTER_MS - 1)).toBe(1);
    expect(limiter.nextAt(NOW + QUARTER_MS)).toBe(NOW + QUARTER_MS);
  });

  test('is no longer after the clock was set back', () => {
    const limiter = new RateLimiter(90);
    limiter.pause(NOW + 5_000);
    const yesterday = NOW - 86_400_000;
    expect(limiter.nextAt(yesterday)).toBe(yesterday + QUARTER_MS);
    expect(limiter.pauseMs(yesterday + QUARTER_MS)).toBe(0);
  });

  test('that is over holds nobody up', () => {
    const limiter = new RateLimiter(90);
    limiter.pause(NOW);
    expect([limiter.pauseMs(NOW + 1), limiter.nextAt(NOW + 1)]).toEqual([0, NOW + 1]);
  });
});

describe('HubSpot’s headers', () => {
  /** How many requests may go at once after an answer with these. */
  function roomAfter(max: number | undefined, remaining: number | undefined, intervalMs?: number): number {
    const limiter = new RateLimiter(90);
    limiter.take(NOW)(NOW, { max, remaining, intervalMs });
    let room = 1;
    while (limiter.nextAt(NOW) <= NOW) {
      limiter.take(NOW);
      room += 1;
    }
    return room;
  }

  test.each([
    ['a limit with room for all: as configured', 190, 189, 10_000, 90],
    ['a smaller account: nine tenths of its limit', 50, 49, 10_000, 45],
    ['others use most of it: what they leave', 100, 29, 10_000, 20],
    ['nothing is left: a tenth of what is configured', 100, 0, 10_000, 9],
    ['nothing is ever left, whatever was used', 100, 0, undefined, 9],
    ['another interval: scaled', 5, 4, 1_000, 45],
    ['no headers: as configured', undefined, undefined, undefined, 90],
    ['a limit alone: nine tenths of it', 80, undefined, undefined, 72],
    ['nonsense: as configured', 0, 0, 0, 90],
  ])('%s', (_what, max, remaining, intervalMs, room) => {
    expect(roomAfter(max, remaining, intervalMs)).toBe(room);
  });

  test('loosen the limit again once the others are quiet', () => {
    const limiter = new RateLimiter(10);
    limiter.take(NOW)(NOW, { max: 100, remaining: 0, intervalMs: 10_000 });
    expect(limiter.nextAt(NOW + 1)).toBe(NOW + WINDOW_MS);
    limiter.take(NOW + WINDOW_MS)(NOW + WINDOW_MS, { max: 100, remaining: 99, intervalMs: 10_000 });
    expect(limiter.nextAt(NOW + WINDOW_MS + 1)).toBe(NOW + WINDOW_MS + 1);
  });
});
