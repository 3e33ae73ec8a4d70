/** What becomes of a stream that failed: tried again, set aside, or, where it is the credentials, the end of the run. */
import { type Checkpoint, QUARANTINE_MS } from '../core/checkpoint.ts';
import { type PollerError, toPollerError } from '../errors.ts';
import type { PassContext } from './passes.ts';
import { isReadable, type Place } from './place.ts';

/** What a live turn's failure means for its stream. */
export async function noteFailure(context: PassContext, place: Place, error: PollerError): Promise<void> {
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
export function noteUnsaved(context: PassContext, place: Place, thrown: unknown): void {
  const unsaved = toPollerError(thrown);
  if (unsaved.nextStep === 'end-run') throw unsaved;
  logFailure(context, place, unsaved, "A stream's failure could not be kept in its checkpoint");
}

/**
 * What a 403 means shows only beside the other streams: where none of them can be read it is the credentials, and
 * the run fails; else it is the type, which is set aside for a day. Where no other was due, one that rests is
 * asked: gives true where that one is to be polled first.
 */
export async function settleRefusals(context: PassContext, places: readonly Place[]): Promise<boolean> {
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

export function logFailure({ log }: PassContext, { state }: Place, error: PollerError, what: string): void {
  const { code, message, correlationId, status } = error;
  log.error(what, { stream: state.stream.name, code, reason: message, correlationId, status });
}
