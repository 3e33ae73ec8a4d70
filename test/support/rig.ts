/** A portal to poll in a test: fakes of every port, a table and a ledger that outlive the runs, and virtual time. */

import type { Checkpoint } from '../../functions/poller/core/checkpoint.ts';
import { planRunTime, type RunTime } from '../../functions/poller/core/run-time.ts';
import { startTally } from '../../functions/poller/core/tally.ts';
import { type PollRequest, requestSchema } from '../../functions/poller/input/request.ts';
import { poll, type RunSummary } from '../../functions/poller/run/poll.ts';
import { createFakeBus, type FakeBus } from './fake-bus.ts';
import { createFakeLedger, type LedgerRows, type OwedRows } from './fake-ledger.ts';
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
}

export interface RunOptions {
  readonly settings?: Partial<PollRequest>;
  readonly owner?: string;
  readonly remainingMs?: number;
  readonly clockAheadMs?: number;
}

/** Gives a rig that stands at NOON; a stream with no checkpoint starts an hour before it. */
export function createRig(settings: Partial<PollRequest> = {}): Rig {
  const time = createVirtualTime(NOON);
  const gate = createScriptedGate(time.sleep);
  const state = createStoredState();
  const ledgerRows: LedgerRows = new Map();
  const owed: OwedRows = [];
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
    run({ settings: more = {}, owner, remainingMs = 120_000, clockAheadMs = 0 } = {}) {
      runs += 1;
      const clock = time.clock(clockAheadMs);
      rig.runTime = planRunTime(clock.now(), remainingMs);
      const ports = {
        source: rig.source,
        publisher: rig.bus,
        store: createFakeStore(gate.gate, state),
        ledger: createFakeLedger(gate.gate, ledgerRows, owed),
        deadLetters: rig.deadLetters,
        metrics: rig.metrics,
        log: rig.log,
        clock,
        tally: startTally(),
      };
      const request = requestOf({ ...settings, ...more });
      return time.until(poll(request, owner ?? `run-${runs}`, rig.runTime, ports));
    },
    async tick(options) {
      await time.moveTo((Math.floor(time.now() / MINUTE) + 1) * MINUTE);
      return rig.run(options);
    },
    checkpoint(stream = STREAM) {
      const found = state.checkpoints.get(`${PORTAL}/${stream}`);
      if (found === undefined) throw new Error(`Reading a checkpoint: ${stream} must have one, found none.`);
      return found;
    },
  };
  return rig;
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
