import { hash } from 'node:crypto';
import type { PageEntry } from './event.ts';
import { type Instant, toIso } from './instant.ts';

/**
 * The span of occurredAt that one ledger row covers. Short enough that a poll's overlap of minutes reads
 * little more than it needs, long enough that a page of a busy stream fills few rows.
 */
export const LEDGER_BUCKET_MS = 10 * 60_000;

/** The bucket of entries whose time can't be read; sorts behind every dated one. */
export const UNDATED_BUCKET = 'undated';

/** How long the ledger remembers beyond the longest window a sweep reads again: an outage may last that long. */
export const LEDGER_KEEP_DAYS = 30;

/** A hash: 16 bytes of SHA-256, as a string of 16 Latin-1 characters. */
export const HASH_BYTES = 16;

/** Some hashes of one bucket; a bucket is spread over many records. */
export interface LedgerRecord {
  /** The bucket's start in ISO 8601, or UNDATED_BUCKET: texts that sort as time does. */
  readonly bucket: string;
  readonly hashes: readonly string[];
}

/** Where the ledger keeps an entry, and under what hash. */
export interface LedgerKey {
  readonly bucket: string;
  readonly hash: string;
}

/** HubSpot's ids are unique within their event type only; what has no id is known by its whole text. */
export function ledgerKeyOf(entry: PageEntry): LedgerKey {
  const text = entry.kind === 'event' ? `${entry.eventType}/${entry.id}` : entry.text;
  return { bucket: bucketOf(entry.occurredAt), hash: hashOf(text) };
}

export function bucketOf(occurredAt: Instant | undefined): string {
  if (occurredAt === undefined) return UNDATED_BUCKET;
  return toIso(Math.floor(occurredAt / LEDGER_BUCKET_MS) * LEDGER_BUCKET_MS);
}

function hashOf(text: string): string {
  return hash('sha256', text, 'binary').slice(0, HASH_BYTES);
}

/** The keys as records, one for each bucket, in the order of the buckets. */
export function packRecords(keys: readonly LedgerKey[]): LedgerRecord[] {
  const buckets = Map.groupBy(keys, ({ bucket }) => bucket);
  return [...buckets.keys()].sort().map((bucket) => ({
    bucket,
    hashes: (buckets.get(bucket) ?? []).map(({ hash: value }) => value),
  }));
}
