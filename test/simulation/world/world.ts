/** What outlives the runs of a simulation, and the facts that the checker judges by. */
import { createPortalState, type PortalState } from '../../../infra/simulator/answer.ts';
import type { Fault } from '../../../infra/simulator/faults/fault.ts';
import type { LedgerRows } from '../../support/fake-ledger.ts';
import { createStoredState, type StoredState } from '../../support/fake-store.ts';
import { createVirtualTime, type VirtualTime } from '../../support/virtual-time.ts';
import { createKnowledge, type Knowledge } from '../checker/knowledge.ts';
import { createResolution, type Resolution } from '../checker/resolution.ts';
import type { Operation } from '../schedule/happenings.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Container, WarmPortal } from './container.ts';
import type { RunFacts } from './run-facts.ts';

/** One thing that reached the bus or the dead-letter queue. */
export interface Arrival {
  readonly run: RunFacts;
  readonly at: number;
  /** When its call was begun. */
  readonly sentAt: number;
  /** Of an event its type and id; of a dead letter of what is none its stream and text. */
  readonly key: string;
  readonly isLetter: boolean;
  /** Which of the stream's passes found it. */
  readonly pass: string;
  /** What the run was told: where the answer was lost nothing can keep it from sending again. */
  isAnswerLost: boolean;
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
  readonly requests: { readonly at: number; readonly run: RunFacts; readonly warm: WarmPortal }[];
  readonly resolution: Resolution;
  readonly knowledge: Knowledge;
  readonly violations: Violation[];
  /** Told what happens, for whoever looks for the cause of a violation. */
  readonly trace: Trace;
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
    resolution: createResolution(schedule.events),
    knowledge: createKnowledge(),
    violations: [],
    trace,
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
