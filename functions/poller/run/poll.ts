/**
 * One run over one portal.
 *
 *   bus there?, token ────┐
 *   lease ─▶ checkpoints ─┴▶ streams (discovery.ts) ─▶ pages (run-portal.ts) ─▶ lease back ─▶ metrics
 *     │ held by another                                                                         ▲
 *     └─▶ lag, and a quiet end ─────────────────────────────────────────────────────────────────┘
 */
import { byStream } from '../core/checkpoint.ts';
import { furthestBehind, type PortalSnapshot, standingOf } from '../core/lag.ts';
import { describeLateness, mostPublished, type Tally } from '../core/tally.ts';
import { describeFailure, gravestOf, type PollerError, toPollerError } from '../errors.ts';
import type { PortalState } from '../ports.ts';
import { warnOfEnd } from './api-version.ts';
import { discover, startsAtOf, storeNewStreams, streamsOf } from './discovery.ts';
import { runPortal } from './run-portal.ts';
import { type RunContext, type StreamRun, startStreamRun } from './stream-run.ts';

/** What a run gives back to whoever invoked it. */
export interface RunSummary
  extends Pick<
    Tally,
    'eventsRead' | 'eventsPublished' | 'duplicatesSuppressed' | 'eventsDeadLettered' | 'hubSpotRequests'
  > {
  readonly portal: string;
  /** `skipped`: another run holds the lease. */
  readonly outcome: 'polled' | 'skipped';
  readonly lagSeconds: number;
  readonly streams: number;
  readonly streamsFailing: number;
}

/** The lease outlives the function by so much, for clocks that differ. */
const LEASE_MARGIN_MS = 1_000;

/** What a run knows of its portal so far. */
interface Progress {
  /** Undefined before it was read. */
  state: PortalState | undefined;
  runs: readonly StreamRun[];
}

/**
 * Polls the request's portal once: every due stream, and in the time left what is due of the past.
 * Emits the metrics, whatever happens. @throws PollerError where the run fails
 */
export async function poll(context: RunContext): Promise<RunSummary> {
  const { clock, log, tally } = context;
  const progress: Progress = { state: undefined, runs: [] };
  // Neither needs the lease: both are under way while it is taken.
  const ready = Promise.allSettled([
    context.publisher.checkBus(),
    context.source.authorize(context.time.readUntil),
  ]);
  try {
    const outcome = await runWithLease(context, progress, ready).finally(() => ready);
    const summary = report(context, outcome, progress);
    const snapshot = snapshotOf(context, progress);
    if (outcome === 'polled')
      log.info('Run', {
        ...summary,
        furthestBehind: snapshot && furthestBehind(snapshot, clock.now()),
        publishedByType: mostPublished(tally),
        lateness: describeLateness(tally),
      });
    return summary;
  } catch (thrown) {
    const error = toPollerError(thrown);
    log.error('The run failed', describeFailure(error));
    report(context, 'polled', progress, error);
    throw error;
  }
}

async function runWithLease(
  context: RunContext,
  progress: Progress,
  ready: Promise<PromiseSettledResult<void>[]>,
): Promise<RunSummary['outcome']> {
  const { request, owner, store, clock, time, log } = context;
  const until = time.deadlineAt + LEASE_MARGIN_MS;
  const { isOurs, lastOwner } = await store.acquireLease(request.portal, owner, clock.now(), until);
  if (!isOurs) {
    progress.state = await store.readPortal(request.portal);
    log.info('Another run holds the lease of this portal: nothing to do');
    return 'skipped';
  }
  let failure: PollerError | undefined;
  try {
    await pollStreams(context, progress, ready, lastOwner);
    return 'polled';
  } catch (thrown) {
    failure = toPollerError(thrown);
    throw failure;
  } finally {
    await releaseLease(context, progress, failure);
  }
}

