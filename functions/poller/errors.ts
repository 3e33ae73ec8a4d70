/**
 * What can go wrong, and what happens next.
 *
 * Whoever finds a failure names its `code`; the table below says what it means for the run.
 * Waiting and trying again is the adapters' business and over by the time one of these is thrown.
 */

/** What the run does with a failure that trying again did not cure. */
export type NextStep =
  /** The time is up: what was reached is kept, and the next run goes on from there. No failure. */
  | 'pause'
  /** This stream fails for this run; the others go on. */
  | 'end-stream'
  /** HubSpot refuses this stream for good: set aside, and tried again after half an hour, then once a day. */
  | 'quarantine'
  /** The credentials do not reach this stream: set aside, or, where they reach none, the run fails. */
  | 'quarantine-unless-all'
  /** Nothing of this portal can go on: the run fails, with every checkpoint as it was. */
  | 'end-run';

const NEXT_STEPS = {
  'out-of-time': 'pause',
  'backfill-cancelled': 'pause',
  'hubspot-bad-request': 'end-stream',
  'hubspot-malformed-answer': 'end-stream',
  'hubspot-paging': 'end-stream',
  'hubspot-unavailable': 'end-stream',
  'hubspot-throttled': 'end-stream',
  'hubspot-page-too-large': 'end-stream',
  'sweep-overdue': 'end-stream',
  'hubspot-type-refused': 'quarantine',
  'hubspot-forbidden': 'quarantine-unless-all',
  'hubspot-unauthorized': 'end-run',
  'hubspot-daily-limit': 'end-run',
  'hubspot-moving': 'end-run',
  'hubspot-asks-to-wait': 'end-run',
  'hubspot-tls': 'end-run',
  'hubspot-no-event-types': 'end-run',
  'secret-missing': 'end-run',
  'secret-malformed': 'end-run',
  'secret-placeholder': 'end-run',
  'secret-unavailable': 'end-run',
  'bus-missing': 'end-run',
  'bus-denied': 'end-run',
  'bus-unavailable': 'end-stream',
  'dead-letters-unavailable': 'end-stream',
  'table-missing': 'end-run',
  'table-denied': 'end-run',
  'store-unavailable': 'end-stream',
  'ledger-unwritten': 'end-run',
  'checkpoint-conflict': 'end-stream',
  'checkpoint-newer': 'end-run',
  'checkpoint-malformed': 'end-run',
  'schedules-unavailable': 'end-run',
  'topic-unavailable': 'end-run',
  'request-invalid': 'end-run',
  'environment-invalid': 'end-run',
  unexpected: 'end-stream',
} as const satisfies Record<string, NextStep>;

/** How grave each step is: of several failures the gravest decides what becomes of a run. */
const GRAVITY = {
  pause: 0,
  'end-stream': 1,
  quarantine: 2,
  'quarantine-unless-all': 3,
  'end-run': 4,
} as const satisfies Record<NextStep, number>;

export type FailureCode = keyof typeof NEXT_STEPS;

export function isFailureCode(text: unknown): text is FailureCode {
  return typeof text === 'string' && Object.hasOwn(NEXT_STEPS, text);
}

export interface FailureDetails {
  readonly cause?: unknown;
  /** HubSpot's id of the request, for its support. */
  readonly correlationId?: string | undefined;
  readonly status?: number | undefined;
  /** The page size that was come to when the time was up, and why it is not the one asked for. */
  readonly reduced?: { readonly limit: number; readonly reason: 'slow' | 'large' } | undefined;
}

/** A failure with its code and one sentence: what was being done, what must hold, what was found. */
export class PollerError extends Error {
  readonly code: FailureCode;
  readonly correlationId: string | undefined;
  readonly status: number | undefined;
  readonly reduced: FailureDetails['reduced'];

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PollerError';
    this.code = code;
    this.correlationId = details.correlationId;
    this.status = details.status;
    this.reduced = details.reduced;
  }

  get nextStep(): NextStep {
    return NEXT_STEPS[this.code];
  }
}

/** The graver of two failures; of two as grave the first. */
export function worse(first: PollerError | undefined, second: PollerError): PollerError;
export function worse(
  first: PollerError | undefined,
  second: PollerError | undefined,
): PollerError | undefined;
export function worse(first: PollerError | undefined, second: PollerError | undefined) {
  if (first === undefined || second === undefined) return first ?? second;
  return GRAVITY[second.nextStep] > GRAVITY[first.nextStep] ? second : first;
}

/** The gravest of some failures; undefined where there is none. */
export function gravest(failures: readonly (PollerError | undefined)[]): PollerError | undefined {
  return failures.reduce<PollerError | undefined>(worse, undefined);
}

/** The gravest failure of what was settled. */
export function gravestOf(results: readonly PromiseSettledResult<unknown>[]): PollerError | undefined {
  return gravest(
    results.map((result) => (result.status === 'rejected' ? toPollerError(result.reason) : undefined)),
  );
}

/** Any thrown value as a PollerError: an unexpected one ends its stream, never the others. */
export function toPollerError(thrown: unknown): PollerError {
  if (thrown instanceof PollerError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new PollerError('unexpected', `Polling failed unexpectedly: ${text}`, {
    cause: thrown,
  });
}

/** What a log line says of a failure; of one that nobody expected, where in the program it came from, too. */
export function describeFailure({ code, message, correlationId, status, cause }: PollerError) {
  const stack = code === 'unexpected' && cause instanceof Error ? cause.stack : undefined;
  return { code, reason: message, correlationId, status, stack };
}

/** Thrown where a wait or a request would end past the time given to it. */
export function outOfTime(action: string): PollerError {
  return new PollerError('out-of-time', `${action}: the time of this run is up.`);
}
