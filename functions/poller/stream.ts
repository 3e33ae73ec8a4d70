/**
 * One stream: the loop over a window. Live, sweep and backfill are three windows of it.
 *
 *   page ─▶ parse ─▶ drop what the ledger has ─▶ chunks ─▶ PutEvents ─▶ refused: dead-letter queue
 *                                                              │              │
 *                                                              └──▶ ledger ◀──┘
 *                                                                     │
 *   next page (asked for while this one is published)             checkpoint: position, watermark
 *
 * The order is the promise: publish, look at every entry's outcome, ledger, then the checkpoint.
 */
import type { Budget } from './budget.ts';
import type { PassKind } from './contract.ts';
import { type EventOrigin, toBusEntry } from './core/bus-entry.ts';
import type { Pass } from './core/checkpoint.ts';
import { type DeadLetter, letterForPoison, letterForRefusal } from './core/dead-letter.ts';
import { parseEntry } from './core/event.ts';
import type { Instant } from './core/instant.ts';
import { LEDGER_KEEP_DAYS } from './core/ledger.ts';
import { type Chain, followPage, type PageAnswer, startChain } from './core/paging.ts';
import type { RunTime } from './core/run-time.ts';
import type { Stream } from './core/streams.ts';
import type { Tally } from './core/tally.ts';
import { outOfTime, type PollerError, toPollerError } from './errors.ts';
import type { KeyedEntry, KnownEvents } from './known-events.ts';
import type { Clock, DeadLetterQueue, EventPublisher, EventSource, Log } from './ports.ts';

/** The most events that a run may have published and not yet written to the ledger, over all its streams. */
export const IN_FLIGHT_EVENTS = 1_000;

/** What is published and committed together: its ledger row stays within 4 KB, four write units. */
const CHUNK_EVENTS = 240;

/** What the streams of a run share. */
export interface StreamContext {
  readonly portal: string;
  readonly sweepLookbackHours: number;
  readonly source: EventSource;
  readonly publisher: EventPublisher;
  readonly deadLetters: DeadLetterQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly inFlight: Budget;
  readonly tally: Tally;
  readonly time: RunTime;
  /** Aborted where the run is to end at once: no further page is asked for. */
  readonly stop: AbortController;
}

/** A pass that is being read: where it stands, and how its progress is kept. */
export interface Reading {
  readonly kind: PassKind;
  readonly stream: Stream;
  readonly known: KnownEvents;
  readonly pageSize: number;
  /** Events that occurred before this are late. */
  readonly lateBefore: Instant;
  /** True where the cursor is from an earlier run: HubSpot may no longer know it. */
  readonly isResumed: boolean;
  readonly pass: Pass;
  readonly chain: Chain;
}

/** A reading at its start: with no cursor, a pass goes on at its position. */
export function startReading(reading: Omit<Reading, 'chain' | 'isResumed'>): Reading {
  const { cursor, position } = reading.pass;
  const pass = cursor === undefined ? { ...reading.pass, from: position } : reading.pass;
  return { ...reading, pass, isResumed: cursor !== undefined, chain: startChain(cursor) };
}

/** What one page did. */
export interface PageProgress {
  readonly reading: Reading;
  /** True at the window's end. */
  readonly isEnd: boolean;
  /** True where no further page is read now. */
  readonly isLast: boolean;
  readonly published: number;
  readonly shown: number;
  readonly lastAt: Instant | undefined;
}

/** Keeps the progress; called after each page, and only after its events are in the ledger. */
export type SaveProgress = (progress: PageProgress) => Promise<void>;

/**
 * Reads up to `maxPages` pages of a pass and resolves every event on them.
 * Gives the reading where it stands, or undefined at the window's end.
 * @throws PollerError for what stops the stream; what was resolved until then is saved.
 */
export async function readPages(
  context: StreamContext,
  start: Reading,
  until: Instant,
  maxPages: number,
  save: SaveProgress,
): Promise<Reading | undefined> {
  let reading = start;
  let asked = askPage(context, reading, reading.pass.cursor, until);
  for (let pages = 1; ; pages += 1) {
    let answer: PageAnswer;
    try {
      answer = await asked;
    } catch (thrown) {
      const error = toPollerError(thrown);
      if (!reading.isResumed || error.code !== 'hubspot-bad-request') throw error;
      reading = forgetCursor(reading);
      asked = askPage(context, reading, undefined, until);
      continue;
    }
    const isLast = answer.cursor === undefined || pages >= maxPages;
    const ahead = isLast
      ? undefined
      : askPage(context, { ...reading, pageSize: answer.limit }, answer.cursor, until);
    // Its failure is met when its turn comes; until then it must not count as unhandled.
    ahead?.catch(() => undefined);

    const progress = await resolvePage(context, reading, answer);
    await save({ ...progress.done, isLast });
    if (progress.failure !== undefined) throw progress.failure;
    if (progress.done.isEnd) return undefined;
    reading = progress.done.reading;
    if (ahead === undefined) return reading;
    asked = ahead;
  }
}

function askPage(
  { source, clock, stop }: StreamContext,
  { stream, pass, pageSize }: Reading,
  cursor: string | undefined,
  until: Instant,
): Promise<PageAnswer> {
  if (stop.signal.aborted || clock.now() >= until) return Promise.reject(outOfTime(`Reading ${stream.name}`));
  return source.readPage(
    { query: stream.query, from: pass.from, to: pass.to, cursor, limit: pageSize },
    until,
  );
}

