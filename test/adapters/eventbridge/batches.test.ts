import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packBatches } from '../../../functions/poller/adapters/eventbridge/batches.ts';
import '../../support/seeded-properties.ts';

const MAX_BYTES = 1_000;

function entryOf(bytes: number) {
  return { source: '', detailType: '', time: 0, resources: [], detail: '', bytes };
}

const sizes = fc.array(fc.integer({ min: 1, max: 1_500 }), { maxLength: 60 });
const packed = (bytes: readonly number[]) => packBatches(bytes.map(entryOf), MAX_BYTES);

describe('packBatches', () => {
  test('has every entry once, in order', () => {
    fc.assert(
      fc.property(sizes, (bytes) => {
        expect(packed(bytes).flat()).toEqual(bytes.map((_, at) => at));
      }),
    );
  });

  test('never has more than ten entries in a batch, nor an empty batch', () => {
    fc.assert(
      fc.property(sizes, (bytes) => packed(bytes).every(({ length }) => length >= 1 && length <= 10)),
    );
  });

  test('never passes the byte limit, but for one entry that passes it alone', () => {
    fc.assert(
      fc.property(sizes, (bytes) =>
        packed(bytes).every((batch) => {
          const total = batch.reduce((sum, at) => sum + (bytes[at] ?? 0), 0);
          return total <= MAX_BYTES || batch.length === 1;
        }),
      ),
    );
  });

  test('fills a batch before it starts the next', () => {
    expect(packed(Array.from({ length: 25 }, () => 1)).map(({ length }) => length)).toEqual([10, 10, 5]);
  });
});
