/**
 * One stream: the loop over a slice of a window. Live, sweep and backfill are three windows of it.
 *
 *   page ─▶ leads on? ─▶ resolved (publish-page.ts: publish, every outcome, ledger) ─▶ progress saved
 *     │                                                                                    │
 *     └── next page: asked for while this one is published ◀────────────────────── cursor ─┘
 */

import { type PageEntry, parseEntry } from '../core/event.ts';
import type { Instant } from '../core/instant.ts';
import { type Chain, followPage, type PageAnswer, startChain } from '../core/paging.ts';
import { outOfTime, type PollerError, toPollerError } from '../errors.ts';
import type { EventSource, Log } from '../ports.ts';
import type { KnownEvents } from '../publish/deduplicator.ts';
import { type PassPlan, type PublishContext, resolveEntries } from '../publish/publish-page.ts';
import type { Budget } from '../publish/semaphore.ts';

/** What the streams of a run share. */
export interface StreamContext extends PublishContext {
  readonly source: EventSource;
  readonly log: Log;
  /** The pages that may be in memory. */
  readonly pages: Budget;
}

/** A part of a pass's window with a cursor chain of its own: everything of it before `position` is resolved. */
export interface Slice {
  readonly from: Instant;
  readonly to: Instant;
  readonly position: Instant;
  /** Its position when its last turn began. */
  readonly turnedAt: Instant;
  readonly cursor: string | undefined;
  /** True where the cursor is from an earlier run: HubSpot may no longer know it. */
  readonly isResumed: boolean;
  readonly chain: Chain;
  readonly known: KnownEvents;
  readonly pageSize: number;
}

/** What one page did. */
export interface PageProgress {
  /** The slice where it now stands; undefined at its end. */
  readonly slice: Slice | undefined;
  readonly entries: number;
  readonly shown: number;
  readonly published: number;
  readonly lastAt: Instant | undefined;
  readonly pageSize: number;
}

/** Keeps the progress; called after each page, and only after its events are in the ledger. */
export type SaveProgress = (progress: PageProgress) => Promise<void>;

/**
 * Reads up to `maxPages` pages of a slice and resolves every event on them.
 * @throws PollerError for what stops the stream; what was resolved until then is saved
 */
export async function readSlice(
  context: StreamContext,
  plan: PassPlan,
  start: Slice,
  until: Instant,
  maxPages: number,
  save: SaveProgress,
): Promise<void> {
  let slice = start;
  let asked: Promise<AskedPage> | undefined = askPage(context, plan, slice, until);
  try {
    for (let pages = 1; asked !== undefined; pages += 1) {
      let page: AskedPage;
      try {
        page = await asked;
      } catch (thrown) {
        asked = undefined;
        const error = toPollerError(thrown);
        if (!slice.isResumed || error.code !== 'hubspot-bad-request') throw error;
        slice = {
          ...slice,
          from: slice.position,
          cursor: undefined,
          isResumed: false,
          chain: startChain(undefined),
        };
        asked = askPage(context, plan, slice, until);
        continue;
      }
      const { answer } = page;
      const isLast = answer.cursor === undefined || pages >= maxPages;
      const ahead = { ...slice, cursor: answer.cursor, pageSize: answer.limit };
      asked = isLast ? undefined : askPage(context, plan, ahead, until);
      // Its failure is met when its turn comes; until then it must not count as unhandled.
      asked?.catch(() => undefined);
      try {
        const { progress, failure } = await resolvePage(context, plan, slice, answer);
        await save(progress);
        if (failure !== undefined) throw failure;
        if (progress.slice === undefined) return;
        slice = progress.slice;
      } finally {
        page.giveBack();
      }
    }
  } finally {
    asked?.then(({ giveBack }) => giveBack()).catch(() => undefined);
  }
}

interface AskedPage {
  readonly answer: PageAnswer;
  /** Called when the page is no longer in memory. */
  readonly giveBack: () => void;
}

async function askPage(
  { source, clock, stop, pages }: StreamContext,
  { stream }: PassPlan,
  { from, to, cursor, pageSize }: Slice,
  until: Instant,
): Promise<AskedPage> {
  const giveBack = await pages.take(1);
  try {
    if (stop.signal.aborted || clock.now() >= until) throw outOfTime(`Reading ${stream.name}`);
    const query = { query: stream.query, from, to, cursor, limit: pageSize };
    const answer = await source.readPage(query, until, stop.signal);
    return { answer, giveBack };
  } catch (thrown) {
    giveBack();
    throw thrown;
  }
}

/** Resolves a page's entries; where some stay unresolved, the progress ends before them. */
async function resolvePage(
  context: StreamContext,
  plan: PassPlan,
  slice: Slice,
  answer: PageAnswer,
): Promise<{ progress: PageProgress; failure: PollerError | undefined }> {
  const entries = answer.entries.map(parseEntry);
  const chain = followPage(slice.chain, entries, answer.cursor);
  context.tally.eventsRead += entries.length;
  const inSlice = entries.filter((entry) => isWithin(entry, slice));
  const { shown, published, failure, unresolvedAt } = await resolveEntries(
    context,
    plan,
    slice.known,
    inSlice,
  );
  const isComplete = failure === undefined;
  const reachedAt = Math.min((isComplete ? chain.lastAt : unresolvedAt) ?? slice.position, slice.to);
  const next: Slice = {
    ...slice,
    chain,
    // In any other order than the ascending one, what is still to come may lie before what was read.
    position: chain.isAscending ? Math.max(slice.position, reachedAt) : slice.position,
    // A page that is resolved in part is asked for again.
    cursor: isComplete ? answer.cursor : slice.cursor,
    isResumed: false,
    pageSize: answer.limit,
  };
  const isEnd = isComplete && answer.cursor === undefined;
  const progress = {
    slice: isEnd ? undefined : next,
    entries: entries.length,
    shown,
    published,
    lastAt: chain.lastAt,
    pageSize: answer.limit,
  };
  return { progress, failure };
}

function isWithin({ occurredAt }: PageEntry, { from, to }: Slice): boolean {
  return occurredAt === undefined || (occurredAt >= from && occurredAt <= to);
}