function forgetCursor(reading: Reading): Reading {
  return startReading({ ...reading, pass: { ...reading.pass, cursor: undefined } });
}

/** Publishes what is new on a page. Where some entries stay unresolved the progress ends before them. */
async function resolvePage(
  context: StreamContext,
  reading: Reading,
  answer: PageAnswer,
): Promise<{ done: Omit<PageProgress, 'isLast'>; failure?: PollerError | undefined }> {
  const { tally } = context;
  const entries = answer.entries.map(parseEntry);
  const chain = followPage(reading.chain, entries, answer.cursor);
  tally.eventsRead += entries.length;
  const inWindow = entries.filter(
    ({ occurredAt }) =>
      occurredAt === undefined || (occurredAt >= reading.pass.from && occurredAt <= reading.pass.to),
  );
  const fresh = await reading.known.dropKnown(inWindow);
  tally.duplicatesSuppressed += inWindow.length - fresh.length;

  const chunks: KeyedEntry[][] = [];
  for (let at = 0; at < fresh.length; at += CHUNK_EVENTS) chunks.push(fresh.slice(at, at + CHUNK_EVENTS));
  const results = await Promise.all(chunks.map((chunk) => resolveChunk(context, reading, chunk)));

  const unresolved = results.flatMap((result) => result.unresolved);
  const failure = results.find((result) => result.failure !== undefined)?.failure;
  const isComplete = unresolved.length === 0 && failure === undefined;
  const reachedAt = isComplete ? chain.lastAt : earliest(unresolved);
  const pass: Pass = {
    ...reading.pass,
    // In any other order than the ascending one, what is still to come may lie before what was read.
    position: chain.isAscending ? Math.max(reading.pass.position, reachedAt ?? 0) : reading.pass.position,
    cursor: isComplete ? answer.cursor : reading.pass.cursor,
  };
  const next = { ...reading, pass, chain, pageSize: answer.limit, isResumed: false };
  return {
    done: {
      reading: next,
      isEnd: isComplete && answer.cursor === undefined,
      published: results.reduce((sum, result) => sum + result.published, 0),
      shown: fresh.length,
      lastAt: chain.lastAt,
    },
    failure: isComplete ? undefined : (failure ?? outOfTime(`Publishing ${reading.stream.name}`)),
  };
}

interface ChunkResult {
  readonly published: number;
  readonly unresolved: readonly KeyedEntry[];
  readonly failure?: PollerError | undefined;
}

/** Publishes a chunk, dead-letters what is refused for good, and writes both down in the ledger. */
async function resolveChunk(
  context: StreamContext,
  reading: Reading,
  chunk: readonly KeyedEntry[],
): Promise<ChunkResult> {
  const giveBack = await context.inFlight.take(chunk.length);
  try {
    if (context.clock.now() >= context.time.publishUntil) return { published: 0, unresolved: chunk };
    const origin = { portal: context.portal, stream: reading.stream.name, pass: reading.kind };
    const sent = await publishEvents(context, origin, chunk);
    const lettered = await sendLetters(context, sent.letters);
    const resolved = [...sent.accepted, ...lettered.sent];
    const keepMs = (LEDGER_KEEP_DAYS * 24 + context.sweepLookbackHours) * 3_600_000;
    count(context, reading, sent.accepted, lettered.sent.length);
    await reading.known.record(resolved, context.clock.now() + keepMs);
    const isResolved = new Set(resolved);
    return {
      published: sent.accepted.length,
      unresolved: chunk.filter((keyed) => !isResolved.has(keyed)),
      failure: sent.failure ?? lettered.failure,
    };
  } catch (thrown) {
    return { published: 0, unresolved: chunk, failure: toPollerError(thrown) };
  } finally {
    giveBack();
  }
}

interface Lettered {
  readonly keyed: KeyedEntry;
  readonly letter: DeadLetter;
}

async function publishEvents(
  { publisher, clock }: StreamContext,
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
    if (outcome?.state === 'refused')
      letters.push({ keyed, letter: letterForRefusal(event, origin, outcome, clock.now()) });
  }
  return { accepted, letters, failure };
}

async function sendLetters(
  { deadLetters }: StreamContext,
  letters: readonly Lettered[],
): Promise<{ sent: KeyedEntry[]; failure?: PollerError }> {
  if (letters.length === 0) return { sent: [] };
  try {
    await deadLetters.send(letters.map(({ letter }) => letter));
    return { sent: letters.map(({ keyed }) => keyed) };
  } catch (thrown) {
    return { sent: [], failure: toPollerError(thrown) };
  }
}

function count(
  { tally, clock }: StreamContext,
  reading: Reading,
  accepted: readonly KeyedEntry[],
  letters: number,
): void {
  const now = clock.now();
  tally.eventsPublished += accepted.length;
  tally.eventsDeadLettered += letters;
  for (const { entry } of accepted) {
    const ageSeconds = Math.max(0, now - (entry.occurredAt ?? now)) / 1000;
    tally.eventAgesSeconds.push(ageSeconds);
    if ((entry.occurredAt ?? now) >= reading.lateBefore) continue;
    tally.lateEvents += 1;
    if (reading.kind === 'sweep') tally.sweptLatenessSeconds.push(ageSeconds);
  }
}

function earliest(entries: readonly KeyedEntry[]): Instant | undefined {
  const instants = entries.flatMap(({ entry }) => (entry.occurredAt === undefined ? [] : [entry.occurredAt]));
  return instants.length === 0 ? undefined : instants.reduce((least, instant) => Math.min(least, instant));
}
