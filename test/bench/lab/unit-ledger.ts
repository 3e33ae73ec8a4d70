/** A ledger in memory that counts what DynamoDB would charge for it: rows and queries as the real one makes them. */
import { HASH_BYTES, type LedgerRecord } from '../../../functions/poller/core/ledger/ledger.ts';
import type { Ledger } from '../../../functions/poller/ports.ts';

/** What a DynamoDB table charges (DynamoDB pricing, 2026-11): writes by started KB, strong reads by started 4 KB. */
export interface UnitCount {
  writeUnits: number;
  readUnits: number;
  queries: number;
}

export function startUnitCount(): UnitCount {
  return { writeUnits: 0, readUnits: 0, queries: 0 };
}

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;

/** The most bytes that one Query reads. */
const QUERY_BYTES = 1_048_576;

/** A row's names, keys and expiry: pk, sk, ids and expiresAt with a partition of some 40 characters. */
const ROW_BYTES = 110;

/** By ledger and bucket: the rows' hashes, packed as the table holds them. */
export type PackedRows = Map<string, Map<string, Buffer[]>>;

/** The write units of an item. JSON takes a little more than DynamoDB, which counts no quotes and commas. */
export function writeUnitsOf(attributes: object): number {
  return Math.ceil((Buffer.byteLength(JSON.stringify(attributes)) + ROW_BYTES) / WRITE_UNIT_BYTES);
}

/** Waits as long as a call to the table takes. */
export type TableWait = () => Promise<void>;

/** The ledger over rows that outlive it. */
export function createUnitLedger(rows: PackedRows, units: UnitCount, wait: TableWait): Ledger {
  return {
    // A row in memory is always written.
    flush: async () => undefined,
    async *read(portal, name, fromBucket, toBucket) {
      const ofStream = rows.get(`${portal}/${name}`) ?? new Map<string, Buffer[]>();
      const buckets = [...ofStream.keys()].filter((key) => key >= fromBucket && key <= toBucket).sort();
      let bytes = 0;
      await wait();
      units.queries += 1;
      for (const bucket of buckets) {
        for (const row of ofStream.get(bucket) ?? []) {
          if (bytes + row.length + ROW_BYTES > QUERY_BYTES) {
            units.readUnits += Math.ceil(bytes / READ_UNIT_BYTES);
            units.queries += 1;
            bytes = 0;
            await wait();
          }
          bytes += row.length + ROW_BYTES;
          yield { bucket, hashes: unpack(row) };
        }
      }
      units.readUnits += Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
    },
    async append(portal, name, records) {
      await wait();
      for (const record of records) units.writeUnits += addRow(rows, `${portal}/${name}`, record);
    },
  };
}

/** Stores one row; gives the write units that it costs. */
export function addRow(rows: PackedRows, ledger: string, { bucket, hashes }: LedgerRecord): number {
  const ofStream = rows.get(ledger) ?? new Map<string, Buffer[]>();
  rows.set(ledger, ofStream);
  const packed = Buffer.from(hashes.join(''), 'latin1');
  const ofBucket = ofStream.get(bucket);
  if (ofBucket === undefined) ofStream.set(bucket, [packed]);
  else ofBucket.push(packed);
  return Math.ceil((packed.length + ROW_BYTES) / WRITE_UNIT_BYTES);
}

function unpack(row: Buffer): string[] {
  const text = row.toString('latin1');
  const hashes: string[] = [];
  for (let at = 0; at < text.length; at += HASH_BYTES) hashes.push(text.slice(at, at + HASH_BYTES));
  return hashes;
}
