/**
 * The streams of one portal in one run: whose turn it is, and what a failure means for the others.
 *
 *   due live passes, those with the fewest turns and then the furthest behind first ─┐
 *   sweeps that are due, in the time left ───────────────────────────────────────────┼─▶ at most 8 turns at once
 *   backfills, in the time left after them ──────────────────────────────────────────┘
 */

import type { Instant } from '../core/instant.ts';
import { planSweep, restsUntil } from '../core/windows.ts';
import { type PollerError, toPollerError } from '../errors.ts';
import { logFailure, noteFailure, noteUnsaved, settleRefusals } from './failed-streams.ts';
import type { TurnRoom } from './pass-reading.ts';
import {
  forgetCursors,
  type PassContext,
  type StreamState,
  takeBackfillTurn,
  takeLiveTurn,
  takeSweepTurn,
} from './passes.ts';
import { isReadable, type Place, placeOf } from './place.ts';

/** How many streams, or slices of one, are read at once: enough for HubSpot's limit at a quarter of a second an answer. */
const TURNS_AT_ONCE = 8;

/** The schedule's tick. */
const MINUTE_MS = 60_000;

/** What a run does beyond its first polls ends so long before the next tick, whose run is to find the lease free. */
const TICK_MARGIN_MS = 5_000;

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
