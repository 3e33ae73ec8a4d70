import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PageEntry, parseEntry } from '../../../functions/poller/core/event/event.ts';
import {
  bucketsOf,
  HASH_BYTES,
  type LedgerKey,
  ledgerExpiresAt,
  ledgerKeyOf,
  packRecords,
  rangesOf,
  UNDATED_BUCKET,
} from '../../../functions/poller/core/ledger/ledger.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../support/rig.ts';
import '../../support/seeded-properties.ts';

/** So many of one minute are a burst. */
const BURST = 120;

function event(id: string, eventType: string, occurredAt = NOON): PageEntry {
  return parseEntry({ id, eventType, occurredAt });
}

/** So many keys of one instant, each with a hash of its own. */
function keysAt(occurredAt: number | undefined, amount: number, prefix = ''): LedgerKey[] {
  return Array.from({ length: amount }, (_, index) => ({ occurredAt, hash: `${prefix}${index}` }));
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

describe('bucketsOf', () => {
  test.each([
    [NOON, ['2026-11-10T12:00:00.000Z', 'm#2026-11-10T12:00']],
    [NOON + 10 * MINUTE - 1, ['2026-11-10T12:00:00.000Z', 'm#2026-11-10T12:09']],
    [NOON + 10 * MINUTE, ['2026-11-10T12:10:00.000Z', 'm#2026-11-10T12:10']],
    [undefined, [UNDATED_BUCKET]],
  ])('of %j are those of its ten minutes and of its minute', (occurredAt, buckets) => {
    expect(bucketsOf(occurredAt)).toEqual(buckets);
  });
});

describe('packRecords', () => {
  const packed = (...keys: readonly LedgerKey[]) =>
    packRecords(keys).map(({ bucket, hashes }) => [bucket, hashes.length]);

  test('puts the few events of a commit into one row for ten minutes', () => {
    expect(packed(...keysAt(NOON, BURST - 1), ...keysAt(NOON + 9 * MINUTE, BURST - 1))).toEqual([
      ['2026-11-10T12:00:00.000Z', 2 * (BURST - 1)],
    ]);
  });

  test('puts a burst into a row of its minute, and the few beside it into that of ten', () => {
    const keys = [...keysAt(NOON + 3 * MINUTE, BURST), ...keysAt(NOON + 3 * MINUTE - 1, 5)];
    expect(packed(...keys)).toEqual([
      ['2026-11-10T12:00:00.000Z', 5],
      ['m#2026-11-10T12:03', BURST],
    ]);
  });

  test('counts a minute from its first second to its last', () => {
    const half = BURST / 2;
    const within = [...keysAt(NOON, half), ...keysAt(NOON + 59 * SECOND, half, 'later-')];
    const across = [...keysAt(NOON + 59 * SECOND, half), ...keysAt(NOON + 60 * SECOND, half, 'later-')];
    expect([packed(...within), packed(...across)]).toEqual([
      [['m#2026-11-10T12:00', BURST]],
      [['2026-11-10T12:00:00.000Z', BURST]],
    ]);
  });

  test('keeps what has no time by itself, however many there are', () => {
    expect(packed(...keysAt(undefined, 2 * BURST))).toEqual([[UNDATED_BUCKET, 2 * BURST]]);
  });

  const anyTime = fc.oneof(fc.constant(undefined), fc.integer({ min: NOON, max: NOON + HOUR / 2 }));
  const anyKeys = fc
    .array(fc.tuple(anyTime, fc.integer({ min: 1, max: 2 * BURST })), { maxLength: 8 })
    .map((groups) => groups.flatMap(([at, amount], index) => keysAt(at, amount, `${index}-`)));

  test('has every hash once, where a reader looks for it, one record a bucket, in their order', () => {
    fc.assert(
      fc.property(anyKeys, (keys) => {
        const records = packRecords(keys);
        const bucketOf = new Map(records.flatMap(({ bucket, hashes }) => hashes.map((at) => [at, bucket])));
        expect(records.reduce((sum, { hashes }) => sum + hashes.length, 0)).toBe(keys.length);
        const isFound = ({ occurredAt, hash }: LedgerKey) =>
          bucketsOf(occurredAt).includes(bucketOf.get(hash) ?? '');
        expect(keys.every(isFound)).toBe(true);
        const buckets = records.map(({ bucket }) => bucket);
        expect(buckets).toEqual([...new Set(buckets)].sort());
      }),
      { numRuns: 50 },
    );
  });
});

describe('rangesOf', () => {
  test('are one for each kind of bucket, from its first to its last', () => {
    const buckets = [NOON + 25 * MINUTE, NOON, NOON + 11 * MINUTE].flatMap(bucketsOf);
    expect(rangesOf([UNDATED_BUCKET, ...buckets])).toEqual([
      { from: '2026-11-10T12:00:00.000Z', to: '2026-11-10T12:20:00.000Z' },
      { from: 'm#2026-11-10T12:00', to: 'm#2026-11-10T12:25' },
      { from: UNDATED_BUCKET, to: UNDATED_BUCKET },
    ]);
  });

  test('are none where nothing is needed', () => {
    expect(rangesOf([])).toEqual([]);
  });

  test('hold every bucket that is asked for, each in one of them', () => {
    const anyTime = fc.option(fc.integer({ min: 0, max: 4_102_444_800_000 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(anyTime), (times) => {
        const buckets = times.flatMap(bucketsOf);
        const ranges = rangesOf(buckets);
        return buckets.every(
          (bucket) => ranges.filter(({ from, to }) => bucket >= from && bucket <= to).length === 1,
        );
      }),
    );
  });
});

test('the ledger remembers 30 days beyond what a sweep looks back to', () => {
  expect(ledgerExpiresAt(NOON, 24)).toBe(NOON + 31 * 24 * HOUR);
});
