/**
 * The three passes over a stream: how each starts, keeps its progress and ends.
 *
 *   live      watermark − overlap … now            moves the watermark
 *   sweep     last sweep − lookback … − overlap    finds what came late; kept in the checkpoint while it lasts
 *   backfill  what an operator asked for           kept beside the checkpoint while it lasts
 */
import type { Backfill, Checkpoint } from '../core/checkpoint.ts';
import { advanceLive, finishLive, finishSweep } from '../core/checkpoint.ts';
import type { Stream } from '../core/streams.ts';
import { planLive, planSweep } from '../core/windows.ts';
import { PollerError } from '../errors.ts';
import type { PollRequest } from '../input/request.ts';
import type { CheckpointStore, Ledger } from '../ports.ts';
import { KnownEvents } from '../publish/deduplicator.ts';
import { type PassReading, startPass, type TurnProgress, type TurnRoom, takeTurn } from './pass-reading.ts';
import type { StreamContext } from './stream.ts';

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
  live: PassReading | undefined;
  sweep: PassReading | undefined;
  backfilling: PassReading | undefined;
}

/** One turn of the live pass; true where it reached the end of its window. */
export async function takeLiveTurn(
  context: PassContext,
  state: StreamState,
  room: TurnRoom,
): Promise<boolean> {
  const { checkpoint, stream } = state;
  state.live ??= startPass(
    { kind: 'live', stream, lateBefore: checkpoint.watermark },
    planLive(checkpoint, context.settings, context.clock.now()),
    ledgerOf(context, stream),
    pageSizeOf(context, checkpoint),
  );
  const isDone = await takeTurn(context, state.live, room, async (progress) => {
    const { pass, isEnd } = progress;
    const moved = isEnd ? finishLive(state.checkpoint, pass) : advanceLive(state.checkpoint, pass);
    await saveCheckpoint(context, state, moved, progress);
  });
  if (isDone) state.live = undefined;
  return isDone;
}

/** One turn of the sweep that is in progress or due; true where nothing of it is left to do now. */
export async function takeSweepTurn(
  context: PassContext,
  state: StreamState,
  room: TurnRoom,
): Promise<boolean> {
  const { checkpoint, stream } = state;
  const pass = state.sweep?.pass ?? planSweep(checkpoint, context.settings, context.clock.now());
  if (pass === undefined) return true;
  state.sweep ??= startPass(
    { kind: 'sweep', stream, lateBefore: checkpoint.watermark },
    pass,
    ledgerOf(context, stream),
    pageSizeOf(context, checkpoint),
  );
  const isDone = await takeTurn(context, state.sweep, room, async (progress) => {
    const { pass: swept, isEnd } = progress;
    const next = isEnd ? finishSweep(state.checkpoint, swept) : { ...state.checkpoint, sweep: swept };
    await saveCheckpoint(context, state, next, progress);
  });
  if (isDone) state.sweep = undefined;
  return isDone;
}

/** One turn of the backfill an operator asked for; true where it is done. */
export async function takeBackfillTurn(
  context: PassContext,
  state: StreamState,
  room: TurnRoom,
): Promise<boolean> {
  const { backfill, stream, checkpoint } = state;
  if (backfill === undefined || backfill.finishedAt !== undefined) return true;
  const ownLedger = backfill.republish ? `${stream.name}!${backfill.id}` : undefined;
  state.backfilling ??= startPass(
    { kind: 'backfill', stream, lateBefore: Number.NEGATIVE_INFINITY },
    backfill,
    ledgerOf(context, stream, ownLedger),
    pageSizeOf(context, checkpoint),
  );
  const isDone = await takeTurn(
    context,
    state.backfilling,
    room,
    async ({ pass, isEnd, published, requests }) => {
      const before = state.backfill ?? backfill;
      state.backfill = {
        ...before,
        ...pass,
        eventsPublished: before.eventsPublished + published,
        requests: before.requests + requests,
        finishedAt: isEnd ? context.clock.now() : undefined,
      };
      if (await context.store.saveBackfill(context.portal, state.backfill)) return;
      state.backfill = undefined;
      throw new PollerError('backfill-cancelled', `The backfill of ${stream.name} was cancelled.`);
    },
  );
  if (isDone) state.backfilling = undefined;
  return isDone;
}

/** Lets readings of the past go on at their positions: the fault that ended one may be its cursor's own. */
export async function forgetCursors({ store, portal }: PassContext, state: StreamState): Promise<void> {
  const { checkpoint, backfill } = state;
  if (checkpoint.sweep?.cursor !== undefined) {
    const sweep = { ...checkpoint.sweep, cursor: undefined, sliceTo: undefined };
    state.checkpoint = await store.saveCheckpoint(portal, { ...checkpoint, sweep });
  }
  if (backfill?.cursor !== undefined) {
    state.backfill = { ...backfill, cursor: undefined, sliceTo: undefined };
    if (!(await store.saveBackfill(portal, state.backfill))) state.backfill = undefined;
  }
}

/** Opens the stream's ledger; where a pass is to publish again, one of its own is asked, and both are written. */
function ledgerOf({ ledger, portal }: PassContext, { name }: Stream, ownName?: string): () => KnownEvents {
  return () => new KnownEvents(ledger, portal, ownName ?? name, ownName === undefined ? [] : [name]);
}

async function saveCheckpoint(
  { store, portal, clock }: PassContext,
  state: StreamState,
  next: Checkpoint,
  { shown, lastAt, pageSize }: TurnProgress,
): Promise<void> {
  const lastEventAt = Math.max(
    lastAt ?? Number.NEGATIVE_INFINITY,
    next.lastEventAt ?? Number.NEGATIVE_INFINITY,
  );
  state.checkpoint = await store.saveCheckpoint(portal, {
    ...next,
    shownAt: shown > 0 ? clock.now() : next.shownAt,
    lastEventAt: Number.isFinite(lastEventAt) ? lastEventAt : undefined,
    pageSize,
  });
}

function pageSizeOf({ settings }: PassContext, { pageSize }: Checkpoint): number {
  return Math.min(settings.pageSize, pageSize ?? settings.pageSize);
}
