/** What the parts of a run share, and a stream in a run: what is stored of it, its readings, when it is due. */
import type { PassKind } from '../contract.ts';
import { advanceLive, advanceSweep, type Backfill, type Checkpoint } from '../core/checkpoint.ts';
import type { Instant } from '../core/instant.ts';
import type { PageSize } from '../core/reading/page-size.ts';
import { passOf, placeOf, type Reading } from '../core/reading/reading.ts';
import { nextPollAt } from '../core/reading/windows.ts';
import type { Stream } from '../core/streams.ts';
import { PollerError } from '../errors.ts';
import type { PollRequest } from '../input/request.ts';
import type { CheckpointStore, EventSource, Ledger, Log, Metrics } from '../ports.ts';
import { Deduplicator } from '../publish/deduplicator.ts';
import type { LedgerCache } from '../publish/ledger-cache.ts';
import type { PublishContext } from '../publish/publish-page.ts';

/** What the parts of a run share. */
export interface RunContext extends PublishContext {
  readonly request: PollRequest;
  /** The run's own name: who holds the lease. */
  readonly owner: string;
  readonly source: EventSource;
  readonly store: CheckpointStore;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly ledgerCache: LedgerCache;
  /** How this process left the portal: its last run, and the revisions it wrote. Kept over runs. */
  readonly memory: { lastOwner: string | undefined; revisions: ReadonlyMap<string, number> };
}

export interface StreamRun {
  readonly stream: Stream;
  checkpoint: Checkpoint;
  backfill: Backfill | undefined;
  readonly deduplicator: Deduplicator;
  readonly readings: Map<PassKind, OpenReading>;
  /** The kinds of reading that had what this run can give them. */
  readonly done: Set<PassKind>;
  /** When it is to be polled: now, where that lies in the past. */
  dueAt: Instant;
  /** Pages asked for since it was last up to date. */
  pages: number;
  pageSize: PageSize;
  /** When a page of it was last read in this run. */
  readAt: Instant | undefined;
  /** A page of it was refused, and none was read since. */
  isRefused: boolean;
  /** HubSpot answered 403. */
  refusal: { readonly at: Instant; readonly error: PollerError } | undefined;
  /** It is polled to find out what a 403 of another means. */
  isProbe: boolean;
  saving: Promise<void>;
}

/** A reading in progress, and what of it is not saved. */
export interface OpenReading {
  reading: Reading;
  readonly deduplicator: Deduplicator;
  /** Pages asked for and not yet resolved. */
  pagesOpen: number;
  failure: PollerError | undefined;
  /** Whose pages are published, or in part. */
  requests: number;
  /** Entries that were new to us. */
  fresh: number;
  published: number;
  lastAt: Instant;
  savedAs: string;
}

export function startStreamRun(
  { ledger, ledgerCache, request, clock }: RunContext,
  stream: Stream,
  checkpoint: Checkpoint,
  backfill: Backfill | undefined,
): StreamRun {
  const now = clock.now();
  const { portal, pageSize: most } = request;
  return {
    stream,
    checkpoint,
    backfill,
    deduplicator: new Deduplicator(ledger, ledgerCache, portal, [stream.name]),
    readings: new Map(),
    done: new Set(),
    // What could not be stored yet is not polled yet.
    dueAt:
      checkpoint.revision === 0 ? Number.POSITIVE_INFINITY : (nextPollAt(checkpoint, request, now) ?? now),
    pages: 0,
    pageSize: { most, pageLimit: checkpoint.pageLimit, bytesPerEntry: undefined },
    readAt: undefined,
    isRefused: false,
    refusal: undefined,
    isProbe: false,
    saving: Promise.resolve(),
  };
}

/** Takes a reading that has just begun into the run. */
export function openReading({ ledger, ledgerCache, request }: RunContext, run: StreamRun, reading: Reading) {
  const { backfill, stream } = run;
  // What is to be published again is looked up in a ledger of its own, and written to both.
  const deduplicator =
    reading.kind === 'backfill' && backfill?.republish === true
      ? new Deduplicator(ledger, ledgerCache, request.portal, [`${stream.name}!${backfill.id}`, stream.name])
      : run.deduplicator;
  const unsaved = { requests: 0, fresh: 0, published: 0, lastAt: Number.NEGATIVE_INFINITY };
  const open: OpenReading = {
    reading,
    deduplicator,
    pagesOpen: 0,
    failure: undefined,
    ...unsaved,
    savedAs: placeOf(reading),
  };
  run.readings.set(reading.kind, open);
  return open;
}

/**
 * Saves what a reading has come to: one write of a stream at a time, each of what is newest then, and none where
 * the oldest segment has not moved. `isLast`: also what later segments have come to.
 */
export function saveProgress(
  context: RunContext,
  run: StreamRun,
  open: OpenReading,
  isLast = false,
): Promise<void> {
  const saved = run.saving.then(() => write(context, run, open, isLast));
  run.saving = saved.catch(() => undefined);
  return saved;
}

async function write(context: RunContext, run: StreamRun, open: OpenReading, isLast: boolean): Promise<void> {
  const { reading, requests, fresh, published } = open;
  const place = placeOf(reading);
  const { lastError, quarantine, sweepError } = run.checkpoint;
  const cured = { live: lastError ?? quarantine, sweep: sweepError, backfill: run.backfill?.lastError };
  const isNews = isLast || place !== open.savedAs || cured[reading.kind] !== undefined;
  if (requests === 0 || !(isNews || reading.segments.length === 0)) return;
  if (reading.kind === 'backfill') await writeBackfill(context, run, open);
  else await writeCheckpoint(context, run, open);
  open.savedAs = place;
  open.requests -= requests;
  open.fresh -= fresh;
  open.published -= published;
}

async function writeCheckpoint(
  { request, store, clock }: RunContext,
  run: StreamRun,
  { reading, fresh, lastAt }: OpenReading,
): Promise<void> {
  const { checkpoint, pageSize } = run;
  const pass = passOf(reading);
  const next = reading.kind === 'live' ? advanceLive(checkpoint, pass) : advanceSweep(checkpoint, pass);
  const lastEventAt = Math.max(lastAt, next.lastEventAt ?? Number.NEGATIVE_INFINITY);
  run.checkpoint = await store.saveCheckpoint(request.portal, {
    ...next,
    // A clock that stood back makes no stream idle once it is right again.
    shownAt: fresh > 0 ? Math.max(clock.now(), next.shownAt) : next.shownAt,
    lastEventAt: Number.isFinite(lastEventAt) ? lastEventAt : undefined,
    // What is no longer swept no longer fails.
    sweepError: request.sweepEveryMinutes === 0 ? undefined : next.sweepError,
    pageLimit: pageSize.pageLimit,
  });
}

async function writeBackfill(
  { request, store, clock }: RunContext,
  run: StreamRun,
  { reading, requests, published }: OpenReading,
): Promise<void> {
  const { backfill } = run;
  if (backfill === undefined) return;
  const next = {
    ...backfill,
    ...passOf(reading),
    eventsPublished: backfill.eventsPublished + published,
    requests: backfill.requests + requests,
    finishedAt: reading.segments.length === 0 ? clock.now() : undefined,
    lastError: undefined,
  };
  run.backfill = (await store.saveBackfill(request.portal, next)) ? next : undefined;
  if (run.backfill !== undefined) return;
  throw new PollerError('backfill-cancelled', `The backfill of ${run.stream.name} was cancelled.`);
}
