/** How large a page is asked for: the configured size, until HubSpot or the function's memory says otherwise. */
import { DAY_MS, type Instant } from '../instant.ts';
import type { PageAnswer } from './paging.ts';

/** What pages of the configured size came to, kept with the stream. */
export interface PageLimit {
  /** The size that worked. */
  readonly limit: number;
  /** HubSpot refused the larger one, took too long for it, or its text was too large. */
  readonly reason: 'refused' | 'slow' | 'large';
  /** The size that did not work. */
  readonly asked: number;
  readonly at: Instant;
  /** Of a refusal: it was met twice. One alone may be a stray one, and changes nothing. */
  readonly isConfirmed?: true | undefined;
}

/** What is known of a stream's pages. */
export interface PageSize {
  /** As configured. */
  readonly most: number;
  readonly pageLimit: PageLimit | undefined;
  /** Of the last page; undefined before the first, which counts as large. */
  readonly bytesPerEntry: number | undefined;
}

/** The most bytes of a page's text that are asked for knowingly. */
export const PAGE_BYTES = 4 * 1_048_576;

/** No page is taken to be smaller: its objects take memory, too. */
const LEAST_PAGE_BYTES = 131_072;

/** The size doubles after a full page that took no longer than this. */
const QUICK_MS = 8_000;

/** The page to ask for: its entries, and the bytes that it may have. */
export function sizeToAsk({ most, pageLimit, bytesPerEntry }: PageSize, now: Instant) {
  const limit = Math.min(most, limitInForce(most, pageLimit, now));
  if (bytesPerEntry === undefined) return { limit, maxBytes: PAGE_BYTES };
  const fitting = Math.max(1, Math.min(limit, Math.floor(PAGE_BYTES / bytesPerEntry)));
  const likelyBytes = 1.5 * fitting * bytesPerEntry;
  return {
    limit: fitting,
    maxBytes: Math.ceil(Math.min(PAGE_BYTES, Math.max(LEAST_PAGE_BYTES, likelyBytes))),
  };
}

function limitInForce(most: number, pageLimit: PageLimit | undefined, now: Instant): number {
  if (pageLimit === undefined) return most;
  const { limit, reason, asked, at, isConfirmed } = pageLimit;
  if (reason !== 'refused') return limit;
  // Another configured size is another question, and the same one is put again every day.
  const holds = isConfirmed === true && asked === most && now - at < DAY_MS && at <= now;
  return holds ? limit : most;
}

/** What is known of a stream's pages where none came, and smaller ones are to be asked for from now on. */
export function holdPageSize(
  size: PageSize,
  asked: number,
  { limit, reason }: Pick<PageLimit, 'limit' | 'reason'>,
  now: Instant,
): PageSize {
  return { ...size, pageLimit: { limit, reason, asked, at: now } };
}

/** What is known of a stream's pages after one more. */
export function learnPageSize(size: PageSize, asked: number, answer: PageAnswer, now: Instant): PageSize {
  const { most, pageLimit } = size;
  const { limit, reduced, entries, cursor, bytes, tookMs } = answer;
  const bytesPerEntry = entries.length > 0 ? bytes / entries.length : size.bytesPerEntry;
  const next = { ...size, bytesPerEntry };
  if (reduced === 'refused') {
    const wasRefused = pageLimit?.reason === 'refused' && pageLimit.asked === asked;
    const isConfirmed = wasRefused ? true : undefined;
    return { ...next, pageLimit: { limit, reason: reduced, asked, at: now, isConfirmed } };
  }
  if (reduced !== undefined) return { ...next, pageLimit: { limit, reason: reduced, asked, at: now } };
  // A page of the size that was refused before: the refusal is over.
  if (pageLimit === undefined || (pageLimit.reason === 'refused' && limit > pageLimit.limit))
    return { ...next, pageLimit: undefined };
  // A page that is not full says nothing of a larger one: an empty one is always quick.
  const isFull = cursor !== undefined || entries.length >= limit;
  if (pageLimit.reason === 'refused' || !isFull || tookMs > QUICK_MS || limit < pageLimit.limit) return next;
  const grown = Math.min(most, 2 * limit);
  return { ...next, pageLimit: grown >= most ? undefined : { ...pageLimit, limit: grown } };
}
