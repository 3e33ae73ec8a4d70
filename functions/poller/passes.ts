/**
 * The three passes over a stream: how each starts, keeps its progress and ends.
 *
 *   live      watermark − overlap … now            moves the watermark
 *   sweep     last sweep − lookback … − overlap    finds what came late; kept in the checkpoint while it lasts
 *   backfill  what an operator asked for           kept beside the checkpoint while it lasts
 */
import type { Backfill, Checkpoint } from './core/checkpoint.ts';
import { advanceLive, finishLive, finishSweep } from './core/checkpoint.ts';
import type { Instant } from './core/instant.ts';
import type { Stream } from './core/streams.ts';
import { planLive, planSweep } from './core/windows.ts';
import { PollerError } from './errors.ts';
import { KnownEvents } from './known-events.ts';
import type { CheckpointStore, Ledger } from './ports.ts';
import type { PollRequest } from './request.ts';
import { type PageProgress, type Reading, readPages, type StreamContext, startReading } from './stream.ts';

/** A turn reads so many pages of a pass at most, so that one stream far behind does not keep the others waiting. */
const TURN_PAGES = 10;

export interface PassContext extends StreamContext {
  readonly settings: PollRequest;
  readonly store: CheckpointStore;
  readonly ledger: Ledger;
}

/** A stream in this run. */
export interface StreamState {
  readonly stream: Stream;
  checkpoint: Checkpoint;
  backfill: Backfill | undefined;
  /** Passes that this run has begun; each goes on at its next turn. */
  live: Reading | undefined;
  sweep: Reading | undefined;
  backfilling: Reading | undefined;
}

/** One turn of the live pass; true where it reached the end of its window. */
export async function takeLiveTurn(
  context: PassContext,
  state: StreamState,
  until: Instant,
): Promise<boolean> {
  const { checkpoint } = state;
  state.live ??= startReading({
    kind: 'live',
    stream: state.stream,
    pass: planLive(checkpoint, context.settings, context.clock.now()),
    known: new KnownEvents(context.ledger, context.portal, state.stream.name),
    pageSize: pageSizeOf(context, checkpoint),
    lateBefore: checkpoint.watermark,
  });
  state.live = await readPages(context, state.live, until, TURN_PAGES, async (progress) => {
    const { pass } = progress.reading;
    const moved = progress.isEnd ? finishLive(state.checkpoint, pass) : advanceLive(state.checkpoint, pass);
    await saveIfWorthIt(context, state, noteShown(moved, progress, context.clock.now()), progress);
  });
  return state.live === undefined;
}

/** One turn of the sweep that is in progress or due; true where nothing of it is left to do now. */
export async function takeSweepTurn(
  context: PassContext,
  state: StreamState,
  until: Instant,
): Promise<boolean> {
  const pass = state.sweep?.pass ?? planSweep(state.checkpoint, context.settings, context.clock.now());
  if (pass === undefined) return true;
  state.sweep ??= startReading({
    kind: 'sweep',
    stream: state.stream,
    pass,
    known: new KnownEvents(context.ledger, context.portal, state.stream.name),
    pageSize: pageSizeOf(context, state.checkpoint),
    lateBefore: state.checkpoint.watermark,
  });
  state.sweep = await readPages(context, state.sweep, until, TURN_PAGES, async (progress) => {
    const swept = progress.isEnd
      ? finishSweep(state.checkpoint, progress.reading.pass)
      : { ...state.checkpoint, sweep: progress.reading.pass };
    await saveIfWorthIt(context, state, noteShown(swept, progress, context.clock.now()), progress);
  });
  return state.sweep === undefined;
}

/** One turn of the backfill an operator asked for; true where it is done. */
export async function takeBackfillTurn(
  context: PassContext,
  state: StreamState,
  until: Instant,
): Promise<boolean> {
  const { backfill, stream } = state;
  if (backfill === undefined || backfill.finishedAt !== undefined) return true;
  const known = backfill.republish
    ? new KnownEvents(context.ledger, context.portal, `${stream.name}!${backfill.id}`, [stream.name])
    : new KnownEvents(context.ledger, context.portal, stream.name);
  state.backfilling ??= startReading({
    kind: 'backfill',
    stream,
    pass: backfill,
    known,
    pageSize: pageSizeOf(context, state.checkpoint),
    lateBefore: Number.NEGATIVE_INFINITY,
  });
  state.backfilling = await readPages(context, state.backfilling, until, TURN_PAGES, async (progress) => {
    const { position, cursor, from } = progress.reading.pass;
    const before = state.backfill ?? backfill;
    state.backfill = {
      ...before,
      from,
      position: progress.isEnd ? before.to : position,
      cursor: progress.isEnd ? undefined : cursor,
      eventsPublished: before.eventsPublished + progress.published,
      requests: before.requests + 1,
      finishedAt: progress.isEnd ? context.clock.now() : undefined,
    };
    if (await context.store.saveBackfill(context.portal, state.backfill)) return;
    state.backfill = undefined;
    throw new PollerError('backfill-cancelled', `The backfill of ${stream.name} was cancelled.`);
  });
  return state.backfilling === undefined;
}

/** A page that showed nothing new changes nothing worth a write, but at the turn's end. */
async function saveIfWorthIt(
  { store, portal }: PassContext,
  state: StreamState,
  next: Checkpoint,
  progress: PageProgress,
): Promise<void> {
  const isWorthIt = progress.shown > 0 || progress.isEnd || progress.isLast;
  if (isWorthIt) state.checkpoint = await store.saveCheckpoint(portal, next);
}

function noteShown(
  checkpoint: Checkpoint,
  { reading, shown, lastAt }: PageProgress,
  now: Instant,
): Checkpoint {
  const lastEventAt = Math.max(
    lastAt ?? Number.NEGATIVE_INFINITY,
    checkpoint.lastEventAt ?? Number.NEGATIVE_INFINITY,
  );
  return {
    ...checkpoint,
    shownAt: shown > 0 ? now : checkpoint.shownAt,
    lastEventAt: Number.isFinite(lastEventAt) ? lastEventAt : undefined,
    pageSize: reading.pageSize,
  };
}

function pageSizeOf({ settings }: PassContext, { pageSize }: Checkpoint): number {
  return Math.min(settings.pageSize, pageSize ?? settings.pageSize);
}
