/**
 * What becomes of the entries of one page. The order is the promise.
 *
 *   entries ─▶ new ones (deduplicator.ts) ─▶ chunks ─▶ PutEvents ─▶ refused for good: dead-letter queue
 *                                                          │                 │
 *                                                          └────▶ ledger ◀───┘ ─▶ only now: resolved
 */
import { type EventOrigin, toBusEntry } from '../core/event/bus-entry.ts';
import { type DeadLetter, letterForPoison, letterForRefusal } from '../core/event/dead-letter.ts';
import { earliestOf, type PageEntry } from '../core/event/event.ts';
import type { Instant } from '../core/instant.ts';
import { ledgerExpiresAt } from '../core/ledger/ledger.ts';
import type { RunTime } from '../core/run-time.ts';
import { countPublished, type Tally } from '../core/tally.ts';
import { gravest, gravestOf, outOfTime, type PollerError, toPollerError, worse } from '../errors.ts';
import type { Clock, DeadLetterQueue, EventPublisher } from '../ports.ts';
import type { Deduplicator, KeyedEntry } from './deduplicator.ts';
import type { Semaphore } from './semaphore.ts';

/** What publishing needs of a run. */
export interface PublishContext {
  readonly publisher: EventPublisher;
  readonly deadLetters: DeadLetterQueue;
  readonly clock: Clock;
  /** The events that may be published and not yet in the ledger. */
  readonly inFlight: Semaphore;
  readonly tally: Tally;
  readonly time: RunTime;
  /** Aborted where the run is to end at once: nothing more is published. */
  readonly stop: AbortController;
  readonly request: { readonly sweepLookbackHours: number };
}

/** The entries of a page, and where they were read. */
export interface PageToPublish {
  readonly origin: EventOrigin;
  /** Events that occurred before this are late. */
  readonly lateBefore: Instant;
  readonly entries: readonly PageEntry[];
  readonly bytesPerEntry: number;
}

export interface PublishedPage {
  /** Entries that were new to us. */
  readonly fresh: number;
  readonly published: number;
  /** Why some entries are not resolved; undefined where all are. */
  readonly failure: PollerError | undefined;
  /** The earliest time of an entry that is not resolved; undefined also where one of them has no time. */
  readonly unresolvedAt: Instant | undefined;
}

/** What is published and committed together: its ledger row stays within 4 KB, four write units. */
const CHUNK_EVENTS = 240;

/** How much text a chunk holds at most: each is in memory several times over. */
const CHUNK_BYTES = 2 * 1_048_576;

/** The most events that a run may have published and not yet written to the ledger, over all its streams. */
export const IN_FLIGHT_EVENTS = 1_000;

/** The same before the run's first row is written: whether the ledger can be written is not known yet. */
export const FIRST_IN_FLIGHT_EVENTS = CHUNK_EVENTS;

/** Publishes or dead-letters what is new among the entries, and writes it down. Never throws for some of them. */
export async function publishPage(
  context: PublishContext,
  deduplicator: Deduplicator,
  page: PageToPublish,
): Promise<PublishedPage> {
  using claim = await deduplicator.filterNew(page.entries);
  const fresh = claim.entries;
  context.tally.duplicatesSuppressed += page.entries.length - fresh.length;
  const perChunk = Math.max(
    1,
    Math.min(CHUNK_EVENTS, Math.floor(CHUNK_BYTES / Math.max(1, page.bytesPerEntry))),
  );
  const chunks: KeyedEntry[][] = [];
  for (let at = 0; at < fresh.length; at += perChunk) chunks.push(fresh.slice(at, at + perChunk));
  const weight = CHUNK_EVENTS / perChunk;
  const results = await Promise.all(
    chunks.map((chunk) => publishChunk(context, deduplicator, page, chunk, Math.ceil(chunk.length * weight))),
  );
  const unresolved = results.flatMap((result) => result.unresolved);
  const found = gravest(results.map(({ failure }) => failure));
  const isLeft = found === undefined && unresolved.length > 0;
  return {
    fresh: fresh.length,
    published: results.reduce((sum, result) => sum + result.published, 0),
    failure: isLeft ? outOfTime(`Publishing ${page.origin.stream}`) : found,
    unresolvedAt: earliestOf(unresolved.map(({ entry }) => entry)),
  };
}

async function publishChunk(
  context: PublishContext,
  deduplicator: Deduplicator,
  { origin, lateBefore }: PageToPublish,
  chunk: readonly KeyedEntry[],
  weight: number,
): Promise<Pick<PublishedPage, 'published' | 'failure'> & { readonly unresolved: readonly KeyedEntry[] }> {
  const { clock, inFlight, stop, tally, time, request } = context;
  using _permit = await inFlight.acquire(weight);
  // It waited for its turn: the time may be over, or the run.
  if (stop.signal.aborted || clock.now() >= time.publishUntil)
    return { published: 0, unresolved: chunk, failure: undefined };
  const sent = await publishEvents(context, origin, chunk);
  const published = sent.accepted.length;
  countPublished(
    tally,
    sent.accepted.map(({ entry }) => entry),
    origin.pass,
    lateBefore,
    clock.now(),
  );
  const lettered = await sendLetters(context, sent.letters);
  const resolved = [...sent.accepted, ...lettered.sent];
  const isResolved = new Set(resolved);
  const unresolved = chunk.filter((keyed) => !isResolved.has(keyed));
  const failure = worse(sent.failure, lettered.failure);
  try {
    await deduplicator.record(resolved, ledgerExpiresAt(clock.now(), request.sweepLookbackHours));
  } catch (thrown) {
    // What is published and not in the ledger comes again: nothing more is published now.
    stop.abort();
    return { published, unresolved: chunk, failure: worse(failure, toPollerError(thrown)) };
  }
  if (resolved.length > 0) inFlight.widen(IN_FLIGHT_EVENTS);
  return { published, unresolved, failure };
}

async function publishEvents(
  { publisher, clock }: PublishContext,
  origin: EventOrigin,
  chunk: readonly KeyedEntry[],
) {
  const accepted: KeyedEntry[] = [];
  const letters: { readonly keyed: KeyedEntry; readonly letter: DeadLetter }[] = [];
  const events = chunk.flatMap((keyed) => {
    if (keyed.entry.kind === 'event') return [{ keyed, event: keyed.entry }];
    letters.push({ keyed, letter: letterForPoison(keyed.entry, origin, clock.now()) });
    return [];
  });
  if (events.length === 0) return { accepted, letters, failure: undefined };
  const { outcomes, failure } = await publisher.publish(events.map(({ event }) => toBusEntry(event, origin)));
  for (const [index, { keyed, event }] of events.entries()) {
    const outcome = outcomes[index];
    if (outcome?.state === 'accepted') accepted.push(keyed);
    if (outcome?.state !== 'refused') continue;
    letters.push({ keyed, letter: letterForRefusal(event, origin, outcome, clock.now()) });
  }
  return { accepted, letters, failure };
}

/** Each letter by itself: one that was sent is written down, also where others were not. */
async function sendLetters(
  { deadLetters, tally }: PublishContext,
  letters: readonly { readonly keyed: KeyedEntry; readonly letter: DeadLetter }[],
): Promise<{ sent: KeyedEntry[]; failure: PollerError | undefined }> {
  const results = await Promise.allSettled(letters.map(({ letter }) => deadLetters.send(letter)));
  const sent = letters.filter((_, index) => results[index]?.status === 'fulfilled').map(({ keyed }) => keyed);
  tally.eventsDeadLettered += sent.length;
  return { sent, failure: gravestOf(results) };
}
