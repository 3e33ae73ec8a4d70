/**
 * What becomes of the entries of one page. The order is the promise.
 *
 *   parse ─▶ drop what the ledger has ─▶ chunks ─▶ PutEvents ─▶ refused for good: dead-letter queue
 *                                                      │                 │
 *                                                      └────▶ ledger ◀───┘ ─▶ only now: resolved
 */

import type { PassKind } from '../contract.ts';
import { type EventOrigin, toBusEntry } from '../core/bus-entry.ts';
import { type DeadLetter, letterForPoison, letterForRefusal } from '../core/dead-letter.ts';
import type { PageEntry } from '../core/event.ts';
import type { Instant } from '../core/instant.ts';
import { LEDGER_KEEP_DAYS } from '../core/ledger.ts';
import type { RunTime } from '../core/run-time.ts';
import type { Stream } from '../core/streams.ts';
import type { Tally } from '../core/tally.ts';
import { outOfTime, type PollerError, toPollerError } from '../errors.ts';
import type { Clock, DeadLetterQueue, EventPublisher } from '../ports.ts';
import type { KeyedEntry, KnownEvents } from './deduplicator.ts';
import type { Budget } from './semaphore.ts';

/** What publishing needs of a run. */
export interface PublishContext {
  readonly portal: string;
  readonly sweepLookbackHours: number;
  readonly publisher: EventPublisher;
  readonly deadLetters: DeadLetterQueue;
  readonly clock: Clock;
  /** The events that may be published and not yet in the ledger. */
  readonly inFlight: Budget;
  readonly tally: Tally;
  readonly time: RunTime;
  /** Aborted where the run is to end at once: nothing more is published. */
  readonly stop: AbortController;
}

/** What a pass reads; the same for all its slices. */
export interface PassPlan {
  readonly kind: PassKind;
  readonly stream: Stream;
  /** Events that occurred before this are late. */
  readonly lateBefore: Instant;
}

/** What is published and committed together: its ledger row stays within 4 KB, four write units. */
const CHUNK_EVENTS = 240;

export interface ResolvedPage {
  /** Entries that were new. */
  readonly shown: number;
  readonly published: number;
  /** Why some entries are not resolved; undefined where all are. */
  readonly failure: PollerError | undefined;
  /** The earliest time of an entry that is not resolved; undefined also where one of them has no time. */
  readonly unresolvedAt: Instant | undefined;
}

/** Publishes or dead-letters what is new among the entries, and writes it down. Never throws for some of them. */
export async function resolveEntries(
  context: PublishContext,
  plan: PassPlan,
  known: KnownEvents,
  entries: readonly PageEntry[],
): Promise<ResolvedPage> {
  const fresh = await known.dropKnown(entries);
  context.tally.duplicatesSuppressed += entries.length - fresh.length;
  const chunks: KeyedEntry[][] = [];
  for (let at = 0; at < fresh.length; at += CHUNK_EVENTS) chunks.push(fresh.slice(at, at + CHUNK_EVENTS));
  const results = await Promise.all(chunks.map((chunk) => resolveChunk(context, plan, known, chunk)));

  const unresolved = results.flatMap((result) => result.unresolved);
  const found = results.find((result) => result.failure !== undefined)?.failure;
  const failure = found ?? (unresolved.length > 0 ? outOfTime(`Publishing ${plan.stream.name}`) : undefined);
  const published = results.reduce((sum, result) => sum + result.published, 0);
  return { shown: fresh.length, published, failure, unresolvedAt: earliest(unresolved) };
}

interface ChunkResult {
  readonly published: number;
  readonly unresolved: readonly KeyedEntry[];
  readonly failure?: PollerError | undefined;
}

