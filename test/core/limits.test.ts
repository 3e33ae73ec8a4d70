import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../functions/poller/adapters/backoff.ts';
import { type Checkpoint, startCheckpoint } from '../../functions/poller/core/checkpoint.ts';
import { countFailing, furthestBehind, lagSeconds } from '../../functions/poller/core/lag.ts';
import { planRunTime } from '../../functions/poller/core/run-time.ts';
import { mostPublished, quantile, startTally } from '../../functions/poller/core/tally.ts';
import '../support/seeded-properties.ts';

describe('backoffMs', () => {
  const limits = { baseMs: 100, capMs: 5_000 };

  test('is never longer than its cap, however many tries there were', () => {
    const attempts = fc.integer({ min: 1, max: 2_000 });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(attempts, random, (attempt, drawn) => {
        const waitMs = backoffMs(attempt, limits, () => drawn);
        return waitMs >= 0 && waitMs <= 5_000;
      }),
    );
  });

  test('has a bound that doubles', () => {
    expect([1, 2, 3, 10].map((attempt) => backoffMs(attempt, limits, () => 0.999_999))).toEqual([
      99, 199, 399, 4_999,
    ]);
  });
});

describe('planRunTime', () => {
  test('has its parts in their order, all before the deadline, whatever time there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900_000 }), (remainingMs) => {
        const time = planRunTime(1_000, remainingMs);
        const parts = [time.startedAt, time.readUntil, time.publishUntil, time.commitUntil, time.deadlineAt];
        expect(parts).toEqual(parts.toSorted((a, b) => a - b));
        expect(time.deadlineAt).toBe(1_000 + remainingMs);
      }),
    );
  });

  test('leaves five seconds for publishing, commit and report', () => {
    const { readUntil, deadlineAt } = planRunTime(0, 120_000);
    expect(deadlineAt - readUntil).toBe(5_000);
  });
});

describe('lagSeconds', () => {
  const streams = [
    { name: 'e_one', query: {} },
    { name: 'e_two', query: {} },
  ];
  const lagOf = (stored: readonly Checkpoint[], now = 100_000) =>
    lagSeconds(streams, new Map(stored.map((found) => [found.stream, found])), 40_000, now);
  const at = (stream: string, watermark: number, more: Partial<Checkpoint> = {}) => ({
    ...startCheckpoint(stream, watermark, 0),
    ...more,
  });
  const quarantine = { since: 0, retryAt: 1, reason: 'refused' };

  test('is that of the stream furthest behind', () => {
    expect(lagOf([at('e_one', 90_000), at('e_two', 70_000)])).toBe(30);
  });

  test('counts a stream with no checkpoint from where it will start', () => {
    expect(lagOf([at('e_one', 90_000)])).toBe(60);
  });

  test('leaves a quarantined stream out', () => {
    expect(lagOf([at('e_one', 90_000), at('e_two', 10_000, { quarantine })])).toBe(10);
  });

  test('is never negative, where a clock was set back', () => {
    expect(lagOf([at('e_one', 200_000), at('e_two', 200_000)])).toBe(0);
  });

  test('counts failing and quarantined streams', () => {
    const lastError = { at: 0, code: 'x', message: 'y' };
    const stored = [at('e_one', 0, { lastError }), at('e_two', 0, { quarantine })];
    expect(countFailing(streams, new Map(stored.map((found) => [found.stream, found])))).toBe(2);
  });
});

describe('a run’s line', () => {
  test('names the three streams furthest behind, the furthest first, and none that is set aside', () => {
    const names = ['e_1', 'e_2', 'e_3', 'e_4', 'e_5'];
    const streams = names.map((name) => ({ name, query: {} }));
    const stored = names.map((name, index) => startCheckpoint(name, 10_000 * index, 0));
    const checkpoints = new Map<string, Checkpoint>(stored.map((found) => [found.stream, found]));
    checkpoints.set('e_1', {
      ...startCheckpoint('e_1', 0, 0),
      quarantine: { since: 0, retryAt: 1, reason: 'refused' },
    });
    expect(furthestBehind(streams, checkpoints, 50_000)).toEqual([
      { stream: 'e_2', lagSeconds: 40 },
      { stream: 'e_3', lagSeconds: 30 },
      { stream: 'e_4', lagSeconds: 20 },
    ]);
  });

  test('names the event types that most events were published of, and nothing where none was', () => {
    const tally = startTally();
    expect(mostPublished(tally)).toBeUndefined();
    for (let index = 1; index <= 30; index += 1) tally.publishedByType.set(`e_${index}`, index);
    const named = mostPublished(tally) ?? [];
    expect([named.length, named[0]]).toEqual([20, { eventType: 'e_30', events: 30 }]);
  });
});

describe('quantile', () => {
  test.each([
    [0, 1],
    [0.5, 3],
    [0.9, 5],
    [1, 5],
  ])('at %d of five numbers is %d', (fraction, expected) => {
    expect(quantile([5, 1, 4, 2, 3], fraction)).toBe(expected);
  });

  test('of nothing is nothing', () => {
    expect(quantile([], 0.5)).toBeUndefined();
  });
});
