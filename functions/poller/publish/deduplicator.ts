/**
 * Which entries of a page are new: a merge of HubSpot's pages and the ledger's buckets, both in the order of time.
 *
 *   pages of HubSpot   ──▶ [10:00 … 10:03] ─▶ [10:03 … 10:12] ─▶ …
 *   buckets in memory         10:00             10:00, 10:10        …   read when a page first touches them
 *
 * One for a stream: all its readings and segments share it, so that no two of them publish the same event.
 */
import type { PageEntry } from '../core/event/event.ts';
import { MINUTE_MS } from '../core/instant.ts';
import { HashSet } from '../core/ledger/hash-set.ts';
import { bucketsOf, type LedgerKey, ledgerKeyOf, packRecords, rangesOf } from '../core/ledger/ledger.ts';
import type { Ledger } from '../ports.ts';
import type { LedgerCache } from './ledger-cache.ts';

/** An entry with its place in the ledger. */
export interface KeyedEntry {
  readonly entry: PageEntry;
  readonly key: LedgerKey;
}

export class Deduplicator {
  /** Buckets that are being read: what is recorded meanwhile is in them, too. */
  readonly #loading = new Map<string, { readonly hashes: HashSet; readonly done: Promise<void> }>();
  /** Entries that a page is publishing, and when it is done with them. */
  readonly #claimed = new Map<string, Promise<void>>();
  /** Records of buckets that had made room: a page that looked into one before must look again. */
  #missedRecords = 0;
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
   * The entries that were not published yet, each once, in their order. Another page that holds one of them waits
   * until the claim is disposed of.
   */
  async filterNew(
    entries: readonly PageEntry[],
  ): Promise<Disposable & { readonly entries: readonly KeyedEntry[] }> {
    const keyed = entries.map((entry) => ({ entry, key: ledgerKeyOf(entry) }));
    for (;;) {
      const missed = this.#missedRecords;
      const known = await this.#knownIn(keyed);
      if (missed !== this.#missedRecords) continue;
      const others = keyed.flatMap(({ key }) => this.#claimed.get(key.hash) ?? []);
      if (others.length === 0)
        return this.#claim(new Map(keyed.filter(({ key }) => !known(key)).map((one) => [one.key.hash, one])));
      await Promise.all(others);
    }
  }

  /** Writes down that the entries are resolved. What could not be written is known all the same: the ledger keeps it. */
  async record(entries: readonly KeyedEntry[], expiresAt: number): Promise<void> {
    const records = packRecords(entries.map(({ key }) => key));
    try {
      for (const name of this.#names) await this.#ledger.append(this.#portal, name, records, expiresAt);
    } finally {
      for (const name of this.#names)
        for (const { bucket, hashes } of records) {
          const key = this.#keyOf(name, bucket);
          const known = this.#loading.get(key)?.hashes ?? this.#cache.get(key);
          if (known === undefined && name === this.#names[0]) this.#missedRecords += 1;
          for (const hash of hashes) known?.add(hash);
        }
    }
  }

  #claim(fresh: ReadonlyMap<string, KeyedEntry>) {
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
    const sets = new Map<string, HashSet>();
    while (sets.size < needed.size) {
      const missing = [...needed].filter((bucket) => !sets.has(bucket));
      const unread = missing.filter(
        (bucket) => !this.#loading.has(this.#readKeyOf(bucket)) && !this.#cached(bucket),
      );
      const reads = rangesOf(unread).map(({ from, to }) => this.#load(unread, from, to));
      await Promise.all([
        ...reads,
        ...missing.map((bucket) => this.#loading.get(this.#readKeyOf(bucket))?.done),
      ]);
      // Another page may have pushed one out meanwhile.
      for (const bucket of missing) {
        const hashes = this.#cached(bucket);
        if (hashes !== undefined) sets.set(bucket, hashes);
      }
    }
    const known = new Map(
      [...buckets].map(([minute, names]) => [minute, names.flatMap((name) => sets.get(name) ?? [])]),
    );
    return (key) => known.get(minuteOf(key))?.some((hashes) => hashes.has(key.hash)) === true;
  }

  async #load(unread: readonly string[], from: string, to: string): Promise<void> {
    const within = unread.filter((bucket) => bucket >= from && bucket <= to);
    const sets = new Map(within.map((bucket) => [bucket, new HashSet()]));
    const read = async () => {
      for await (const { bucket, hashes } of this.#ledger.read(this.#portal, this.#names[0], from, to))
        for (const hash of hashes) sets.get(bucket)?.add(hash);
      for (const [bucket, hashes] of sets) this.#cache.set(this.#readKeyOf(bucket), hashes);
    };
    const done = read().finally(() => {
      for (const bucket of within) this.#loading.delete(this.#readKeyOf(bucket));
    });
    for (const [bucket, hashes] of sets) this.#loading.set(this.#readKeyOf(bucket), { hashes, done });
    await done;
  }

  #cached(bucket: string): HashSet | undefined {
    return this.#cache.get(this.#readKeyOf(bucket));
  }

  #readKeyOf(bucket: string): string {
    return this.#keyOf(this.#names[0], bucket);
  }

  #keyOf(name: string, bucket: string): string {
    return `${this.#portal}/${name}/${bucket}`;
  }
}

function minuteOf({ occurredAt }: LedgerKey): number | undefined {
  return occurredAt === undefined ? undefined : Math.floor(occurredAt / MINUTE_MS) * MINUTE_MS;
}
