import { expect, test } from 'vitest';
import { HashSet } from '../../functions/poller/core/ledger/hash-set.ts';
import { LedgerCache } from '../../functions/poller/publish/ledger-cache.ts';

/** A bucket takes the bytes of its hashes, and 400. */
const BUCKET_BYTES = new HashSet().bytes + 400;

/** A cache with room for so many buckets, and these in it. */
function cacheOf(keys: readonly string[], room: number): LedgerCache {
  const cache = new LedgerCache(room * BUCKET_BYTES);
  for (const key of keys) cache.set(key, new HashSet());
  return cache;
}

const keysIn = (cache: LedgerCache, keys: readonly string[]) =>
  keys.filter((key) => cache.get(key) !== undefined);

test('the ledger’s cache keeps all that there is memory for', () => {
  const cache = cacheOf(['a', 'b', 'c'], 3);
  cache.trim();
  expect(keysIn(cache, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c']);
});

test('the ledger’s cache keeps what was used last', () => {
  const cache = cacheOf(['a', 'b', 'c', 'd'], 2);
  cache.get('a');
  cache.set('b', new HashSet());
  cache.trim();
  expect(keysIn(cache, ['a', 'b', 'c', 'd'])).toEqual(['a', 'b']);
});

test('the ledger’s cache forgets the buckets of one portal alone', () => {
  const cache = cacheOf(['main/x', 'main/y', 'mainland/x', 'other/main/x'], 4);
  cache.forget('main/');
  expect(keysIn(cache, ['main/x', 'main/y', 'mainland/x', 'other/main/x'])).toEqual([
    'mainland/x',
    'other/main/x',
  ]);
});
