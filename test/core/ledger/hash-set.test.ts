import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HashSet } from '../../../functions/poller/core/ledger/hash-set.ts';
import { HASH_BYTES, ledgerKeyOf } from '../../../functions/poller/core/ledger/ledger.ts';
import { entryAt } from '../reading/scripted-run.ts';
import '../../support/seeded-properties.ts';

/** Any 16 bytes but all zeros; many of them alike in their first ones, so that they want the same place. */
const hashes = fc
  .tuple(
    fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), { minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: HASH_BYTES - 4, maxLength: HASH_BYTES - 4 }),
  )
  .map((parts) => Buffer.from(parts.flatMap((part) => [...part])).toString('latin1'))
  .filter((hash) => hash !== '\0'.repeat(HASH_BYTES));

describe('a set of hashes', () => {
  test('has what was added, and nothing else, as a Set of strings has', () => {
    fc.assert(
      fc.property(
        fc.array(hashes, { maxLength: 200, size: 'max' }),
        fc.array(hashes, { maxLength: 50, size: 'max' }),
        (added, others) => {
          const [set, expected] = [new HashSet(), new Set<string>()];
          for (const hash of [...added, ...added.slice(0, 20)]) {
            set.add(hash);
            expected.add(hash);
          }
          expect(set.size).toBe(expected.size);
          const all = [...added, ...others];
          expect(all.map((hash) => set.has(hash))).toEqual(all.map((hash) => expected.has(hash)));
        },
      ),
      { numRuns: 200 },
    );
  });

  test.each(Array.from({ length: HASH_BYTES }, (_, at) => at))(
    'tells two hashes apart that differ in byte %i alone',
    (at) => {
      const hash = 'x'.repeat(HASH_BYTES);
      const set = new HashSet();
      set.add(`${hash.slice(0, at)}y${hash.slice(at + 1)}`);
      expect(set.has(hash)).toBe(false);
    },
  );

  test('keeps hashes that are almost all zeros when it grows', () => {
    const set = new HashSet();
    const added = Array.from({ length: HASH_BYTES }, (_, at) =>
      ['\x01', '\x02', '\x80'].map((byte) => `${'\0'.repeat(at)}${byte}${'\0'.repeat(HASH_BYTES - 1 - at)}`),
    ).flat();
    for (const hash of added) set.add(hash);
    for (const hash of added) set.add(hash);
    expect([set.size, added.every((hash) => set.has(hash))]).toEqual([added.length, true]);
  });

  test('grows with what is in it: 22 to 43 bytes each', () => {
    const set = new HashSet();
    const keys = Array.from({ length: 5_000 }, (_, index) => ledgerKeyOf(entryAt(0, `id-${index}`)).hash);
    const bytesEach = keys.map((hash) => {
      set.add(hash);
      return set.bytes / set.size;
    });
    const later = bytesEach.slice(20);
    expect([Math.min(...later) > 21, Math.max(...later) < 43]).toEqual([true, true]);
    expect([set.size, keys.every((hash) => set.has(hash))]).toEqual([5_000, true]);
  });
});
