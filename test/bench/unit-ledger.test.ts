import { describe, expect, test } from 'vitest';
import { createUnitLedger, type PackedRows, startUnitCount } from './lab/unit-ledger.ts';

const TEN_MINUTES = '2026-11-10T12:00:00.000Z';
const MINUTE = 'm#2026-11-10T12:03';

const hashesOf = (amount: number) =>
  Array.from({ length: amount }, (_, index) => String(index).padStart(16, '0'));

/** Writes rows of so many hashes each into a bucket; gives the units of that and of reading it. */
async function unitsOf(bucket: string, rowsOf: readonly number[], from = bucket, to = bucket) {
  const [rows, units]: [PackedRows, ReturnType<typeof startUnitCount>] = [new Map(), startUnitCount()];
  const ledger = createUnitLedger(rows, units, async () => undefined);
  for (const amount of rowsOf) await ledger.append('main', 'e_a', [{ bucket, hashes: hashesOf(amount) }], 0);
  let found = 0;
  for await (const { hashes } of ledger.read('main', 'e_a', from, to)) found += hashes.length;
  return { ...units, found };
}

describe('the counting ledger', () => {
  test.each<[string, readonly number[], object]>([
    ['a query of nothing takes one read unit', [], { readUnits: 1, queries: 1, found: 0 }],
    ['four kilobytes take one', [249], { readUnits: 1, writeUnits: 4, found: 249 }],
    ['more takes two', [250], { readUnits: 2, writeUnits: 5, found: 250 }],
    ['small rows count together', [10, 10, 10], { readUnits: 1, writeUnits: 3, found: 30 }],
    // 1,114 rows of 942 bytes: the first megabyte, and the last row in a query of its own.
    [
      'more than a megabyte takes two queries',
      Array.from({ length: 1_114 }, () => 52),
      { queries: 2, readUnits: 257, found: 1_114 * 52 },
    ],
  ])('%s', async (_what, rowsOf, units) => {
    expect(await unitsOf(TEN_MINUTES, rowsOf)).toMatchObject(units);
  });

  test('keeps the rows of bursts apart from those of ten minutes: each is a query of its own', async () => {
    expect(await unitsOf(MINUTE, [120])).toMatchObject({ found: 120 });
    expect(await unitsOf(MINUTE, [120], TEN_MINUTES, TEN_MINUTES)).toMatchObject({ found: 0, readUnits: 1 });
  });
});
