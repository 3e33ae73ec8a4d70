/**
 * A portal on virtual time: the poller's own run, its HubSpot client, its rate limiter and its publisher, between a
 * simulated HubSpot, a bus and a table that answer after the time they would take. Nothing waits for real, and CPU
 * time passes only where it is given: what is counted here repeats to the digit.
 */
import type { PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { toAttributes } from '../../../functions/poller/adapters/dynamodb/items.ts';
import { createPublisher } from '../../../functions/poller/adapters/eventbridge/publisher.ts';
import { createHubSpotGet } from '../../../functions/poller/adapters/hubspot/client.ts';
import type { HttpSend } from '../../../functions/poller/adapters/hubspot/http.ts';
import { RateLimiter } from '../../../functions/poller/adapters/hubspot/rate-limiter.ts';
import { createEventSource } from '../../../functions/poller/adapters/hubspot/source.ts';
import type { BusEntry } from '../../../functions/poller/core/event/bus-entry.ts';
import { RunTime } from '../../../functions/poller/core/run-time.ts';
import { startTally } from '../../../functions/poller/core/tally.ts';
import { type PollRequest, requestSchema } from '../../../functions/poller/input/request.ts';
import type { CheckpointStore, EventSource } from '../../../functions/poller/ports.ts';
import { LedgerCache } from '../../../functions/poller/publish/ledger-cache.ts';
import { FIRST_IN_FLIGHT_EVENTS } from '../../../functions/poller/publish/publish-page.ts';
import { Semaphore } from '../../../functions/poller/publish/semaphore.ts';
import { poll, type RunSummary } from '../../../functions/poller/run/poll.ts';
import type { RunContext } from '../../../functions/poller/run/stream-run.ts';
import { answerHubSpot, createPortalState } from '../../../infra/simulator/answer.ts';
import { DEFAULT_LIMITS, SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import type { EventHistory } from '../../../infra/simulator/event-log.ts';
import { createFakeDeadLetters, createFakeLog } from '../../support/fake-outlets.ts';
import { createFakeStore, createStoredState, type StoredState } from '../../support/fake-store.ts';
import type { Gate } from '../../support/gate.ts';
import { createVirtualTime, type VirtualTime } from '../../support/virtual-time.ts';
import {
  createUnitLedger,
  type PackedRows,
  startUnitCount,
  type UnitCount,
  writeUnitsOf,
} from './unit-ledger.ts';

export interface VirtualLabOptions {
  readonly startAt: number;
  readonly settings: Partial<PollRequest>;
  /** What HubSpot has; or a source in its place, where a day of pages would take too long to write as JSON. */
  readonly history?: EventHistory;
  readonly createSource?: (time: VirtualTime) => EventSource;
  /** HubSpot's own limit; 190 where not given. */
  readonly per10Seconds?: number;
  /** No page has more events, whatever was asked for; 1,000 where not given. */
  readonly mostPerPage?: number;
  /** Whether every run finds the memory of a new process; else all of them are one process's. */
  readonly isColdEachRun?: boolean;
  /** What the function computes, in its own time; nothing where not given. */
  readonly cpu?: CpuTimes;
  /** Told of each entry as the bus accepts it. */
  readonly onPublished?: (entry: BusEntry, now: number) => void;
}

/** How long the function's CPU is busy, in milliseconds; with one thing at a time. */
export interface CpuTimes {
  readonly run: number;
  readonly eventRead: number;
  /** On top of the reading. */
  readonly eventPublished: number;
}

export interface LabCounts {
  /** The instants at which HubSpot saw a request, and what it answered. */
  readonly requests: { readonly at: number; readonly status: number }[];
  putEventsCalls: number;
  eventsPublished: number;
  eventsRead: number;
  readonly lagsSeconds: number[];
  runSeconds: number;
  runs: number;
}

export interface VirtualLab {
  readonly time: VirtualTime;
  readonly counts: LabCounts;
  readonly units: UnitCount;
  readonly state: StoredState;
  readonly ledgerRows: PackedRows;
  /** Sends one request to the simulated HubSpot. */
  readonly send: HttpSend;
  readonly putEvents: (entries: readonly BusEntry[]) => Promise<readonly PutEventsResultEntry[]>;
  /** One invocation, with so much time. */
  readonly run: (remainingMs?: number) => Promise<RunSummary>;
  /** Runs as the schedule does, at every whole minute that finds the lease free, until this instant. */
  readonly runUntil: (until: number) => Promise<void>;
  /** Sets counts and units back to nothing. */
  readonly countAnew: () => void;
}

export const PORTAL = 'main';
export const API_URL = 'http://127.0.0.1:1';
export const MINUTE_MS = 60_000;

/** From request to answer. Of HubSpot as the issue has it; of AWS within a Region, on a slow day. */
export const HUBSPOT_MS = 250;
export const BUS_MS = 30;
export const TABLE_MS = 8;

/** Lambda's timeout in the stack. */
const RUN_MS = 120_000;

/** What the function gives the ledger's buckets of its memory. */
const LEDGER_CACHE_BYTES = 20 * 1_048_576;

/** What costs one write unit: these items are within 1 KB. */
const WRITES = new Set(['acquireLease', 'releaseLease', 'saveDiscovery']);

export function createVirtualLab(options: VirtualLabOptions): VirtualLab {
  const { startAt, settings, history, per10Seconds = DEFAULT_LIMITS.per10Seconds } = options;
  const { mostPerPage = 1_000, cpu = { run: 0, eventRead: 0, eventPublished: 0 } } = options;
  const time = createVirtualTime(startAt);
  const clock = time.clock();
  const units = startUnitCount();
  const requests: { at: number; status: number }[] = [];
  const counts: LabCounts = { requests, ...startCounts() };
  const state = createStoredState();
  const ledgerRows: PackedRows = new Map();
  const portal = createPortalState(
    { limits: { ...DEFAULT_LIMITS, per10Seconds }, mostPerPage, aboveMostPerPage: 'cap' },
    history,
  );
  const request = requestSchema.parse({ portal: PORTAL, secretId: 'secret', apiUrl: API_URL, ...settings });
  const rateLimiter = new RateLimiter(request.maxRequestsPer10Seconds);
  // What one process of the function keeps from run to run.
  const busCheck = { seenAt: Number.NEGATIVE_INFINITY };
  const ledgerCache = new LedgerCache(LEDGER_CACHE_BYTES);
  const memory: RunContext['memory'] = { lastOwner: undefined, revisions: new Map() };
  // Waits without jitter: a run is the same every time.
  const random = () => 0.5;
  let cpuFreeAt = startAt;

  /** Waits its turn for the CPU, and has it for so long. */
  async function compute(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    cpuFreeAt = Math.max(cpuFreeAt, time.now()) + milliseconds;
    await clock.sleep(cpuFreeAt - time.now());
  }

  function computing(source: EventSource): EventSource {
    return {
      ...source,
      readPage: async (...asked) => {
        const answer = await source.readPage(...asked);
        await compute(cpu.eventRead * answer.entries.length);
        return answer;
      },
    };
  }

  const gate: Gate = async (call, effect) => {
    if (WRITES.has(call)) units.writeUnits += 1;
    if (call === 'readPortal') {
      units.queries += 1;
      units.readUnits += Math.max(1, Math.ceil(state.checkpoints.size / 6));
    }
    await clock.sleep(TABLE_MS);
    return effect();
  };

  const stored = createFakeStore(gate, state);
  const store: CheckpointStore = {
    ...stored,
    saveCheckpoint(portal, next) {
      // A stream far behind has its segments in its checkpoint.
      units.writeUnits += writeUnitsOf(toAttributes(next, next.revision, 'run'));
      return stored.saveCheckpoint(portal, next);
    },
  };

  const send: HttpSend = async ({ method, url, headers }) => {
    await clock.sleep(HUBSPOT_MS / 2);
    const { authorization } = headers;
    const answer = answerHubSpot(
      portal,
      { method, url: url.pathname + url.search, authorization },
      time.now(),
    );
    requests.push({ at: time.now(), status: answer.status });
    await clock.sleep(HUBSPOT_MS / 2);
    return answer;
  };

  async function putEvents(entries: readonly BusEntry[]): Promise<readonly PutEventsResultEntry[]> {
    counts.putEventsCalls += 1;
    await compute(cpu.eventPublished * entries.length);
    await clock.sleep(BUS_MS);
    counts.eventsPublished += entries.length;
    for (const entry of entries) options.onPublished?.(entry, time.now());
    return entries.map(() => ({ EventId: 'accepted' }));
  }

  async function run(remainingMs = RUN_MS): Promise<RunSummary> {
    const startedAt = time.now();
    const runTime = new RunTime(startedAt, remainingMs);
    const tally = startTally();
    const log = createFakeLog();
    const getToken = async () => SIMULATED_TOKEN;
    const get = createHubSpotGet({ send, getToken, rateLimiter, clock, random, tally });
    const until = () => runTime.publishUntil;
    const noteCall = (tookMs: number) => runTime.noteCall('bus', tookMs);
    const describeBus = () => clock.sleep(BUS_MS);
    const publisher = createPublisher({
      bus: 'bus',
      eventBridge: { putEvents, describeBus },
      maxBytes: 1_048_576,
      retry: { clock, random, until, noteCall },
      expectedMs: () => runTime.expectedMs('bus'),
      tally,
      log,
      busCheck,
    });
    counts.runs += 1;
    if (options.isColdEachRun === true) ledgerCache.forget('');
    await time.until(compute(cpu.run));
    const summary = await time.until(
      poll({
        request,
        owner: `run-${counts.runs}`,
        time: runTime,
        source: computing(
          options.createSource?.(time) ??
            createEventSource({ get, getToken, apiUrl: API_URL, apiVersion: 'v3', clock }),
        ),
        publisher,
        store,
        ledger: createUnitLedger(ledgerRows, units, () => clock.sleep(TABLE_MS)),
        ledgerCache,
        memory,
        deadLetters: createFakeDeadLetters(gate),
        metrics: { emit: ({ lagSeconds }) => void counts.lagsSeconds.push(lagSeconds ?? Number.NaN) },
        clock,
        log,
        tally,
        inFlight: new Semaphore(FIRST_IN_FLIGHT_EVENTS),
        stop: new AbortController(),
      }),
    );
    const failed = log.lines.find(({ level }) => level === 'error');
    if (failed !== undefined) throw new Error(`A measured stream failed: ${JSON.stringify(failed)}`);
    counts.eventsRead += tally.eventsRead;
    counts.runSeconds += (time.now() - startedAt) / 1000;
    return summary;
  }

  return {
    time,
    counts,
    units,
    state,
    ledgerRows,
    send,
    putEvents,
    run,
    async runUntil(until) {
      while (time.now() < until) {
        await run();
        await time.moveTo((Math.floor(time.now() / MINUTE_MS) + 1) * MINUTE_MS);
      }
    },
    countAnew() {
      Object.assign(counts, startCounts());
      Object.assign(units, startUnitCount());
    },
  };
}

function startCounts() {
  return {
    putEventsCalls: 0,
    eventsPublished: 0,
    eventsRead: 0,
    lagsSeconds: [],
    runSeconds: 0,
    runs: 0,
  };
}
