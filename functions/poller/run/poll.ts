/**
 * One run over one portal.
 *
 *   lease ─▶ checkpoints ─▶ bus there? ─▶ event types ─▶ streams (run-portal.ts) ─▶ lease back ─▶ metrics
 *     │ held by another                      │ "all": asked once an hour
 *     └─▶ lag, and a quiet end               └─ HubSpot's list fails: the one before stays in force
 */

import { type Checkpoint, type Discovery, startCheckpoint } from '../core/checkpoint.ts';
import type { Instant } from '../core/instant.ts';
import { countFailing, furthestBehind, lagSeconds } from '../core/lag.ts';
import type { RunTime } from '../core/run-time.ts';
import { listStreams, type Stream } from '../core/streams.ts';
import { describeLateness, mostPublished, type Tally } from '../core/tally.ts';
import { PollerError, toPollerError } from '../errors.ts';
import type { PollRequest } from '../input/request.ts';
import type {
  CheckpointStore,
  Clock,
  DeadLetterQueue,
  EventPublisher,
  EventSource,
  Ledger,
  Log,
  Metrics,
  PortalStanding,
  PortalState,
} from '../ports.ts';
import { createBudget } from '../publish/semaphore.ts';
import { warnOfEnd } from './api-version.ts';
import type { StreamState } from './passes.ts';
import { runPortal } from './run-portal.ts';

export interface PollPorts {
  readonly source: EventSource;
  readonly publisher: EventPublisher;
  readonly store: CheckpointStore;
  readonly ledger: Ledger;
  readonly deadLetters: DeadLetterQueue;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tally: Tally;
}

/** What a run gives back to whoever invoked it. */
export interface RunSummary {
  readonly portal: string;
  /** `skipped`: another run holds the lease. */
  readonly outcome: 'polled' | 'skipped';
  readonly lagSeconds: number;
  readonly streams: number;
  readonly streamsFailing: number;
  readonly eventsRead: number;
  readonly eventsPublished: number;
  readonly duplicatesSuppressed: number;
  readonly eventsDeadLettered: number;
  readonly hubSpotRequests: number;
}

/** The most events that a run may have published and not yet written to the ledger, over all its streams. */
const IN_FLIGHT_EVENTS = 1_000;

/** The most pages of 1,000 events that are read ahead of publishing, over all streams: about 2 MB each. */
const PAGES_IN_MEMORY = 10;

/** How old the cached list of event types may grow. */
const DISCOVERY_MS = 3_600_000;

/** The lease outlives the function by so much, for clocks that differ. */
const LEASE_MARGIN_MS = 1_000;

/** How the portal stands, as far as a run got to know it. */
interface Standing {
  streams: readonly Stream[];
  checkpoints: () => readonly Checkpoint[];
}

/**
 * Polls the request's portal once: every due stream, and in the time left what is due of the past.
 * Emits the metrics, whatever happens. @throws PollerError where the run fails
 */
