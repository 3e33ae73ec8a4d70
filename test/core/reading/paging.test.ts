import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEntry } from '../../../functions/poller/core/event/event.ts';
import { type Chain, followPage, startChain } from '../../../functions/poller/core/reading/paging.ts';
import '../../support/seeded-properties.ts';

const page = (...instants: readonly number[]) =>
  instants.map((occurredAt) => parseEntry({ id: `at-${occurredAt}`, eventType: 'e_one', occurredAt }));

/** Follows pages whose cursors are new each. */
function follow(...pages: readonly (readonly number[])[]): Chain {
  return pages.reduce(
    (chain, instants, index) => followPage(chain, page(...instants), `cursor ${index}`),
    startChain(undefined),
  );
}

describe('followPage', () => {
  test('remembers the latest time of ascending pages', () => {
    expect(follow([1, 2], [2, 5])).toMatchObject({ lastAt: 5, isAscending: true });
  });

  test('notices an entry that lies before the one before it, within a page or across pages', () => {
    expect([follow([2, 1]).isAscending, follow([1, 5], [4, 6]).isAscending]).toEqual([false, false]);
  });

  test('does not take ascending again what was not', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(100)), { maxLength: 6 }), (pages) => {
        const all = pages.flat();
        const sorted = all.every((instant, index) => index === 0 || instant >= (all[index - 1] ?? 0));
        const unique = pages.map((instants, index) => instants.map((instant) => instant + index / 1_000));
        expect(follow(...unique).isAscending || !sorted).toBe(true);
        if (!sorted) expect(follow(...pages.map((instants) => instants.slice())).isAscending).toBe(false);
      }),
      { examples: [[[[2], [1], [3]]]] },
    );
  });

  test('throws where a cursor was there before', () => {
    const chain = followPage(startChain(undefined), page(1), 'again');
    expect(() => followPage(chain, page(2), 'again')).toThrow(/cursor must be a new one/);
  });

  test('throws where a cursor is the one that was asked with', () => {
    expect(() => followPage(startChain('asked'), page(1), 'asked')).toThrow(/cursor must be a new one/);
  });

  test('throws where a cursor comes again many pages later', () => {
    const chain = follow([1], [2], [3]);
    expect(() => followPage(chain, page(4), 'cursor 0')).toThrow(/cursor must be a new one/);
  });

  test.each([
    ['pages that hold the same', Array.from({ length: 300 }, () => [1, 2])],
    ['pages of one instant', Array.from({ length: 300 }, () => [1, 1])],
    ['pages without an entry', Array.from({ length: 300 }, () => [])],
  ])('goes on over %s: only a cursor tells where a chain leads', (_what, pages) => {
    expect(follow(...pages)).toMatchObject({ cursor: 'cursor 299', isStarted: true });
  });

  test('has no cursor at the end', () => {
    expect(followPage(follow([1]), page(2), undefined)).toMatchObject({ cursor: undefined, lastAt: 2 });
  });
});
