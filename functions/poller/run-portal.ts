/**
 * The streams of one portal in one run: whose turn it is, and what a failure means for the others.
 *
 *   due live passes, those with the fewest turns and then the furthest behind first ─┐
 *   sweeps that are due, in the time left ───────────────────────────────────────────┼─▶ at most 8 turns at once
 *   backfills, in the time left after them ──────────────────────────────────────────┘
 */

import { type Checkpoint, QUARANTINE_MS } from './core/checkpoint.ts';
import type { Instant } from './core/instant.ts';
import { planSweep, restsUntil } from './core/windows.ts';
import { type PollerError, toPollerError } from './errors.ts';
import type { TurnRoom } from './pass-reading.ts';
import {
  forgetCursors,
  type PassContext,
  type StreamState,
  takeBackfillTurn,
  takeLiveTurn,
  takeSweepTurn,
} from './passes.ts';

/** How many streams, or slices of one, are read at once: enough for HubSpot's limit at a quarter of a second an answer. */
const TURNS_AT_ONCE = 8;

/** The schedule's tick. */
const MINUTE_MS = 60_000;

/** What a run does beyond its first polls ends so long before the next tick, whose run is to find the lease free. */
const TICK_MARGIN_MS = 5_000;

/** One of a run's streams, with its place in the queue. */
interface Place {
  readonly state: StreamState;
  dueAt: Instant;
  turns: number;
  isActive: boolean;
  isPolled: boolean;
  /** It rested, and is asked because others were refused. */
  isWitness: boolean;
  /** Its sweep and backfill have had what this run can give them. */
  isSwept: boolean;
  isBackfilled: boolean;
  refusal: PollerError | undefined;
}

type Turn = (context: PassContext, state: StreamState, room: TurnRoom) => Promise<boolean>;

/** Polls every due stream until nothing is due or the time is up. @throws PollerError that ends the run */
export async function runPortal(context: PassContext, states: readonly StreamState[]): Promise<void> {
  const { clock, settings, time } = context;
  const places = states.map((state) => placeOf(state, settings, clock.now()));
  const active = new Set<Promise<void>>();
  let failure: PollerError | undefined;

  function begin({ place, turn, until }: NextTurn): void {
    const now = clock.now();
    const others = places.filter((other) => other !== place && (other.isActive || other.dueAt <= now)).length;
    const slices = Math.max(1, Math.floor(TURNS_AT_ONCE / (others + 1)));
    place.isActive = true;
    const promise = takeTurn(context, place, turn, { until, slices })
      .catch((thrown: unknown) => {
        failure ??= toPollerError(thrown);
        context.stop.abort();
      })
      .finally(() => {
        place.isActive = false;
        active.delete(promise);
      });
    active.add(promise);
  }

  for (;;) {
    while (active.size < TURNS_AT_ONCE && failure === undefined) {
      const next = nextTurn(context, places);
      if (next === undefined) break;
      begin(next);
    }
    if (active.size > 0) {
      await Promise.race(active);
      continue;
    }
    if (failure !== undefined) throw failure;
    if (await settleRefusals(context, places)) continue;
    const wakeAt = places.reduce((least, { dueAt }) => Math.min(least, dueAt), Number.POSITIVE_INFINITY);
    if (clock.now() >= time.readUntil || wakeAt >= time.readUntil || wakeAt >= coverUntil(context)) return;
    await clock.sleep(wakeAt - clock.now());
  }
}

function placeOf(state: StreamState, settings: PassContext['settings'], now: Instant): Place {
  const dueAt = restsUntil(state.checkpoint, settings, now) ?? now;
  const flags = { isActive: false, isPolled: false, isWitness: false, isSwept: false, isBackfilled: false };
  return { state, dueAt, turns: 0, ...flags, refusal: undefined };
}

/**
 * Up to when this run polls by itself: with a poll interval under a minute, to the end of the tick's minute; of a
 * run that outlasted its minute, to the end of the one whose tick found the lease taken.
 */
