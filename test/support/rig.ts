/** A portal to poll in a test: fakes of every port, a table and a ledger that outlive the runs, and virtual time. */

import type { Checkpoint } from '../../functions/poller/core/checkpoint.ts';
import { RunTime } from '../../functions/poller/core/run-time.ts';
import { startTally } from '../../functions/poller/core/tally.ts';
import { type PollRequest, requestSchema } from '../../functions/poller/input/request.ts';
import { LedgerCache } from '../../functions/poller/publish/ledger-cache.ts';
import { FIRST_IN_FLIGHT_EVENTS } from '../../functions/poller/publish/publish-page.ts';
import { Semaphore } from '../../functions/poller/publish/semaphore.ts';
import { poll, type RunSummary } from '../../functions/poller/run/poll.ts';
import type { RunContext } from '../../functions/poller/run/stream-run.ts';
import { createFakeBus, type FakeBus } from './fake-bus.ts';
import { createFakeLedger, type LedgerRows, type UnflushedRows } from './fake-ledger.ts';
import {
  createFakeDeadLetters,
  createFakeLog,
  createFakeMetrics,
  type FakeDeadLetters,
  type FakeLog,
  type FakeMetrics,
} from './fake-outlets.ts';
import { createFakeSource, type FakeSource } from './fake-source.ts';
import { createFakeStore, createStoredState, type StoredState } from './fake-store.ts';
import { createScriptedGate, type ScriptedGate } from './gate.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

export const PORTAL = 'main';
export const STREAM = 'e_visited_page';

/** 2026-11-10T12:00:00Z */
export const NOON = Date.UTC(2026, 10, 10, 12);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface Rig {
  readonly time: VirtualTime;
  readonly source: FakeSource;
  readonly bus: FakeBus;
  readonly state: StoredState;
  readonly ledgerRows: LedgerRows;
  readonly deadLetters: FakeDeadLetters;
  readonly metrics: FakeMetrics;
  readonly log: FakeLog;
  readonly gate: ScriptedGate;
  /** The time of the run in progress, or of the last one. */
  runTime: RunTime | undefined;
  /** Polls once. @throws what the run throws */
  run(options?: RunOptions): Promise<RunSummary>;
  /** Moves on to the next whole minute from NOON, and polls. */
  tick(options?: RunOptions): Promise<RunSummary>;
  checkpoint(stream?: string): Checkpoint;
  /** Keeps the process of now; what it gives goes on with that one. */
  keepProcess(): () => void;
}

export interface RunOptions {
  readonly settings?: Partial<PollRequest>;
  readonly owner?: string;
  readonly remainingMs?: number;
  readonly clockAheadMs?: number;
  /** In a process that knows nothing of the runs before. */
  readonly isCold?: boolean;
}

/** Gives a rig that stands at NOON; a stream with no checkpoint starts an hour before it. */
export function createRig(settings: Partial<PollRequest> = {}): Rig {
  const time = createVirtualTime(NOON);
  const gate = createScriptedGate(time.sleep);
  const state = createStoredState();
  const ledgerRows: LedgerRows = new Map();
  let process = startProcess();
  let runs = 0;

  const rig: Rig = {
    time,
    gate,
    state,
    ledgerRows,
    source: createFakeSource(gate.gate, time.now),
    bus: createFakeBus(gate.gate),
    deadLetters: createFakeDeadLetters(gate.gate),
    metrics: createFakeMetrics(),
    log: createFakeLog(),
    runTime: undefined,
    run({ settings: more = {}, owner, remainingMs = 120_000, clockAheadMs = 0, isCold = false } = {}) {
      runs += 1;
      if (isCold) process = startProcess();
      const clock = time.clock(clockAheadMs);
      rig.runTime = new RunTime(clock.now(), remainingMs);
      const context: RunContext = {
        request: requestOf({ ...settings, ...more }),
        owner: owner ?? `run-${runs}`,
        time: rig.runTime,
        source: rig.source,
        publisher: rig.bus,
        store: createFakeStore(gate.gate, state),
        ledger: createFakeLedger(gate.gate, ledgerRows, process.unflushed),
        ledgerCache: process.ledgerCache,
        memory: process.memory,
        deadLetters: rig.deadLetters,
        metrics: rig.metrics,
        log: rig.log,
        clock,
        tally: startTally(),
        inFlight: new Semaphore(FIRST_IN_FLIGHT_EVENTS),
        stop: new AbortController(),
      };
      return time.until(poll(context));
    },
    async tick(options) {
      await time.moveTo((Math.floor(time.now() / MINUTE) + 1) * MINUTE);
      return rig.run(options);
    },
    keepProcess() {
      const kept = process;
      return () => {
        process = kept;
      };
    },
    checkpoint(stream = STREAM) {
      const found = state.checkpoints.get(`${PORTAL}/${stream}`);
      if (found === undefined) throw new Error(`Reading a checkpoint: ${stream} must have one, found none.`);
      return found;
    },
  };
  return rig;
}

/** What a process of the function keeps from one run to the next. */
function startProcess() {
  const unflushed: UnflushedRows = [];
  const memory: RunContext['memory'] = { lastOwner: undefined, revisions: new Map() };
  return { unflushed, memory, ledgerCache: new LedgerCache(20_000_000) };
}

export function requestOf(settings: Partial<PollRequest>): PollRequest {
  const defaults = {
    portal: PORTAL,
    secretId: 'hubspot-events/main',
    eventTypes: [STREAM],
    startFrom: new Date(NOON - HOUR).toISOString(),
  };
  return requestSchema.parse({ ...defaults, ...settings });
}
