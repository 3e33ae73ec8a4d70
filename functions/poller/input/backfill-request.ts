import { type Backfill, byStream, type Checkpoint, positionOf, startPass } from '../core/checkpoint.ts';
import { listStreams } from '../core/discovery.ts';
import { type Instant, toIso } from '../core/instant.ts';
import { ledgerRemembersFrom } from '../core/ledger/ledger.ts';
import { PollerError } from '../errors.ts';
import type { CheckpointStore, Clock, PortalState } from '../ports.ts';
import type { BackfillRequest, PollRequest } from './request.ts';

/**
 * Keeps a backfill beside its stream's checkpoint, or ends the one that is there. The scheduled runs read it, in
 * the time left. @throws PollerError `request-invalid`
 */
export async function answerBackfillRequest(
  settings: PollRequest,
  request: BackfillRequest,
  id: string,
  store: CheckpointStore,
  clock: Clock,
): Promise<object> {
  const { portal } = settings;
  const { stream } = request;
  if ('cancel' in request) {
    if (await store.cancelBackfill(portal, stream)) return { portal, stream, backfill: 'cancelled' };
    const { backfills } = await store.readPortal(portal);
    throw invalid(`Cancelling the backfill of ${stream}: ${whyNotCancelled(stream, backfills)}`);
  }
  const now = clock.now();
  const from = Date.parse(request.from);
  const to = Math.min(Date.parse(request.to), now);
  const backfill: Backfill = {
    stream,
    id,
    ...startPass(from, to, now),
    republish: request.republish,
    eventsPublished: 0,
    requests: 0,
  };
  const state = await store.readPortal(portal);
  const mistake = mistakeOf(backfill, settings, state, now);
  if (mistake === undefined && (await store.requestBackfill(portal, backfill)))
    return { portal, stream, backfill: 'accepted', from: toIso(from), to: toIso(to), id };
  const why = mistake ?? 'another was asked for at the same time. Look at its status, and ask again.';
  throw invalid(`Asking for a backfill of ${stream} in portal ${portal}: ${why}`);
}

function whyNotCancelled(stream: string, backfills: readonly Backfill[]): string {
  const endedAt = backfills.find((other) => other.stream === stream)?.finishedAt;
  if (endedAt === undefined) return 'there must be one, found none.';
  return `it must be under way, found that it ended at ${toIso(endedAt)}.`;
}

/** What speaks against the backfill; undefined where nothing does. */
function mistakeOf(
  { stream, from, to, republish }: Backfill,
  settings: PollRequest,
  { checkpoints, backfills, discovery }: PortalState,
  now: Instant,
): string | undefined {
  if (from >= to) return `from must lie in the past, found ${toIso(from)}.`;
  const stored = byStream(checkpoints);
  const polled = listStreams(settings, discovery, stored).filter(({ name }) => stored.has(name));
  const checkpoint = stored.get(stream);
  if (checkpoint === undefined || !polled.some(({ name }) => name === stream)) {
    const names = polled.map(({ name }) => name).sort();
    return `the stream must be one that is polled, found ${names.length === 0 ? 'none yet' : `only ${names.join(', ')}`}.`;
  }
  const current = backfills.find((other) => other.stream === stream && other.finishedAt === undefined);
  if (current !== undefined)
    return `one at a time, found one that stands at ${toIso(positionOf(current))} of ${toIso(current.to)}. Cancel it, or wait.`;
  const earlier = backfills.find((other) => other.stream === stream);
  return republish ? undefined : forgottenIn({ from, to }, checkpoint, earlier, now);
}

/** What was published before the ledger's memory began would be published again without anybody wanting it. */
function forgottenIn(
  { from, to }: { readonly from: Instant; readonly to: Instant },
  { floor }: Checkpoint,
  earlier: Backfill | undefined,
  now: Instant,
): string | undefined {
  const rememberedFrom = ledgerRemembersFrom(now);
  const isForgotten = earlier !== undefined && earlier.startedAt < rememberedFrom;
  const publishedFrom = isForgotten ? Math.min(floor, earlier.from) : floor;
  if (Math.max(from, publishedFrom) >= Math.min(to, rememberedFrom)) return undefined;
  return `events from ${toIso(Math.max(from, publishedFrom))} to ${toIso(Math.min(to, rememberedFrom))} may have been published, and the ledger no longer knows of them. Let the window end at ${toIso(publishedFrom)} or start at ${toIso(rememberedFrom)}, or say "republish": true.`;
}

function invalid(text: string): PollerError {
  return new PollerError('request-invalid', text);
}
