/** Which streams a portal has: what HubSpot lists, asked once an hour, and what is new in it, stored at once. */
import { byStream, type Checkpoint, startCheckpoint } from '../core/checkpoint.ts';
import { type Discovery, isListDue, lackingIn, learnList, listStreams } from '../core/discovery.ts';
import type { Instant } from '../core/instant.ts';
import type { Stream } from '../core/streams.ts';
import { describeFailure, PollerError, toPollerError } from '../errors.ts';
import type { PortalState } from '../ports.ts';
import type { RunContext } from './stream-run.ts';

/** The portal's event types where `"all"` is asked for, from the table while they are fresh. @throws PollerError */
export async function discover(context: RunContext, state: PortalState): Promise<Discovery | undefined> {
  const { request, clock, log } = context;
  const before = state.discovery;
  if (request.eventTypes !== 'all' || !isListDue(before, clock.now())) return before;
  const listed = await listEventTypes(context, before);
  if (listed === undefined) return before;
  const stored = byStream(state.checkpoints);
  const discovery = learnList(before, listed, stored, startFromOf(context), clock.now());
  if (discovery.doubtedAt !== undefined) {
    const lacking = lackingIn(listed, discovery).length;
    log.warn('HubSpot lists far fewer event types than before: believed when it does so again', {
      lacking,
      of: discovery.eventTypes.length,
    });
  }
  try {
    await context.store.saveDiscovery(request.portal, discovery);
  } catch (thrown) {
    const failed = describeFailure(toPollerError(thrown));
    log.warn('The list of event types could not be kept: the next run asks again', failed);
  }
  return discovery;
}

/** HubSpot's list; undefined where asking failed and there is one of before. @throws PollerError */
async function listEventTypes(
  { source, time, log }: RunContext,
  before: Discovery | undefined,
): Promise<readonly string[] | undefined> {
  let error: PollerError;
  try {
    const listed = await source.listEventTypes(time.readUntil);
    // HubSpot lists types of its own in every account.
    if (listed.length > 0) return listed;
    error = new PollerError('hubspot-malformed-answer', 'it must hold at least one, found none.');
  } catch (thrown) {
    error = toPollerError(thrown);
  }
  if (error.nextStep === 'end-run') throw error;
  if (before === undefined) {
    const { correlationId, status } = error;
    const text = `Listing the portal's event types, which eventTypes "all" needs, failed: ${error.message}`;
    throw new PollerError('hubspot-no-event-types', text, { cause: error, correlationId, status });
  }
  log.warn('Listing event types failed: the list of before stays in force', describeFailure(error));
  return undefined;
}

/**
 * The checkpoints of the portal's streams. A stream exists from the moment it is known: the first checkpoint of a
 * new one is stored here, before its first poll. Revision 0 where that failed: such a stream is not polled yet.
 */
export async function storeNewStreams(
  context: RunContext,
  streams: readonly Stream[],
  { checkpoints }: PortalState,
  discovery: Discovery | undefined,
): Promise<Map<string, Checkpoint>> {
  const { request, clock, store, log } = context;
  const stored = byStream(checkpoints);
  const startsAt = startsAtOf(context);
  const added = streams
    .filter(({ name }) => !stored.has(name))
    .map(async ({ name, query }) => {
      const floor = query.objectType === undefined ? (discovery?.starting[name] ?? startsAt) : startsAt;
      const first = startCheckpoint(name, floor, clock.now());
      stored.set(name, first);
      try {
        stored.set(name, await store.saveCheckpoint(request.portal, first));
      } catch (thrown) {
        const error = toPollerError(thrown);
        if (error.nextStep === 'end-run') throw error;
        const { code, message } = error;
        stored.set(name, { ...first, lastError: { at: clock.now(), code, message } });
        log.error('A new stream could not be stored', { stream: name, ...describeFailure(error) });
      }
    });
  await Promise.all(added);
  return stored;
}

export function streamsOf(
  { request }: RunContext,
  discovery: Discovery | undefined,
  checkpoints: readonly Checkpoint[],
): Stream[] {
  return listStreams(request, discovery, byStream(checkpoints));
}

/** Where a stream with no checkpoint starts. */
export function startsAtOf(context: RunContext): Instant {
  const startFrom = startFromOf(context);
  return startFrom === 'now' ? context.clock.now() : startFrom;
}

function startFromOf({ request }: RunContext): Instant | 'now' {
  return request.startFrom === 'now' ? 'now' : Date.parse(request.startFrom);
}
