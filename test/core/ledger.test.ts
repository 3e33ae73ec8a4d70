import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PageEntry, parseEntry } from '../../functions/poller/core/event.ts';
import {
  bucketOf,
  HASH_BYTES,
  LEDGER_BUCKET_MS,
  ledgerKeyOf,
  packRecords,
  UNDATED_BUCKET,
} from '../../functions/poller/core/ledger.ts';
import '../support/seeded-properties.ts';

const NOON = Date.UTC(2026, 10, 10, 12);

function event(id: string, eventType: string, occurredAt = NOON): PageEntry {
  return parseEntry({ id, eventType, occurredAt });
}

describe('ledgerKeyOf', () => {
  test('tells equal ids of two event types apart', () => {
    expect(ledgerKeyOf(event('1', 'e_one'))).not.toEqual(ledgerKeyOf(event('1', 'e_two')));
  });

  test('is the same for the same event, whatever else it holds', () => {
    const changed = parseEntry({ id: '1', eventType: 'e_one', occurredAt: NOON, properties: { a: 'b' } });
    expect(ledgerKeyOf(changed)).toEqual(ledgerKeyOf(event('1', 'e_one')));
  });

  test('knows what has no id by its whole text', () => {
    const keyOf = (entry: unknown) => ledgerKeyOf(parseEntry(entry)).hash;
    const [one, again, other] = [keyOf([1]), keyOf([1]), keyOf([2])];
    expect([again === one, other === one]).toEqual([true, false]);
  });

  test('has a hash of 16 bytes as 16 characters', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (id) => {
        const { hash } = ledgerKeyOf(event(id, 'e_one'));
        return hash.length === HASH_BYTES && Buffer.from(hash, 'latin1').length === HASH_BYTES;
      }),
    );
  });
});

describe('bucketOf', () => {
  test('is the start of the ten minutes that hold the instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (instant) => {
        const start = Date.parse(bucketOf(instant));
        return start <= instant && instant < start + LEDGER_BUCKET_MS;
      }),
    );
  });

  test('sorts as time does, with what has no time at the end', () => {
    const buckets = [bucketOf(undefined), bucketOf(NOON), bucketOf(NOON - LEDGER_BUCKET_MS)];
    expect(buckets.toSorted()).toEqual([
      '2026-11-10T11:50:00.000Z',
      '2026-11-10T12:00:00.000Z',
      UNDATED_BUCKET,
    ]);
  });
});

describe('packRecords', () => {
  test('has every hash once, under its bucket, one record a bucket', () => {
    const keys = fc.array(fc.record({ bucket: fc.constantFrom('a', 'b', 'c'), hash: fc.string() }));
    fc.assert(
      fc.property(keys, (all) => {
        const records = packRecords(all);
        const unpacked = records.flatMap(({ bucket, hashes }) => hashes.map((hash) => ({ bucket, hash })));
        const sort = (found: typeof all) =>
          found.toSorted((a, b) => (a.bucket < b.bucket ? -1 : a.bucket > b.bucket ? 1 : 0));
        expect(unpacked).toEqual(sort(all));
        expect(new Set(records.map(({ bucket }) => bucket)).size).toBe(records.length);
      }),
    );
  });
});