async function resolveChunk(
  context: PublishContext,
  plan: PassPlan,
  known: KnownEvents,
  chunk: readonly KeyedEntry[],
): Promise<ChunkResult> {
  const giveBack = await context.inFlight.take(chunk.length);
  let published = 0;
  try {
    const isOver = context.stop.signal.aborted || context.clock.now() >= context.time.publishUntil;
    if (isOver) return { published, unresolved: chunk };
    const origin = { portal: context.portal, stream: plan.stream.name, pass: plan.kind };
    const sent = await publishEvents(context, origin, chunk);
    published = sent.accepted.length;
    countPublished(context, plan, sent.accepted);
    const lettered = await sendLetters(context, sent.letters);
    const resolved = [...sent.accepted, ...lettered.sent];
    const keepMs = (LEDGER_KEEP_DAYS * 24 + context.sweepLookbackHours) * 3_600_000;
    await writeDown(context, known, resolved, context.clock.now() + keepMs);
    const isResolved = new Set(resolved);
    const unresolved = chunk.filter((keyed) => !isResolved.has(keyed));
    return { published, unresolved, failure: sent.failure ?? lettered.failure };
  } catch (thrown) {
    return { published, unresolved: chunk, failure: toPollerError(thrown) };
  } finally {
    giveBack();
  }
}

/** What is published and not in the ledger comes again: where it cannot be written, nothing more is published. */
async function writeDown(
  { stop }: PublishContext,
  known: KnownEvents,
  resolved: readonly KeyedEntry[],
  expiresAt: Instant,
): Promise<void> {
  try {
    await known.record(resolved, expiresAt);
  } catch (thrown) {
    stop.abort();
    throw thrown;
  }
}

interface Lettered {
  readonly keyed: KeyedEntry;
  readonly letter: DeadLetter;
}

async function publishEvents(
  { publisher, clock }: PublishContext,
  origin: EventOrigin,
  chunk: readonly KeyedEntry[],
): Promise<{ accepted: KeyedEntry[]; letters: Lettered[]; failure?: PollerError | undefined }> {
  const accepted: KeyedEntry[] = [];
  const letters: Lettered[] = [];
  const events = chunk.flatMap((keyed) => {
    if (keyed.entry.kind === 'event') return [{ keyed, event: keyed.entry }];
    letters.push({ keyed, letter: letterForPoison(keyed.entry, origin, clock.now()) });
    return [];
  });
  if (events.length === 0) return { accepted, letters };
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
  letters: readonly Lettered[],
): Promise<{ sent: KeyedEntry[]; failure?: PollerError }> {
  const results = await Promise.allSettled(letters.map(({ letter }) => deadLetters.send([letter])));
  const sent = letters.filter((_, index) => results[index]?.status === 'fulfilled').map(({ keyed }) => keyed);
  tally.eventsDeadLettered += sent.length;
  const failed = results.find((result) => result.status === 'rejected');
  return failed === undefined ? { sent } : { sent, failure: toPollerError(failed.reason) };
}

function countPublished(
  { tally, clock }: PublishContext,
  plan: PassPlan,
  accepted: readonly KeyedEntry[],
): void {
  const now = clock.now();
  tally.eventsPublished += accepted.length;
  for (const { entry } of accepted) {
    if (entry.kind === 'event') {
      tally.publishedByType.set(entry.eventType, (tally.publishedByType.get(entry.eventType) ?? 0) + 1);
    }
    const occurredAt = entry.occurredAt ?? now;
    const ageSeconds = Math.max(0, now - occurredAt) / 1000;
    tally.eventAgesSeconds.push(ageSeconds);
    if (occurredAt >= plan.lateBefore) continue;
    tally.lateEvents += 1;
    if (plan.kind === 'sweep') tally.sweptLatenessSeconds.push(ageSeconds);
  }
}

/** Where an entry has no time nothing is known to lie before it. */
function earliest(entries: readonly KeyedEntry[]): Instant | undefined {
  const instants = entries.flatMap(({ entry }) => entry.occurredAt ?? []);
  if (instants.length < entries.length) return undefined;
  return instants.length === 0 ? undefined : instants.reduce((least, instant) => Math.min(least, instant));
}
