/** What outlives the runs of a simulation, and the facts that the checker judges by. */
import type { RunReport } from '../../functions/poller/core/tally.ts';
import type { PollerError } from '../../functions/poller/errors.ts';
import { createPortalState, type PortalState } from '../../infra/simulator/answer.ts';
import type { Fault } from '../../infra/simulator/faults/fault.ts';
import type { LedgerRows } from '../support/fake-ledger.ts';
import { createStoredState, type StoredState } from '../support/fake-store.ts';
import { createVirtualTime, type VirtualTime } from '../support/virtual-time.ts';
import type { Container } from './container.ts';
import type { Invocation, Operation, Schedule } from './schedule.ts';

/** One thing that reached the bus or the dead-letter queue. */
export interface Arrival {
  readonly run: RunFacts;
  readonly at: number;
  /** Of an event its type and id; of a dead letter of what is none its text. */
  readonly key: string;
  readonly isLetter: boolean;
  /** Which of the stream's passes found it. */
  readonly pass: string;
  /** What the run was told: where the answer was lost nothing can keep it from sending again. */
  isAnswerLost: boolean;
}

/** What is known of a run from outside. */
export interface RunFacts {
  readonly index: number;
  readonly invocation: Invocation;
  readonly startedAt: number;
  readonly deadlineAt: number;
  steps: number;
  killedAt: number | undefined;
  endedAt: number | undefined;
  outcome: 'polled' | 'skipped' | PollerError | undefined;
  hasLease: boolean;
  /** It has not begun to give the lease back. */
  holdsLease: boolean;
  /** Another run that was alive held the lease at the same time. */
  isPaired: boolean;
  /** The ledger did not take what was published. */
  hasLedgerFailure: boolean;
  container: Container | undefined;
  reports: RunReport[];
  requests: number;
  /** As they stood when the run reported. */
  requestsAtEnd: number;
  /** now − the lowest stored watermark when the run reported, by its clock; undefined where a stream has none. */
  storedLagSeconds: number | undefined;
  /** What the services told the run they accepted. */
  published: number;
  lettered: number;
}

export interface Unresolved {
  readonly stream: string;
  readonly occurredAt: number;
  readonly shownTo: Set<RunFacts>;
}

export interface Violation {
  readonly rule: string;
  readonly text: string;
}

export type Trace = (at: number, line: string) => void;

export interface World {
  readonly schedule: Schedule;
  readonly time: VirtualTime;
  readonly portal: PortalState;
  readonly state: StoredState;
  readonly ledgerRows: LedgerRows;
  readonly arrivals: Arrival[];
  readonly runs: RunFacts[];
  readonly containers: Container[];
  /** Each request that reached HubSpot. */
  readonly requests: { readonly at: number; readonly run: RunFacts; readonly container: Container }[];
  /** What HubSpot showed and neither bus nor dead letters have yet: key → what it is, and whom it was shown. */
  readonly unresolved: Map<string, Unresolved>;
  readonly resolved: Set<string>;
  readonly violations: Violation[];
  /** Told what happens, for whoever looks for the cause of a violation. */
  readonly trace: Trace;
  /** The instant each stream started from, as its first checkpoint says. */
  readonly floors: Map<string, number>;
  /** The backfills that were granted and not cancelled. */
  readonly backfills: Extract<Operation, { kind: 'backfill' }>[];
  /** The next request's fault. */
  fault: Fault | null;
  /** The table was set back, or lost rows: what was published may come again. */
  isLedgerDamaged: boolean;
}

export function createWorld(schedule: Schedule, trace: Trace): World {
  const time = createVirtualTime(schedule.startsAt);
  const world: World = {
    schedule,
    time,
    portal: createPortalState({ ...schedule.behaviour, fault: () => world.fault }),
    state: createStoredState(),
    ledgerRows: new Map(),
    arrivals: [],
    runs: [],
    containers: [],
    requests: [],
    unresolved: new Map(),
    resolved: new Set(),
    violations: [],
    trace,
    floors: new Map(),
    backfills: [],
    fault: null,
    isLedgerDamaged: false,
  };
  world.portal.log.add(schedule.events.map(({ simulated }) => simulated));
  return world;
}

export function blame(world: World, rule: string, text: string): void {
  world.violations.push({ rule, text: `${new Date(world.time.now()).toISOString()} ${text}` });
}

/** True where the run is neither over nor killed. */
export function isAlive(run: RunFacts): boolean {
  return run.killedAt === undefined && run.endedAt === undefined;
}