function coverUntil({ clock, settings, time }: PassContext): Instant {
  if (settings.pollSeconds >= 60) return time.startedAt;
  const minutes = Math.max(1, Math.ceil((clock.now() - time.startedAt) / MINUTE_MS));
  return time.startedAt + minutes * MINUTE_MS - Math.min(TICK_MARGIN_MS, settings.pollSeconds * 500);
}

interface NextTurn {
  readonly place: Place;
  readonly turn: Turn;
  readonly until: Instant;
}

function nextTurn(
  { clock, settings, time, tally }: PassContext,
  places: readonly Place[],
): NextTurn | undefined {
  const now = clock.now();
  if (now >= time.readUntil) return undefined;
  const free = places.filter((place) => !place.isActive);
  const live = free.filter(({ dueAt }) => dueAt <= now).reduce<Place | undefined>(firstInLine, undefined);
  if (live !== undefined) return { place: live, turn: takeLiveTurn, until: time.readUntil };

  const { hubSpotDailyRemaining: remaining, hubSpotDailyLimit: limit } = tally;
  // Below a tenth of the day's allowance the past can wait; the live passes can't.
  if (remaining !== undefined && limit !== undefined && remaining < limit / 10) return undefined;
  const nextTickAt = time.startedAt + Math.max(MINUTE_MS, settings.pollSeconds * 1000);
  const until = Math.min(time.readUntil, nextTickAt - TICK_MARGIN_MS);
  if (now >= until) return undefined;
  const background = free.filter(
    ({ state, refusal }) => state.live === undefined && refusal === undefined && isReadable(state.checkpoint),
  );
  const due = background.filter(
    ({ isSwept, state }) =>
      !isSwept && (state.sweep?.pass ?? planSweep(state.checkpoint, settings, now)) !== undefined,
  );
  const sweep = due.reduce<Place | undefined>(longestUnswept, undefined);
  if (sweep !== undefined) return { place: sweep, turn: takeSweepTurn, until };
  const backfill = background.find(
    ({ isBackfilled, state }) =>
      !isBackfilled && state.backfill !== undefined && state.backfill.finishedAt === undefined,
  );
  if (backfill !== undefined) return { place: backfill, turn: takeBackfillTurn, until };
  return undefined;
}

function firstInLine(best: Place | undefined, place: Place): Place {
  if (best === undefined || place.turns < best.turns) return place;
  if (place.turns > best.turns) return best;
  return place.state.checkpoint.watermark < best.state.checkpoint.watermark ? place : best;
}

/** Where the time is not enough for all sweeps none is left out for ever. */
function longestUnswept(best: Place | undefined, place: Place): Place {
  return best === undefined || place.state.checkpoint.sweptAt < best.state.checkpoint.sweptAt ? place : best;
}

/** Only a stored stream that is not refused is swept or backfilled. */
function isReadable({ quarantine, revision, lastError }: Checkpoint): boolean {
  return quarantine === undefined && lastError === undefined && revision > 0;
}

/** One turn, and its place in the queue after it. @throws PollerError that ends the run */
async function takeTurn(context: PassContext, place: Place, turn: Turn, room: TurnRoom): Promise<void> {
  const { state } = place;
  try {
    const isDone = await turn(context, state, room);
    if (turn === takeSweepTurn) place.isSwept = isDone;
    else if (turn === takeBackfillTurn) place.isBackfilled = isDone;
    else noteLiveTurn(context, place, isDone);
  } catch (thrown) {
    const error = toPollerError(thrown);
    const inBackground = turn !== takeLiveTurn;
    if (turn === takeSweepTurn) [place.isSwept, state.sweep] = [true, undefined];
    else if (turn === takeBackfillTurn) [place.isBackfilled, state.backfilling] = [true, undefined];
    else state.live = undefined;
    if (error.nextStep === 'end-run') throw error;
    if (error.nextStep === 'pause') {
      if (!inBackground) place.dueAt = Number.POSITIVE_INFINITY;
      return;
    }
    logFailure(context, place, error, inBackground ? 'A reading of the past failed' : 'A stream failed');
    if (inBackground)
      await forgetCursors(context, state).catch((unsaved) => noteUnsaved(context, place, unsaved));
    else await noteFailure(context, place, error);
  }
}