export async function poll(
  request: PollRequest,
  owner: string,
  time: RunTime,
  ports: PollPorts,
): Promise<RunSummary> {
  const { clock, store, log, metrics, tally } = ports;
  const { portal } = request;
  let standing: Standing | undefined;
  let failure: PollerError | undefined;

  function report(outcome: RunSummary['outcome'], failure?: PollerError): RunSummary {
    const now = clock.now();
    const checkpoints = latest(standing);
    const all = standing?.streams ?? [];
    // Before the token is written nothing has started, and what has not started is not behind.
    const isWaiting = failure?.code === 'secret-placeholder';
    const streams = isWaiting ? all.filter(({ name }) => checkpoints.get(name)?.revision) : all;
    const lag = lagSeconds(streams, checkpoints, startsAt(request, now), now);
    const failing = countFailing(streams, checkpoints);
    metrics.emit({
      portal,
      tally,
      lagSeconds: standing && lag,
      streamsFailing: standing && failing,
      runSeconds: (now - time.startedAt) / 1000,
    });
    return {
      portal,
      outcome,
      lagSeconds: lag,
      streams: streams.length,
      streamsFailing: failing,
      eventsRead: tally.eventsRead,
      eventsPublished: tally.eventsPublished,
      duplicatesSuppressed: tally.duplicatesSuppressed,
      eventsDeadLettered: tally.eventsDeadLettered,
      hubSpotRequests: tally.hubSpotRequests,
    };
  }

  function standingAtEnd(): PortalStanding {
    const now = clock.now();
    const checkpoints = latest(standing);
    const streams = standing?.streams ?? [];
    return {
      endedAt: now,
      outcome: failure === undefined ? 'polled' : 'failed',
      code: failure?.code,
      lagSeconds: standing && lagSeconds(streams, checkpoints, startsAt(request, now), now),
      streams: streams.length,
      streamsFailing: countFailing(streams, checkpoints),
      furthestBehind: furthestBehind(streams, checkpoints, now)[0]?.stream,
    };
  }

  try {
    const { isOurs } = await store.acquireLease(
      portal,
      owner,
      clock.now(),
      time.deadlineAt + LEASE_MARGIN_MS,
    );
    try {
      const stored = await store.readPortal(portal);
      standing = standingOf(request, stored.discovery, stored.checkpoints);
      if (!isOurs) {
        log.info('Another run holds the lease of this portal: nothing to do');
        return report('skipped');
      }
      const polledAt = stored.checkpoints.reduce((latest, { watermark }) => Math.max(latest, watermark), 0);
      const warning = warnOfEnd(request.apiVersion, polledAt, clock.now());
      if (warning !== undefined) log.warn(warning);
      await ports.publisher.checkBus();
      const discovery = await discover(request, stored, time, ports);
      standing = standingOf(request, discovery, stored.checkpoints);
      const states = standing.streams.map((stream) => stateOf(request, stream, stored, clock.now()));
      standing.checkpoints = () => [...stored.checkpoints, ...states.map(({ checkpoint }) => checkpoint)];
      const { sweepLookbackHours } = request;
      const inFlight = createBudget(IN_FLIGHT_EVENTS);
      const pages = createBudget(PAGES_IN_MEMORY);
      const stop = new AbortController();
      const context = {
        ...ports,
        portal,
        settings: request,
        sweepLookbackHours,
        inFlight,
        pages,
        time,
        stop,
      };
      // A page that was asked for ahead and that nobody wants any more must not outlive the run.
      await runPortal(context, states).finally(() => stop.abort());
    } catch (thrown) {
      failure = toPollerError(thrown);
      throw failure;
    } finally {
      if (isOurs) await releaseLease(ports, portal, owner, standingAtEnd());
    }
  } catch (thrown) {
    const error = toPollerError(thrown);
    const { code, message, correlationId, status } = error;
    log.error('The run failed', { code, reason: message, correlationId, status });
    report('polled', error);
    throw error;
  }
  const summary = report('polled');
  log.info('Run', {
    ...summary,
    furthestBehind: furthestBehind(standing.streams, latest(standing), clock.now()),
    publishedByType: mostPublished(tally),
    lateness: describeLateness(tally),
  });
  return summary;
}

function standingOf(
  request: PollRequest,
  discovery: Discovery | undefined,
  checkpoints: readonly Checkpoint[],
): Standing {
  return { streams: listStreams(request, discovery, checkpoints), checkpoints: () => checkpoints };
}

function latest(standing: Standing | undefined): ReadonlyMap<string, Checkpoint> {
  return new Map((standing?.checkpoints() ?? []).map((checkpoint) => [checkpoint.stream, checkpoint]));
}

function stateOf(request: PollRequest, stream: Stream, stored: PortalState, now: Instant): StreamState {
  const checkpoint = stored.checkpoints.find(({ stream: name }) => name === stream.name);
  return {
    stream,
    checkpoint: checkpoint ?? startCheckpoint(stream.name, startsAt(request, now), now),
    backfill: stored.backfills.find(({ stream: name }) => name === stream.name),
    live: undefined,
    sweep: undefined,
    backfilling: undefined,
  };
}

/** Where a stream with no checkpoint starts. */
function startsAt({ startFrom }: PollRequest, now: Instant): Instant {
  return startFrom === 'now' ? now : Date.parse(startFrom);
}

/** The portal's event types where `"all"` is asked for, from the table while they are fresh. */
async function discover(
  { portal, eventTypes }: PollRequest,
  { discovery }: PortalState,
  time: RunTime,
  { source, store, clock, log }: PollPorts,
): Promise<Discovery | undefined> {
  if (eventTypes !== 'all') return undefined;
  if (discovery !== undefined && clock.now() - discovery.discoveredAt < DISCOVERY_MS) return discovery;
  let fresh: Discovery;
  try {
    fresh = { eventTypes: await source.listEventTypes(time.readUntil), discoveredAt: clock.now() };
  } catch (thrown) {
    const error = toPollerError(thrown);
    if (error.nextStep === 'end-run') throw error;
    const { code, message, correlationId, status } = error;
    if (discovery === undefined) {
      const text = `Listing the portal's event types, which eventTypes "all" needs, failed: ${message}`;
      throw new PollerError('hubspot-no-event-types', text, { cause: error, correlationId, status });
    }
    const fields = { code, reason: message, correlationId };
    log.warn('Listing event types failed: the list of before stays in force', fields);
    return discovery;
  }
  try {
    await store.saveDiscovery(portal, fresh);
  } catch (thrown) {
    const { code, message } = toPollerError(thrown);
    log.warn('The list of event types could not be kept: the next run asks again', { code, reason: message });
  }
  return fresh;
}

async function releaseLease(
  { store, log }: PollPorts,
  portal: string,
  owner: string,
  standing: PortalStanding,
): Promise<void> {
  try {
    await store.releaseLease(portal, owner, standing);
  } catch (thrown) {
    const { code, message } = toPollerError(thrown);
    log.warn('The lease could not be given back: it ends by itself', { code, reason: message });
  }
}
