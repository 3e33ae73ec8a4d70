import type { Backfill } from '../core/checkpoint.ts';
import { toIso } from '../core/instant.ts';
import { PollerError } from '../errors.ts';
import type { CheckpointStore, Clock } from '../ports.ts';
import type { BackfillRequest } from './request.ts';

/**
 * Keeps a backfill beside its stream's checkpoint, or ends the one that is there. The scheduled runs read it, in
 * the time left. @throws PollerError `request-invalid`
 */
export async function answerBackfillRequest(
  portal: string,
  request: BackfillRequest,
  id: string,
  store: CheckpointStore,
  clock: Clock,
): Promise<object> {
  const { stream } = request;
  if ('cancel' in request) {
    if (await store.cancelBackfill(portal, stream)) return { portal, stream, backfill: 'cancelled' };
    throw new PollerError(
      'request-invalid',
      `Cancelling the backfill of ${stream}: there must be one, found none.`,
    );
  }
  const now = clock.now();
  const from = Date.parse(request.from);
  const to = Math.min(Date.parse(request.to), now);
  const pass = { startedAt: now, from, to, position: from };
  const backfill: Backfill = {
    stream,
    id,
    ...pass,
    republish: request.republish,
    eventsPublished: 0,
    requests: 0,
  };
  if (from < to && (await store.requestBackfill(portal, backfill))) {
    return { portal, stream, backfill: 'accepted', from: toIso(from), to: toIso(to), id };
  }
  throw new PollerError('request-invalid', await explainRefusal(portal, backfill, store));
}

async function explainRefusal(
  portal: string,
  { stream, from, to }: Backfill,
  store: CheckpointStore,
): Promise<string> {
  const action = `Asking for a backfill of ${stream} in portal ${portal}`;
  if (from >= to) return `${action}: from must lie in the past, found ${toIso(from)}.`;
  const { checkpoints, backfills } = await store.readPortal(portal);
  const current = backfills.find((backfill) => backfill.stream === stream);
  if (current !== undefined) {
    return `${action}: one at a time, found one that stands at ${toIso(current.position)} of ${toIso(current.to)}. Cancel it, or wait.`;
  }
  const known = checkpoints.map((checkpoint) => checkpoint.stream).sort();
  return `${action}: the stream must have been polled once, found ${known.length === 0 ? 'none yet' : `only ${known.join(', ')}`}.`;
}
