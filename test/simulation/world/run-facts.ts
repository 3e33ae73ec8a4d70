/** What is known of a run from outside. */
import type { RunReport } from '../../../functions/poller/core/tally.ts';
import type { PollerError } from '../../../functions/poller/errors.ts';
import type { PollRequest } from '../../../functions/poller/input/request.ts';
import type { Invocation } from '../schedule/invocations.ts';
import type { Container } from './container.ts';

/** What HubSpot answered to the requests of one kind. */
export interface AnswerCount {
  readonly eventType: string;
  /** The query was refused because it reaches back too far: a sweep, or a backfill. */
  readonly isPast: boolean;
  /** Where the window of the last one starts. */
  from: number;
  good: number;
  /** Refused, failed, malformed, or not answered in time. */
  bad: number;
}

export interface RunFacts {
  readonly index: number;
  readonly invocation: Invocation;
  readonly request: PollRequest;
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
  /** How often the ledger took something. */
  ledgerWrites: number;
  /** Its process. */
  container: Container | undefined;
  reports: RunReport[];
  requests: number;
  /** The most text that the pages asked for now may have. */
  bytesAsked: number;
  /** As they stood when the run reported. */
  requestsAtEnd: number;
  /** What the services told the run they accepted. */
  published: number;
  lettered: number;
  /** The lists of event types that it was given, and when HubSpot made them. */
  readonly lists: { readonly at: number; readonly types: readonly string[] }[];
  readonly answers: Map<string, AnswerCount>;
  /** When each type was last shown; never where it failed since. */
  readonly shownAt: Map<string, number>;
  /** Types that were refused with the whole account, and not shown since. */
  readonly accountRefusals: Set<string>;
  /** Pages of live polls that were refused to the whole account, and those given after the first of them. */
  liveRefusals: number;
  livePagesSince: number;
  /** How many 401 answers came since any other. */
  unauthorized: number;
  /** An answer of HubSpot after which nothing of the account can go on. */
  fatalAnswer: string | undefined;
}

export function startFacts(
  index: number,
  invocation: Invocation,
  request: PollRequest,
  startedAt: number,
): RunFacts {
  return {
    index,
    invocation,
    request,
    startedAt,
    deadlineAt: startedAt + invocation.remainingMs,
    steps: 0,
    killedAt: undefined,
    endedAt: undefined,
    outcome: undefined,
    hasLease: false,
    holdsLease: false,
    isPaired: false,
    hasLedgerFailure: false,
    ledgerWrites: 0,
    container: undefined,
    reports: [],
    requests: 0,
    bytesAsked: 0,
    requestsAtEnd: 0,
    published: 0,
    lettered: 0,
    lists: [],
    answers: new Map(),
    shownAt: new Map(),
    accountRefusals: new Set(),
    liveRefusals: 0,
    livePagesSince: 0,
    unauthorized: 0,
    fatalAnswer: undefined,
  };
}

/** True where the run is neither over nor killed. */
export function isAlive(run: RunFacts): boolean {
  return run.killedAt === undefined && run.endedAt === undefined;
}
