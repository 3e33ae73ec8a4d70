import type { HashSet } from '../core/ledger/hash-set.ts';

/** What a bucket takes besides its hashes. */
const BUCKET_BYTES = 400;

/**
 * The ledger's buckets that were read, over all streams and, in a warm process, over runs: what has not been used
 * longest makes room. One for a process.
 */
export class LedgerCache {
  readonly #buckets = new Map<string, HashSet>();
  readonly #mostBytes: number;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The bucket, if it is there; it counts as used now. */
  get(key: string): HashSet | undefined {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) this.set(key, bucket);
    return bucket;
  }

  set(key: string, bucket: HashSet): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
  }

  /** Forgets the buckets whose keys start so. */
  forget(prefix: string): void {
    for (const key of this.#buckets.keys()) if (key.startsWith(prefix)) this.#buckets.delete(key);
  }

  /** Keeps the buckets used last, as many as the memory is for. */
  trim(): void {
    let bytes = 0;
    for (const hashes of this.#buckets.values()) bytes += hashes.bytes + BUCKET_BYTES;
    for (const [key, hashes] of this.#buckets) {
      if (bytes <= this.#mostBytes) return;
      bytes -= hashes.bytes + BUCKET_BYTES;
      this.#buckets.delete(key);
    }
  }
}
