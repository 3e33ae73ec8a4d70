import { PollerError } from '../errors.ts';
import type { PageEntry } from './event.ts';
import type { Instant } from './instant.ts';
import type { StreamQuery } from './streams.ts';

export interface PageQuery {
  readonly query: StreamQuery;
  readonly from: Instant;
  readonly to: Instant;
  /** Where the page starts in the window; its beginning where undefined. Decoded. */
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface PageAnswer {
  /** The entries as HubSpot sent them. */
  readonly entries: readonly unknown[];
  /** Where the next page starts, decoded; undefined at the window's end. */
  readonly cursor: string | undefined;
  /** The page size HubSpot accepted: smaller than asked for where it refused. */
  readonly limit: number;
}

/** How many pages without an entry may follow each other before the reading counts as stuck. */
const EMPTY_PAGES = 100;

/** What is known of the pages of one reading, to notice one that leads nowhere. */
export interface Chain {
  readonly cursors: ReadonlySet<string>;
  readonly emptyPages: number;
  /** The last page as a text to tell it from the next. */
  readonly lastPage: string;
  /** The latest time seen; undefined before the first. */
  readonly lastAt: Instant | undefined;
  /** True as long as every entry was no earlier than the one before it. */
  readonly isAscending: boolean;
}

export function startChain(cursor: string | undefined): Chain {
  const cursors = new Set(cursor === undefined ? [] : [cursor]);
  return { cursors, emptyPages: 0, lastPage: '', lastAt: undefined, isAscending: true };
}

/**
 * The chain with one more page.
 * @throws PollerError `hubspot-paging` where the cursor was there before, where the page is the last one again,
 *   or where too many empty ones follow each other: each would go round for ever, or skip.
 */
export function followPage(chain: Chain, entries: readonly PageEntry[], cursor: string | undefined): Chain {
  if (cursor !== undefined && chain.cursors.has(cursor)) {
    throw new PollerError(
      'hubspot-paging',
      'Reading a page: its cursor must be a new one, found one that was there before in this window.',
    );
  }
  const page = entries
    .map((entry) => (entry.kind === 'event' ? `${entry.eventType}/${entry.id}` : entry.text))
    .join('\n');
  if (page !== '' && page === chain.lastPage && cursor !== undefined) {
    throw new PollerError(
      'hubspot-paging',
      'Reading a page: it must lead on, found the same entries as on the page before.',
    );
  }
  const emptyPages = page === '' ? chain.emptyPages + 1 : 0;
  if (emptyPages > EMPTY_PAGES) {
    throw new PollerError(
      'hubspot-paging',
      `Reading pages: at most ${EMPTY_PAGES} without an entry may follow each other, found more.`,
    );
  }
  let { lastAt, isAscending } = chain;
  for (const { occurredAt } of entries) {
    if (occurredAt === undefined) continue;
    if (lastAt !== undefined && occurredAt < lastAt) isAscending = false;
    lastAt = occurredAt;
  }
  const cursors = cursor === undefined ? chain.cursors : new Set(chain.cursors).add(cursor);
  return { cursors, emptyPages, lastPage: page === '' ? chain.lastPage : page, lastAt, isAscending };
}
