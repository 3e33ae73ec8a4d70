import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLedger, type LedgerRow } from '../../../functions/poller/adapters/dynamodb/ledger.ts';
import {
  bucketsOf,
  HASH_BYTES,
  type LedgerRecord,
  packRecords,
  rangesOf,
  UNDATED_BUCKET,
} from '../../../functions/poller/core/ledger/ledger.ts';
import { failWith } from '../../../infra/local/aws/fault.ts';
import { collect, createDynamoDbRig, type DynamoDbRig, NOON } from './dynamodb-rig.ts';

let rig: DynamoDbRig;
let ledgers = 0;
let name = '';

beforeAll(async () => {
  rig = await createDynamoDbRig();
});
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(() => {
  ledgers += 1;
  name = `e_type_${ledgers}`;
  rig.clock.moveTo(NOON);
  rig.watch();
});

const BUCKETS = ['2026-11-10T11:50:00.000Z', '2026-11-10T12:00:00.000Z', '2026-11-10T12:10:00.000Z'] as const;
const [BEFORE, AT, AFTER] = BUCKETS;
const EXPIRES = NOON + 86_400_500;

const hashOf = (number: number) => String(number).padStart(HASH_BYTES, '0');
const append = (records: readonly LedgerRecord[], run = 'run', ledgerName = name) =>
  rig.ledger(run).append('main', ledgerName, records, EXPIRES);
const read = (from: string, to: string, ledgerName = name) =>
  collect(rig.ledger('reader').read('main', ledgerName, from, to));
const hashes = (records: readonly LedgerRecord[]) => records.flatMap((record) => record.hashes).sort();

describe('the ledger', () => {
  test('gives back any hashes, bucket by bucket, whatever bytes they hold', async () => {
    const bytes = fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES });
    const anyHashes = fc.array(
      bytes.map((found) => Buffer.from(found).toString('latin1')),
      { minLength: 1 },
    );
    const anyRecords = fc.array(fc.record({ bucket: fc.constantFrom(...BUCKETS), hashes: anyHashes }), {
      maxLength: 6,
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        runs += 1;
        const ledgerName = `${name}-${runs}`;
        await append(records, 'run', ledgerName);
        const found = await read(BEFORE, AFTER, ledgerName);
        expect(found.map(({ bucket }) => bucket)).toEqual(records.map(({ bucket }) => bucket).sort());
        for (const bucket of BUCKETS) {
          const ofBucket = (all: readonly LedgerRecord[]) =>
            hashes(all.filter((one) => one.bucket === bucket));
          expect(ofBucket(found)).toEqual(ofBucket(records));
        }
      }),
      { seed: 20261110, numRuns: 60 },
    );
  });

  test('reads a range of buckets, both ends in it, and nothing beside it', async () => {
    await append(BUCKETS.map((bucket, index) => ({ bucket, hashes: [hashOf(index)] })));
    expect(hashes(await read(AT, AFTER))).toEqual([hashOf(1), hashOf(2)]);
    expect(hashes(await read(BEFORE, BEFORE))).toEqual([hashOf(0)]);
  });

  test('keeps the rows of bursts, by the minute, apart from those of ten minutes', async () => {
    const keys = (occurredAt: number, amount: number) =>
      Array.from({ length: amount }, (_, index) => ({ occurredAt, hash: hashOf(occurredAt + index) }));
    const [few, burst] = [keys(NOON + 180_000, 3), keys(NOON + 240_000, 120)];
    await append(packRecords([...few, ...burst]));
    const readOf = async (occurredAt: number) => {
      const found = rangesOf(bucketsOf(occurredAt)).map(({ from, to }) => read(from, to));
      return (await Promise.all(found)).map((records) => records.flatMap((record) => record.hashes).length);
    };
    expect(await readOf(NOON + 180_000)).toEqual([3, 0]);
    expect(await readOf(NOON + 240_000)).toEqual([3, 120]);
    expect(await readOf(NOON + 600_000)).toEqual([0, 0]);
  });

  test('keeps what has no time in a bucket of its own', async () => {
    await append([
      { bucket: AT, hashes: [hashOf(1)] },
      { bucket: UNDATED_BUCKET, hashes: [hashOf(2)] },
    ]);
    expect(await read(UNDATED_BUCKET, UNDATED_BUCKET)).toEqual([
      { bucket: UNDATED_BUCKET, hashes: [hashOf(2)] },
    ]);
    expect(hashes(await read(BEFORE, AFTER))).toEqual([hashOf(1)]);
  });

  test('keeps streams and portals apart', async () => {
    await append([{ bucket: AT, hashes: [hashOf(1)] }]);
    expect(await read(AT, AT, `${name}-b`)).toEqual([]);
    expect(await collect(rig.ledger('run').read('other', name, AT, AT))).toEqual([]);
  });

  test('of two runs that write the same bucket keeps what both wrote', async () => {
    const [one, two] = [rig.ledger('0d1f2a3b-4c5d-1'), rig.ledger('0d1f2a3b-4c5e-1')];
    const rows = (first: number) => [{ bucket: AT, hashes: [hashOf(first)] }];
    for (let index = 0; index < 5; index += 1) {
      await Promise.all([
        one.append('main', name, rows(index), EXPIRES),
        two.append('main', name, rows(100 + index), EXPIRES),
      ]);
    }
    expect(await read(AT, AT)).toHaveLength(10);
  });

  test('writes rows that end by the table’s TTL, in whole seconds and not before their time', async () => {
    await append([{ bucket: AT, hashes: [hashOf(1)] }]);
    const row = (await rig.items()).find(({ pk }) => pk === `ledger#main#${name}`);
    expect(row?.['expiresAt']).toBe(Math.ceil(EXPIRES / 1_000));
  });

  test('takes more rows than one call holds', async () => {
    const records = Array.from({ length: 60 }, (_, index) => ({ bucket: AT, hashes: [hashOf(index)] }));
    await append(records);
    expect(rig.calls).toEqual(['BatchWriteItem', 'BatchWriteItem', 'BatchWriteItem']);
    expect(hashes(await read(AT, AT))).toHaveLength(60);
  });

  test('reads over all pages of a query larger than a megabyte', async () => {
    const many = Array.from({ length: 12_000 }, (_, index) => hashOf(index));
    const ledger = rig.ledger('run');
    for (let row = 0; row < 8; row += 1) {
      await ledger.append('main', name, [{ bucket: AT, hashes: many }], EXPIRES);
    }
    rig.watch();
    expect(hashes(await read(AT, AT))).toHaveLength(8 * 12_000);
    expect(rig.calls.length).toBeGreaterThan(1);
  });

  test('writes nothing, and asks nobody, where there is nothing to write', async () => {
    await append([]);
    expect(rig.calls).toEqual([]);
  });
});

