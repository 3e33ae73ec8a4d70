/**
 * What the ledger knows of the events of one pass: a merge of two readings in the same time order.
 *
 *   pages of HubSpot   ──▶ [10:00 … 10:03] ─▶ [10:03 … 10:12] ─▶ …
 *   buckets in memory          10:00            10:00, 10:10      …   loaded when a page first touches them,
 *                                                                     dropped when the pages have moved on
 */
import type { PageEntry } from '../core/event.ts';
import type { Instant } from '../core/instant.ts';
import { type LedgerKey, ledgerKeyOf, packRecords, UNDATED_BUCKET } from '../core/ledger.ts';
import type { Ledger } from '../ports.ts';

/** An entry with its place in the ledger. */
export interface KeyedEntry {
  readonly entry: PageEntry;
  readonly key: LedgerKey;
}

export class KnownEvents {
  readonly #buckets = new Map<string, Set<string>>();
  readonly #ledger: Ledger;
  readonly #portal: string;
  readonly #readName: string;
  readonly #writeNames: readonly string[];

  /** Reads one ledger and writes to it, and to the others named. */
  constructor(ledger: Ledger, portal: string, readName: string, alsoWriteTo: readonly string[] = []) {
    this.#ledger = ledger;
    this.#portal = portal;
    this.#readName = readName;
    this.#writeNames = [readName, ...alsoWriteTo];
  }

  /** The entries that were not published yet, each once, in their order. The ledger is asked only for new buckets. */
  async dropKnown(entries: readonly PageEntry[]): Promise<KeyedEntry[]> {
    const keyed = entries.map((entry) => ({ entry, key: ledgerKeyOf(entry) }));
    await this.#load(new Set(keyed.map(({ key }) => key.bucket)));
    const seen = new Set<string>();
    return keyed.filter(({ key }) => {
      if (this.#buckets.get(key.bucket)?.has(key.hash) === true) return false;
      const text = key.bucket + key.hash;
      return !seen.has(text) && seen.add(text);
    });
  }

  /** Writes down that the entries are resolved. */
  async record(entries: readonly KeyedEntry[], expiresAt: Instant): Promise<void> {
    if (entries.length === 0) return;
    const records = packRecords(entries.map(({ key }) => key));
    for (const name of this.#writeNames) {
      await this.#ledger.append(this.#portal, name, records, expiresAt);
    }
    for (const { bucket, hash } of entries.map(({ key }) => key)) {
      this.#buckets.get(bucket)?.add(hash);
    }
  }

  async #load(needed: ReadonlySet<string>): Promise<void> {
    for (const bucket of this.#buckets.keys()) {
      if (!needed.has(bucket) && bucket !== UNDATED_BUCKET) this.#buckets.delete(bucket);
    }
    const missing = [...needed].filter((bucket) => !this.#buckets.has(bucket)).sort();
    const dated = missing.filter((bucket) => bucket !== UNDATED_BUCKET);
    const ranges = [dated, missing.filter((bucket) => bucket === UNDATED_BUCKET)];
    for (const range of ranges) await this.#loadRange(range);
  }

  async #loadRange(missing: readonly string[]): Promise<void> {
    const [first, last] = [missing[0], missing.at(-1)];
    if (first === undefined || last === undefined) return;
    const loaded = new Map(missing.map((bucket) => [bucket, new Set<string>()]));
    for await (const { bucket, hashes } of this.#ledger.read(this.#portal, this.#readName, first, last)) {
      const known = loaded.get(bucket);
      for (const hash of hashes) known?.add(hash);
    }
    for (const [bucket, known] of loaded) this.#buckets.set(bucket, known);
  }
}
