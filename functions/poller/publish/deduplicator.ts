/**
 * Which entries of a page are new: a merge of HubSpot's pages and the ledger's buckets, both in the order of time.
 *
 *   pages of HubSpot   ──▶ [10:00 … 10:03] ─▶ [10:03 … 10:12] ─▶ …
 *   buckets in memory         10:00             10:00, 10:10        …   read when a page first touches them
 *
 * One for a stream: all its readings and segments share it, so that no two of them publish the same event.
 */
import type { PageEntry } from '../core/event.ts';
import { HashSet } from '../core/hash-set.ts';
import { MINUTE_MS } from '../core/instant.ts';
import { bucketsOf, type LedgerKey, ledgerKeyOf, packRecords, rangesOf } from '../core/ledger.ts';
import type { Ledger } from '../ports.ts';
import type { CachedBucket, LedgerCache } from './ledger-cache.ts';

/** An entry with its place in the ledger. */
export interface KeyedEntry {
  readonly entry: PageEntry;
  readonly key: LedgerKey;
}

/** The entries of a page that are new, and the caller's alone until it disposes of them. */
export interface Claim extends Disposable {
  readonly entries: readonly KeyedEntry[];
}

export class Deduplicator {
  /** Entries that a page is publishing, and when it is done with them. */
  readonly #claimed = new Map<string, Promise<void>>();
  readonly #ledger: Ledger;
  readonly #cache: LedgerCache;
  readonly #portal: string;
  readonly #names: readonly [string, ...string[]];

  /** Reads the ledger that is named first, and writes to all. */
  constructor(ledger: Ledger, cache: LedgerCache, portal: string, names: readonly [string, ...string[]]) {
    this.#ledger = ledger;
    this.#cache = cache;
    this.#portal = portal;
    this.#names = names;
  }

  /**
   * The entries that were not published yet, each once, in their order. Whoever meets one of them before the claim
   * is disposed of waits for that.
   */
  async filterNew(entries: readonly PageEntry[]): Promise<Claim> {
    const keyed = entries.map((entry) => ({ entry, key: ledgerKeyOf(entry) }));
    for (;;) {
      const known = await this.#knownIn(keyed);
      const others = keyed.flatMap(({ key }) => this.#claimed.get(key.hash) ?? []);
      if (others.length === 0)
        return this.#claim(new Map(keyed.filter(({ key }) => !known(key)).map((one) => [one.key.hash, one])));
      await Promise.all(others);
    }
  }

  /** Writes down that the entries are resolved. What could not be written is known all the same: the ledger keeps it. */
  async record(entries: readonly KeyedEntry[], expiresAt: number): Promise<void> {
    if (entries.length === 0) return;
    const records = packRecords(entries.map(({ key }) => key));
    try {
      for (const name of this.#names) await this.#ledger.append(this.#portal, name, records, expiresAt);
    } finally {
      for (const name of this.#names)
        for (const { bucket, hashes } of records) {
          const cached = this.#cache.get(this.#keyOf(name, bucket));
          for (const hash of hashes) cached?.hashes.add(hash);
        }
    }
  }

  #claim(fresh: ReadonlyMap<string, KeyedEntry>): Claim {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const hash of fresh.keys()) this.#claimed.set(hash, promise);
    return {
      entries: [...fresh.values()],
      [Symbol.dispose]: () => {
        for (const hash of fresh.keys()) this.#claimed.delete(hash);
        resolve();
        this.#cache.trim();
      },
    };
  }

  /** Reads the buckets that the entries need and that are not in memory; gives who is in them. */
  async #knownIn(keyed: readonly KeyedEntry[]): Promise<(key: LedgerKey) => boolean> {
    const minutes = new Set(keyed.map(({ key }) => minuteOf(key)));
    const buckets = new Map([...minutes].map((minute) => [minute, bucketsOf(minute)]));
    const needed = new Set([...buckets.values()].flat());
    for (;;) {
      const missing = [...needed].filter((bucket) => this.#cached(bucket) === undefined);
      await Promise.all(rangesOf(missing).map(({ from, to }) => this.#load(missing, from, to)));
      const loading = [...needed].flatMap((bucket) => this.#cached(bucket)?.loading ?? []);
      if (loading.length > 0) await Promise.all(loading);
      // Another page may have pushed one out meanwhile.
      else if ([...needed].every((bucket) => this.#cached(bucket) !== undefined)) break;
    }
    const sets = new Map(
      [...buckets].map(([minute, names]) => [
        minute,
        names.flatMap((name) => this.#cached(name)?.hashes ?? []),
      ]),
    );
    return (key) => sets.get(minuteOf(key))?.some((hashes) => hashes.has(key.hash)) === true;
  }

  async #load(missing: readonly string[], from: string, to: string): Promise<void> {
    const within = missing.filter((bucket) => bucket >= from && bucket <= to);
    const buckets = new Map(within.map((bucket) => [bucket, new HashSet()]));
    const read = async () => {
      for await (const { bucket, hashes } of this.#ledger.read(this.#portal, this.#names[0], from, to))
        for (const hash of hashes) buckets.get(bucket)?.add(hash);
    };
    const loading = read();
    const entries = [...buckets].map(([bucket, hashes]): { bucket: string; cached: CachedBucket } => ({
      bucket,
      cached: { hashes, loading },
    }));
    for (const { bucket, cached } of entries) this.#cache.set(this.#keyOf(this.#names[0], bucket), cached);
    try {
      await loading;
      for (const { cached } of entries) cached.loading = undefined;
    } catch (thrown) {
      for (const { bucket } of entries) this.#cache.delete(this.#keyOf(this.#names[0], bucket));
      throw thrown;
    }
  }

  #cached(bucket: string) {
    return this.#cache.get(this.#keyOf(this.#names[0], bucket));
  }

  #keyOf(name: string, bucket: string): string {
    return `${this.#portal}/${name}/${bucket}`;
  }
}

function minuteOf({ occurredAt }: LedgerKey): number | undefined {
  return occurredAt === undefined ? undefined : Math.floor(occurredAt / MINUTE_MS) * MINUTE_MS;
}