describe('rows that DynamoDB leaves unwritten', () => {
  const two = [
    { bucket: AT, hashes: [hashOf(1)] },
    { bucket: AT, hashes: [hashOf(2), hashOf(3)] },
  ];

  /** Takes so many calls and writes nothing of them, as under a throttle. */
  function leaveUnwritten(amount: number): void {
    let left = amount;
    rig.watch((_action, body) => {
      left -= 1;
      return left < 0 ? 'pass' : { status: 200, body: { UnprocessedItems: JSON.parse(body).RequestItems } };
    });
  }

  test('are sent again, after waits, until they are written', async () => {
    leaveUnwritten(3);
    await append(two);
    expect(rig.clock.waits.slice(-3)).toEqual([50, 100, 200]);
    rig.watch();
    expect(hashes(await read(AT, AT))).toEqual([hashOf(1), hashOf(2), hashOf(3)]);
  });

  test('again and again are a failure of the table, in time', async () => {
    leaveUnwritten(1_000);
    await expect(append(two)).rejects.toMatchObject({
      code: 'ledger-unwritten',
      message: expect.stringMatching(/^Writing the ledger: DynamoDB left 2 rows unwritten, \d+ times\. What/),
    });
    expect(rig.clock.now()).toBeLessThan(NOON + 60_000);
  });
});

describe('rows that could not be written', () => {
  const ROW = { bucket: AT, hashes: [hashOf(1)] };

  /** A run that published and could not write its row, and what its process keeps of it. */
  async function failToWrite(): Promise<LedgerRow[]> {
    const unflushed: LedgerRow[] = [];
    rig.watch(() => failWith(500, 'InternalServerError'));
    const failed = createLedger(rig.table(), 'first', unflushed).append('main', name, [ROW], EXPIRES);
    await expect(failed).rejects.toMatchObject({ code: 'ledger-unwritten', nextStep: 'end-run' });
    rig.clock.moveTo(NOON);
    return unflushed;
  }

  test('are written by the next run of the process that flushes, once', async () => {
    const unflushed = await failToWrite();
    rig.watch();
    const next = createLedger(rig.table(), 'second', unflushed);
    await next.flush();
    await next.flush();
    expect([hashes(await read(AT, AT)), unflushed]).toEqual([[hashOf(1)], []]);
    expect(rig.calls).toEqual(['PutItem', 'Query']);
  });

  test('are kept where the next run cannot write them either', async () => {
    const unflushed = await failToWrite();
    const next = createLedger(rig.table(), 'second', unflushed);
    await expect(next.flush()).rejects.toMatchObject({ code: 'ledger-unwritten' });
    rig.clock.moveTo(NOON);
    rig.watch();
    await createLedger(rig.table(), 'third', unflushed).flush();
    expect(hashes(await read(AT, AT))).toEqual([hashOf(1)]);
  });

  test('are kept, too, where the table refuses them for good', async () => {
    const unflushed: LedgerRow[] = [];
    rig.watch(() => failWith(400, 'AccessDeniedException', 'no right'));
    const denied = createLedger(rig.table(), 'first', unflushed).append('main', name, [ROW, ROW], EXPIRES);
    await expect(denied).rejects.toMatchObject({ code: 'table-denied', nextStep: 'end-run' });
    expect(unflushed).toHaveLength(2);
  });

  test('are none at first: nobody is asked', async () => {
    await rig.ledger('run').flush();
    expect(rig.calls).toEqual([]);
  });
});
