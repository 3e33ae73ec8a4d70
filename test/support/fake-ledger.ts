import type { LedgerRecord } from '../../functions/poller/core/ledger.ts';
import type { Ledger } from '../../functions/poller/ports.ts';
import type { Gate } from './gate.ts';

interface LedgerRow extends LedgerRecord {
  readonly expiresAt: number;
}

/** The ledger's rows, by portal and ledger: what outlives the runs. */
export type LedgerRows = Map<string, LedgerRow[]>;

/** A ledger that gives back what was appended, bucket by bucket, several rows of one bucket as they were. */
export function createFakeLedger(gate: Gate, rows: LedgerRows): Ledger {
  return {
    async *read(portal, ledgerName, fromBucket, toBucket) {
      const found = await gate('readLedger', () =>
        (rows.get(`${portal}/${ledgerName}`) ?? [])
          .filter(({ bucket }) => bucket >= fromBucket && bucket <= toBucket)
          .toSorted((a, b) => (a.bucket < b.bucket ? -1 : a.bucket > b.bucket ? 1 : 0)),
      );
      yield* found;
    },
    append: (portal, ledgerName, records, expiresAt) =>
      gate('appendLedger', () => {
        const name = `${portal}/${ledgerName}`;
        const kept = rows.get(name) ?? [];
        kept.push(...records.map((record) => ({ ...record, expiresAt })));
        rows.set(name, kept);
      }),
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
