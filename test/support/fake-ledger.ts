import type { LedgerRecord } from '../../functions/poller/core/ledger.ts';
import type { Ledger } from '../../functions/poller/ports.ts';
import type { Gate } from './gate.ts';

interface LedgerRow extends LedgerRecord {
  readonly expiresAt: number;
}

/** The ledger's rows, by portal and ledger: what outlives the runs. */
export type LedgerRows = Map<string, LedgerRow[]>;

/** Rows that could not be written, with the ledger each is of: what a process keeps from one run to the next. */
export type OwedRows = { readonly name: string; readonly row: LedgerRow }[];

/**
 * A ledger that gives back what was appended, bucket by bucket, several rows of one bucket as they were; and reads
 * nothing before what is owed is written.
 */
export function createFakeLedger(gate: Gate, rows: LedgerRows, owed: OwedRows = []): Ledger {
  let settling: Promise<void> | undefined;

  function write(name: string, written: readonly LedgerRow[]): void {
    rows.set(name, [...(rows.get(name) ?? []), ...written]);
  }

  async function settle(): Promise<void> {
    if (owed.length === 0) return;
    const unwritten = owed.length;
    await gate('appendLedger', () => {
      for (const { name, row } of owed.slice(0, unwritten)) write(name, [row]);
    });
    owed.splice(0, unwritten);
  }

  return {
    async *read(portal, ledgerName, fromBucket, toBucket) {
      settling ??= settle().finally(() => {
        settling = undefined;
      });
      await settling;
      const found = await gate('readLedger', () =>
        (rows.get(`${portal}/${ledgerName}`) ?? [])
          .filter(({ bucket }) => bucket >= fromBucket && bucket <= toBucket)
          .toSorted((a, b) => (a.bucket < b.bucket ? -1 : a.bucket > b.bucket ? 1 : 0)),
      );
      yield* found;
    },
    async append(portal, ledgerName, records, expiresAt) {
      const name = `${portal}/${ledgerName}`;
      const unwritten = records.map((record) => ({ ...record, expiresAt }));
      try {
        await gate('appendLedger', () => write(name, unwritten));
      } catch (thrown) {
        owed.push(...unwritten.map((row) => ({ name, row })));
        throw thrown;
      }
    },
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
