/**
 * Where the ledger keeps what was published: in rows of many hashes, by the time of the events.
 *
 *   ten minutes  |12:00 ················|12:10 ················|   the few events of a commit, wherever they lie
 *   one minute     |12:03|12:04|                                   a burst: 120 and more of a commit's events
 *
 * So a sparse stream fills few rows, and an overlap of five minutes reads five minutes, also after a burst.
 */
import { hash } from 'node:crypto';
import type { PageEntry } from '../event/event.ts';
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, toIso } from '../instant.ts';

/** The bucket of entries whose time can't be read; sorts behind every dated one. */
export const UNDATED_BUCKET = 'undated';

/** Buckets of one minute sort behind those of ten. */
const MINUTE_PREFIX = 'm#';

const BUCKET_MS = 10 * MINUTE_MS;

/** So many of a commit's events in one minute have a row of their own: two kilobytes, three write units. */
const BURST_EVENTS = 120;

/** How long the ledger remembers beyond the longest window a sweep reads again: an outage may last that long. */
export const LEDGER_KEEP_DAYS = 30;

/** A hash: 16 bytes of SHA-256, as a string of 16 Latin-1 characters. */
export const HASH_BYTES = 16;

/** Some hashes of one bucket; a bucket is spread over many records. */
export interface LedgerRecord {
  /** A text that sorts as time does, or UNDATED_BUCKET. */
  readonly bucket: string;
  readonly hashes: readonly string[];
}

/** Where the ledger keeps an entry, and under what hash. */
export interface LedgerKey {
  readonly occurredAt: Instant | undefined;
  readonly hash: string;
}

/** HubSpot's ids are unique within their event type only; what has no id is known by its whole text. */
export function ledgerKeyOf(entry: PageEntry): LedgerKey {
  const text = entry.kind === 'event' ? `${entry.eventType}/${entry.id}` : entry.text;
  return {
    occurredAt: entry.occurredAt,
    hash: hash('sha256', text, 'binary').slice(0, HASH_BYTES),
  };
}

/** The buckets that may hold an entry of this time. */
export function bucketsOf(occurredAt: Instant | undefined): readonly string[] {
  if (occurredAt === undefined) return [UNDATED_BUCKET];
  return [tenMinuteBucketOf(occurredAt), minuteBucketOf(occurredAt)];
}

/** The keys as records, one for each bucket, in the order of the buckets. */
export function packRecords(keys: readonly LedgerKey[]): LedgerRecord[] {
  const buckets = new Map<string, string[]>();
  const put = (bucket: string, hashes: readonly string[]) =>
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), ...hashes]);
  const dated = Map.groupBy(keys, ({ occurredAt }) =>
    occurredAt === undefined ? undefined : Math.floor(occurredAt / MINUTE_MS) * MINUTE_MS,
  );
  for (const [minuteAt, group] of dated) {
    const hashes = group.map(({ hash: value }) => value);
    if (minuteAt === undefined) put(UNDATED_BUCKET, hashes);
    else put(hashes.length >= BURST_EVENTS ? minuteBucketOf(minuteAt) : tenMinuteBucketOf(minuteAt), hashes);
  }
  return [...buckets]
    .map(([bucket, hashes]) => ({ bucket, hashes }))
    .sort((a, b) => (a.bucket < b.bucket ? -1 : 1));
}

/** The needed buckets as ranges that can be read in one go: those of ten minutes, those of one, the undated. */
export function rangesOf(buckets: Iterable<string>): { readonly from: string; readonly to: string }[] {
  const kinds = Map.groupBy([...buckets].sort(), (bucket) =>
    bucket === UNDATED_BUCKET || bucket.startsWith(MINUTE_PREFIX) ? bucket.slice(0, 2) : '',
  );
  return [...kinds.values()].map((kind) => ({ from: kind[0] ?? '', to: kind.at(-1) ?? '' }));
}

/** Until when the ledger remembers what is published now. */
export function ledgerExpiresAt(now: Instant, sweepLookbackHours: number): Instant {
  return now + LEDGER_KEEP_DAYS * DAY_MS + sweepLookbackHours * HOUR_MS;
}

/** What was published from here on the ledger still knows, whatever the lookback was then. */
export function ledgerRemembersFrom(now: Instant): Instant {
  return now - LEDGER_KEEP_DAYS * DAY_MS;
}

function tenMinuteBucketOf(occurredAt: Instant): string {
  return toIso(Math.floor(occurredAt / BUCKET_MS) * BUCKET_MS);
}

function minuteBucketOf(occurredAt: Instant): string {
  return `${MINUTE_PREFIX}${toIso(occurredAt).slice(0, 16)}`;
}
