import type { HashSet } from '../core/hash-set.ts';

/** A bucket in memory; until `loading` is over, only what was added meanwhile is in it. */
export interface CachedBucket {
  readonly hashes: HashSet;
  loading: Promise<void> | undefined;
}

/**
 * The ledger's buckets that were read, over all streams and, in a warm process, over runs: what has not been used
 * longest makes room. One for a process.
 */
export class LedgerCache {
  readonly #buckets = new Map<string, CachedBucket>();
  readonly #mostBytes: number;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The bucket, if it is there; it counts as used now. */
  get(key: string): CachedBucket | undefined {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return undefined;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  set(key: string, bucket: CachedBucket): void {
    this.#buckets.set(key, bucket);
  }

  delete(key: string): void {
    this.#buckets.delete(key);
  }

  /** Forgets the buckets whose keys start so. */
  forget(prefix: string): void {
    for (const key of this.#buckets.keys()) if (key.startsWith(prefix)) this.#buckets.delete(key);
  }

  /** Keeps the buckets used last, as many as the memory is for. */
  trim(): void {
    let bytes = this.bytes;
    for (const [key, bucket] of this.#buckets) {
      if (bytes <= this.#mostBytes) return;
      if (bucket.loading !== undefined) continue;
      bytes -= bucket.hashes.bytes + BUCKET_BYTES;
      this.#buckets.delete(key);
    }
  }

  get bytes(): number {
    let bytes = 0;
    for (const { hashes } of this.#buckets.values()) bytes += hashes.bytes + BUCKET_BYTES;
    return bytes;
  }
}

/** What a bucket takes besides its hashes. */
const BUCKET_BYTES = 400;
