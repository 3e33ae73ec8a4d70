import { describe, expect, test } from 'vitest';
import {
  learnPageSize,
  PAGE_BYTES,
  type PageLimit,
  type PageSize,
  sizeToAsk,
} from '../../../functions/poller/core/reading/page-size.ts';
import type { PageAnswer } from '../../../functions/poller/core/reading/paging.ts';
import { HOUR, NOON, SECOND } from '../../support/rig.ts';

const DAY = 24 * HOUR;
const FRESH: PageSize = { most: 1_000, pageLimit: undefined, bytesPerEntry: undefined };

interface Learned {
  readonly reduced?: PageAnswer['reduced'];
  readonly entries?: number;
  readonly bytes?: number;
  readonly tookMs?: number;
  readonly at?: number;
}

/** Asks as it is known, and learns from an answer whose pages end up with so many. */
function learn(size: PageSize, limit: number, learned: Learned = {}): PageSize {
  const { reduced, entries = limit, bytes = 300 * entries, tookMs = SECOND, at = NOON } = learned;
  const answer = { entries: Array(entries).fill({}), cursor: undefined, limit, reduced, bytes, tookMs };
  return learnPageSize(size, sizeToAsk(size, at).limit, answer, at);
}
const limitOf = (size: PageSize, at = NOON) => sizeToAsk(size, at).limit;
const withLimit = (pageLimit: PageLimit): PageSize => ({ ...FRESH, pageLimit });

describe('a page size that HubSpot refuses', () => {
  const once = learn(FRESH, 100, { reduced: 'refused' });
  const twice = learn(once, 100, { reduced: 'refused' });

  test('once is asked for again: it may be a stray refusal', () => {
    expect(limitOf(once)).toBe(1_000);
  });

  test('once and then not is forgotten', () => {
    const passed = learn(once, 1_000);
    expect(passed.pageLimit).toBeUndefined();
    expect(limitOf(learn(passed, 100, { reduced: 'refused' }))).toBe(1_000);
  });

  test('twice is not asked for again within a day, whatever smaller pages do', () => {
    const later = learn(twice, 100, { at: NOON + HOUR });
    expect([limitOf(twice), limitOf(later, NOON + DAY - 1)]).toEqual([100, 100]);
  });

  test('twice is asked for again a day later, and one refusal more is enough for another', () => {
    expect(limitOf(twice, NOON + DAY)).toBe(1_000);
    const again = learn(twice, 100, { reduced: 'refused', at: NOON + DAY });
    expect([limitOf(again, NOON + DAY), limitOf(again, NOON + 2 * DAY)]).toEqual([100, 1_000]);
  });

  test('twice and no more a day later is as configured', () => {
    expect(learn(twice, 1_000, { at: NOON + DAY }).pageLimit).toBeUndefined();
  });

  test('is another question where another size is configured', () => {
    const anew = { ...twice, most: 500 };
    expect(limitOf(anew)).toBe(500);
    expect(limitOf(learn(anew, 100, { reduced: 'refused' }))).toBe(500);
  });

  test('by a clock that ran ahead is asked for again', () => {
    expect(limitOf(twice, NOON - 1)).toBe(1_000);
  });
});

describe.each(['slow', 'large'] as const)('a page that is %s', (reason) => {
  const smaller = learn(FRESH, 250, { reduced: reason });

  test('makes the next ones as small as the one that worked', () => {
    expect(smaller.pageLimit).toMatchObject({ limit: 250, reason, asked: 1_000, at: NOON });
    expect(limitOf(smaller, NOON + 10 * DAY)).toBe(250);
  });

  test('lets them grow again, two times with each quick one, up to the configured size', () => {
    const grown = learn(smaller, 250);
    const whole = learn(grown, 500);
    expect([limitOf(grown), limitOf(whole), whole.pageLimit]).toEqual([500, 1_000, undefined]);
  });

  test.each([
    [8 * SECOND, 500],
    [8 * SECOND + 1, 250],
  ])('lets them grow after %i ms to %i', (tookMs, limit) => {
    expect(limitOf(learn(smaller, 250, { tookMs }))).toBe(limit);
  });

  test('does not let them grow by a page that is not full: it is quick however slow larger ones are', () => {
    expect([
      limitOf(learn(smaller, 250, { entries: 0 })),
      limitOf(learn(smaller, 250, { entries: 249 })),
    ]).toEqual([250, 250]);
  });

  test('lets them grow by a page that HubSpot cut shorter, and that leads on', () => {
    const capped = { entries: Array(100).fill({}), cursor: 'next', limit: 250, reduced: undefined };
    expect(limitOf(learnPageSize(smaller, 250, { ...capped, bytes: 30_000, tookMs: SECOND }, NOON))).toBe(
      500,
    );
  });

  test('does not let them grow by a page that was smaller for its bytes', () => {
    expect(limitOf(learn(smaller, 100))).toBe(250);
  });

  test('never makes them larger than configured', () => {
    const pageLimit = { limit: 250, reason, asked: 1_000, at: NOON };
    expect(limitOf({ ...withLimit(pageLimit), most: 100 })).toBe(100);
  });
});

describe('a page’s bytes', () => {
  const withBytes = (bytesPerEntry: number) =>
    learn(FRESH, 1_000, { entries: 10, bytes: 10 * bytesPerEntry });

  test('are as many as a page may have before the first one, which is as large as configured', () => {
    expect(sizeToAsk(FRESH, NOON)).toEqual({ limit: 1_000, maxBytes: PAGE_BYTES });
  });

  test('are half as many more as the entries of the last one let expect', () => {
    expect(sizeToAsk(withBytes(300), NOON)).toEqual({ limit: 1_000, maxBytes: 450_000 });
  });

  test('are never taken for fewer than 128 KiB', () => {
    expect(sizeToAsk(withBytes(1), NOON)).toEqual({ limit: 1_000, maxBytes: 131_072 });
  });

  test('make pages of large entries small, and large again where entries are small again', () => {
    const large = withBytes(PAGE_BYTES / 40);
    expect(sizeToAsk(large, NOON)).toEqual({ limit: 40, maxBytes: PAGE_BYTES });
    expect(limitOf(learn(large, 40))).toBe(1_000);
  });

  test('leave one entry where one is larger than a page may be', () => {
    expect(sizeToAsk(withBytes(2 * PAGE_BYTES), NOON)).toEqual({ limit: 1, maxBytes: PAGE_BYTES });
  });

  test('of a page without an entry tell nothing', () => {
    const before = withBytes(300);
    expect(learn(before, 1_000, { entries: 0, bytes: 14 }).bytesPerEntry).toBe(300);
  });
});