function noteLiveTurn({ clock, settings, time }: PassContext, place: Place, isDone: boolean): void {
  place.turns = isDone ? 0 : place.turns + 1;
  place.isPolled = true;
  if (!isDone) return;
  const { checkpoint } = place.state;
  // A pass that an earlier run began ends at that run's instant: what came since is due at once.
  const isCurrent = checkpoint.watermark >= time.startedAt;
  const againAt = isCurrent ? checkpoint.watermark + settings.pollSeconds * 1000 : clock.now();
  place.dueAt = restsUntil(checkpoint, settings, clock.now()) ?? againAt;
}

async function noteFailure(context: PassContext, place: Place, error: PollerError): Promise<void> {
  const { clock, settings } = context;
  const now = clock.now();
  place.turns = 0;
  place.dueAt = now + settings.pollSeconds * 1000;
  if (error.nextStep === 'quarantine-unless-all') {
    place.refusal = error;
    return;
  }
  if (error.code === 'checkpoint-conflict') {
    // The other run goes on from where it stands, and keeps what there is to keep.
    place.dueAt = Number.POSITIVE_INFINITY;
    return;
  }
  const { checkpoint } = place.state;
  const quarantine =
    error.nextStep === 'quarantine'
      ? { since: checkpoint.quarantine?.since ?? now, retryAt: now + QUARANTINE_MS, reason: error.message }
      : checkpoint.quarantine;
  await saveFailure(context, place, { ...checkpoint, quarantine }, error);
}

/** Keeps the failure in the checkpoint. The cursor is forgotten: the fault may be its own. */
async function saveFailure(
  context: PassContext,
  place: Place,
  checkpoint: Checkpoint,
  error: PollerError,
): Promise<void> {
  const { clock, store, portal } = context;
  if (checkpoint.quarantine !== undefined) place.dueAt = checkpoint.quarantine.retryAt;
  const lastError = { at: clock.now(), code: error.code, message: error.message };
  const live = checkpoint.live && { ...checkpoint.live, cursor: undefined };
  place.state.checkpoint = { ...checkpoint, lastError, live };
  try {
    place.state.checkpoint = await store.saveCheckpoint(portal, place.state.checkpoint);
  } catch (thrown) {
    noteUnsaved(context, place, thrown);
  }
}

/** @throws PollerError that ends the run */
function noteUnsaved(context: PassContext, place: Place, thrown: unknown): void {
  const unsaved = toPollerError(thrown);
  if (unsaved.nextStep === 'end-run') throw unsaved;
  logFailure(context, place, unsaved, "A stream's failure could not be kept in its checkpoint");
}

/**
 * What a 403 means shows only beside the other streams: where none of them can be read it is the credentials, and
 * the run fails; else it is the type, which is set aside for a day. Where no other was due, one that rests is
 * asked: gives true where that one is to be polled first.
 */
async function settleRefusals(context: PassContext, places: readonly Place[]): Promise<boolean> {
  const refused = places.flatMap((place) =>
    place.refusal === undefined ? [] : [{ place, refusal: place.refusal }],
  );
  const [first] = refused;
  if (first === undefined) return false;
  const now = context.clock.now();
  if (!places.some(({ isPolled }) => isPolled)) {
    const isAsked = places.some(({ isWitness }) => isWitness);
    const witness = places.find(
      ({ state, dueAt, refusal }) => refusal === undefined && dueAt > now && isReadable(state.checkpoint),
    );
    if (isAsked || witness === undefined || now >= context.time.readUntil) throw first.refusal;
    witness.isWitness = true;
    witness.dueAt = now;
    return true;
  }
  for (const { place, refusal } of refused) {
    place.refusal = undefined;
    const quarantine = { since: now, retryAt: now + QUARANTINE_MS, reason: refusal.message };
    await saveFailure(context, place, { ...place.state.checkpoint, quarantine }, refusal);
  }
  return false;
}

function logFailure({ log }: PassContext, { state }: Place, error: PollerError, what: string): void {
  const { code, message, correlationId, status } = error;
  log.error(what, { stream: state.stream.name, code, reason: message, correlationId, status });
}
