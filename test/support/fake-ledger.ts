import type { LedgerRecord } from '../../functions/poller/core/ledger/ledger.ts';
import type { Ledger } from '../../functions/poller/ports.ts';
import type { Gate } from './gate.ts';

interface LedgerRow extends LedgerRecord {
  readonly expiresAt: number;
}

/** The ledger's rows, by portal and ledger: what outlives the runs. */
export type LedgerRows = Map<string, LedgerRow[]>;

/** Rows that could not be written, with the ledger each is of: what a process keeps from one run to the next. */
export type UnflushedRows = { readonly name: string; readonly row: LedgerRow }[];

/** A ledger that gives back what was appended, bucket by bucket, several rows of one bucket as they were. */
export function createFakeLedger(gate: Gate, rows: LedgerRows, unflushed: UnflushedRows = []): Ledger {
  async function write(unwritten: UnflushedRows): Promise<void> {
    if (unwritten.length === 0) return;
    try {
      await gate('appendLedger', () => {
        for (const { name, row } of unwritten) rows.set(name, [...(rows.get(name) ?? []), row]);
      });
    } catch (thrown) {
      unflushed.push(...unwritten);
      throw thrown;
    }
  }

  return {
    flush: () => write(unflushed.splice(0)),
    async *read(portal, ledgerName, fromBucket, toBucket) {
      const found = await gate('readLedger', () =>
        (rows.get(`${portal}/${ledgerName}`) ?? [])
          .filter(({ bucket }) => bucket >= fromBucket && bucket <= toBucket)
          .toSorted((a, b) => (a.bucket < b.bucket ? -1 : a.bucket > b.bucket ? 1 : 0)),
      );
      yield* found;
    },
    append: (portal, ledgerName, records, expiresAt) =>
      write(records.map((record) => ({ name: `${portal}/${ledgerName}`, row: { ...record, expiresAt } }))),
  };
}

/** Takes away the rows whose time is over at `now`, as the table's TTL does. */
export function expireRows(rows: LedgerRows, now: number): void {
  for (const [name, kept] of rows)
    rows.set(
      name,
      kept.filter(({ expiresAt }) => expiresAt > now),
    );
}
