import { PollerError } from '../../errors.ts';
import type { PageEntry } from '../event/event.ts';
import type { Instant } from '../instant.ts';
import type { StreamQuery } from '../streams.ts';

/** One page to ask HubSpot for. */
export interface PageQuery {
  readonly query: StreamQuery;
  readonly from: Instant;
  readonly to: Instant;
  /** Where the page starts in the window; its beginning where undefined. Decoded. */
  readonly cursor: string | undefined;
  /** The most entries, and the most bytes of its text: a larger page is asked for again, smaller. */
  readonly limit: number;
  readonly maxBytes: number;
}

export interface PageAnswer {
  /** The entries as HubSpot sent them. */
  readonly entries: readonly unknown[];
  /** Where the next page starts, decoded; undefined at the window's end. */
  readonly cursor: string | undefined;
  /** The page size that was asked for in the end. */
  readonly limit: number;
  /** Why it is smaller than asked for; undefined where it is not. */
  readonly reduced: 'refused' | 'slow' | 'large' | undefined;
  readonly bytes: number;
  readonly tookMs: number;
}

/** What is known of the pages of one cursor chain. */
export interface Chain {
  /** The cursors that were met: the chain's own, handed on from page to page and not copied. */
  readonly cursors: Set<string>;
  /** Where the next page starts; undefined at the beginning and at the end. */
  readonly cursor: string | undefined;
  readonly isStarted: boolean;
  /** The latest time seen; undefined before the first. */
  readonly lastAt: Instant | undefined;
  /** True as long as every entry was no earlier than the one before it. */
  readonly isAscending: boolean;
}

/** A chain before its first page, or where an earlier run left it. */
export function startChain(cursor: string | undefined, isAscending = true): Chain {
  const cursors = new Set(cursor === undefined ? [] : [cursor]);
  return { cursors, cursor, isStarted: false, lastAt: undefined, isAscending };
}

/**
 * The chain with one more page. Pages without an entry, and pages that look alike, are lawful: only a cursor that
 * comes again leads nowhere. @throws PollerError `hubspot-paging`
 */
export function followPage(chain: Chain, entries: readonly PageEntry[], cursor: string | undefined): Chain {
  if (cursor !== undefined && chain.cursors.has(cursor)) {
    throw new PollerError(
      'hubspot-paging',
      'Reading a page: its cursor must be a new one, found one that was there before in this window.',
    );
  }
  let { lastAt, isAscending } = chain;
  for (const { occurredAt } of entries) {
    if (occurredAt === undefined) continue;
    if (lastAt !== undefined && occurredAt < lastAt) isAscending = false;
    lastAt = Math.max(lastAt ?? occurredAt, occurredAt);
  }
  if (cursor !== undefined) chain.cursors.add(cursor);
  return { cursors: chain.cursors, cursor, isStarted: true, lastAt, isAscending };
}
