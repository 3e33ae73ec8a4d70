import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../functions/poller/adapters/backoff.ts';
import {
  type Backfill,
  type Checkpoint,
  startCheckpoint,
  startPass,
} from '../../functions/poller/core/checkpoint.ts';
import {
  countFailing,
  furthestBehind,
  lagSeconds,
  type PortalSnapshot,
  standingOf,
} from '../../functions/poller/core/lag.ts';
import { mostPublished, quantile, startTally } from '../../functions/poller/core/tally.ts';
import type { FailureCode } from '../../functions/poller/errors.ts';
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

const at = (stream: string, watermark: number, more: Partial<Checkpoint> = {}): Checkpoint => ({
  ...startCheckpoint(stream, watermark, 0),
  ...more,
});
const byStream = <T extends { readonly stream: string }>(rows: readonly T[]) =>
  new Map(rows.map((row) => [row.stream, row]));
const quarantine = { since: 0, retryAt: 1, reason: 'refused' };
const failed = { at: 0, code: 'x', message: 'y' };

/** A portal of these streams; one without a checkpoint starts at 40 s. */
function snapshotOf(
  names: readonly string[],
  stored: readonly Checkpoint[],
  backfills: readonly Backfill[] = [],
): PortalSnapshot {
  return {
    streams: names.map((name) => ({ name, query: {} })),
    checkpoints: byStream(stored),
    backfills: byStream(backfills),
    startsAt: 40_000,
  };
}

describe('lagSeconds', () => {
  const lagOf = (stored: readonly Checkpoint[], now = 100_000) =>
    lagSeconds(snapshotOf(['e_one', 'e_two'], stored), now);

  test('is that of the stream furthest behind', () => {
    expect(lagOf([at('e_one', 90_000), at('e_two', 70_000)])).toBe(30);
  });

  test('counts a stream with no checkpoint from where it will start', () => {
    expect(lagOf([at('e_one', 90_000)])).toBe(60);
  });

  test('leaves a quarantined stream out', () => {
    expect(lagOf([at('e_one', 90_000), at('e_two', 10_000, { quarantine })])).toBe(10);
  });

  test('leaves out what is stored of a stream that is none any more', () => {
    expect(lagOf([at('e_one', 90_000), at('e_two', 90_000), at('e_gone', 0)])).toBe(10);
  });

  test('is never negative, where a clock was set back', () => {
    expect(lagOf([at('e_one', 200_000), at('e_two', 200_000)])).toBe(0);
  });

  test('of no stream is none', () => {
    expect(lagSeconds(snapshotOf([], []), 100_000)).toBe(0);
  });
});

describe('standingOf', () => {
  test.each<[FailureCode | undefined, number]>([
    ['secret-missing', 0],
    ['secret-placeholder', 0],
    ['hubspot-unauthorized', 60],
    [undefined, 60],
  ])('after a run that ended with %s has a lag of %i s for a stream that was never stored', (code, lag) => {
    expect(standingOf(snapshotOf(['e_new'], []), 100_000, code)).toEqual({
      lagSeconds: lag,
      streamsFailing: 0,
      streams: 1,
    });
  });
});

describe('countFailing', () => {
  test('counts a stream once whose poll, sweep or backfill failed, or that is set aside', () => {
    const stored = [
      at('e_poll', 0, { lastError: failed }),
      at('e_sweep', 0, { sweepError: failed }),
      at('e_aside', 0, { quarantine, lastError: failed }),
      at('e_past', 0),
      at('e_well', 0),
      at('e_gone', 0, { lastError: failed }),
    ];
    const counts = { id: 'b', republish: false, eventsPublished: 0, requests: 0 };
    const backfill: Backfill = { stream: 'e_past', ...startPass(0, 1, 0), ...counts, lastError: failed };
    const names = ['e_poll', 'e_sweep', 'e_aside', 'e_past', 'e_well', 'e_none'];
    expect(countFailing(snapshotOf(names, stored, [backfill]))).toBe(4);
  });
});

describe('a run’s line', () => {
  test('names the three streams furthest behind, the furthest first, and none that is set aside', () => {
    const names = ['e_1', 'e_2', 'e_3', 'e_4', 'e_5'];
    const stored = names.map((name, index) => at(name, 10_000 * index, index === 0 ? { quarantine } : {}));
    expect(furthestBehind(snapshotOf(names, stored), 50_000)).toEqual([
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