async function pollStreams(
  context: RunContext,
  progress: Progress,
  ready: Promise<PromiseSettledResult<void>[]>,
  lastOwner: string | undefined,
): Promise<void> {
  const { request, clock, log, stop, store, ledger, memory, owner } = context;
  const begun = await Promise.allSettled([
    store.readPortal(request.portal),
    // Rows that an earlier run of this process could not write come before anything else.
    ledger.flush(),
  ]);
  const [found] = begun;
  if (found.status === 'fulfilled') progress.state = found.value;
  const failure = gravestOf([...begun, ...(await ready)]);
  if (found.status === 'rejected' || failure !== undefined) throw failure;
  const state = found.value;
  const polledAt = state.checkpoints.reduce((latest, { watermark }) => Math.max(latest, watermark), 0);
  const warning = warnOfEnd(request.apiVersion, polledAt, clock.now());
  if (warning !== undefined) log.warn(warning);
  forgetUnlessOurs(context, state, lastOwner);
  const discovery = await discover(context, state);
  const streams = streamsOf(context, discovery, state.checkpoints);
  const stored = await storeNewStreams(context, streams, state, discovery);
  const runs = streams.flatMap((stream) => {
    const checkpoint = stored.get(stream.name);
    const backfill = state.backfills.find(({ stream: name }) => name === stream.name);
    return checkpoint === undefined ? [] : [startStreamRun(context, stream, checkpoint, backfill)];
  });
  progress.state = { ...state, discovery };
  progress.runs = runs;
  // A run that fails may leave buckets in memory that lack what the ledger could not take.
  memory.lastOwner = undefined;
  try {
    await runPortal(context, runs);
    memory.lastOwner = owner;
  } finally {
    // A page that was asked for and that nobody wants any more must not outlive the run.
    stop.abort();
    memory.revisions = new Map(runs.map(({ checkpoint }) => [checkpoint.stream, checkpoint.revision]));
  }
}

/** What this process knows of the ledger holds while nobody else has worked on the portal since its last run. */
function forgetUnlessOurs(
  { memory, ledgerCache, request }: RunContext,
  { checkpoints }: PortalState,
  lastOwner: string | undefined,
): void {
  const isOurs =
    lastOwner !== undefined &&
    lastOwner === memory.lastOwner &&
    checkpoints.every(({ stream, revision }) => (memory.revisions.get(stream) ?? revision) === revision);
  if (!isOurs) ledgerCache.forget(`${request.portal}/`);
}

/** How the portal stands, as far as the run got to know it. */
function snapshotOf(context: RunContext, { state, runs }: Progress): PortalSnapshot | undefined {
  if (state === undefined) return undefined;
  const checkpoints = [...state.checkpoints, ...runs.map(({ checkpoint }) => checkpoint)];
  const backfills = runs.length === 0 ? state.backfills : runs.flatMap(({ backfill }) => backfill ?? []);
  return {
    streams: streamsOf(context, state.discovery, state.checkpoints),
    checkpoints: byStream(checkpoints),
    backfills: new Map(backfills.map((backfill) => [backfill.stream, backfill])),
    startsAt: startsAtOf(context),
  };
}

function report(
  context: RunContext,
  outcome: RunSummary['outcome'],
  progress: Progress,
  failure?: PollerError,
): RunSummary {
  const { request, clock, time, metrics, tally } = context;
  const now = clock.now();
  const snapshot = snapshotOf(context, progress);
  const figures = snapshot && standingOf(snapshot, now, failure?.code);
  metrics.emit({
    portal: request.portal,
    tally,
    lagSeconds: figures?.lagSeconds,
    streamsFailing: figures?.streamsFailing,
    runSeconds: (now - time.startedAt) / 1000,
  });
  return {
    portal: request.portal,
    outcome,
    ...(figures ?? { lagSeconds: 0, streams: 0, streamsFailing: 0 }),
    eventsRead: tally.eventsRead,
    eventsPublished: tally.eventsPublished,
    duplicatesSuppressed: tally.duplicatesSuppressed,
    eventsDeadLettered: tally.eventsDeadLettered,
    hubSpotRequests: tally.hubSpotRequests,
  };
}

async function releaseLease(
  context: RunContext,
  progress: Progress,
  failure: PollerError | undefined,
): Promise<void> {
  const { store, log, request, owner, clock } = context;
  const now = clock.now();
  const snapshot = snapshotOf(context, progress);
  const figures = snapshot && standingOf(snapshot, now, failure?.code);
  try {
    await store.releaseLease(request.portal, owner, {
      endedAt: now,
      outcome: failure === undefined ? 'polled' : 'failed',
      code: failure?.code,
      ...(figures ?? { lagSeconds: undefined, streams: 0, streamsFailing: 0 }),
      furthestBehind: snapshot && furthestBehind(snapshot, now)[0]?.stream,
    });
  } catch (thrown) {
    const failed = describeFailure(toPollerError(thrown));
    log.warn('The lease could not be given back: it ends by itself', failed);
  }
}
