import type { EventBridgeClient, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { DescribeEventBusCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import pLimit from 'p-limit';
import type { BusEntry } from '../../core/event/bus-entry.ts';
import type { Instant } from '../../core/instant.ts';
import type { Tally } from '../../core/tally.ts';
import { PollerError, worse } from '../../errors.ts';
import type { EntryOutcome, EventPublisher, Log } from '../../ports.ts';
import { backoffMs } from '../backoff.ts';
import {
  AWS_ATTEMPTS,
  AWS_BACKOFF,
  AWS_CALL_MS,
  endAfter,
  errorName,
  isRetryable,
  type RetryPlan,
  timeLeftMs,
  withRetry,
} from '../retry.ts';
import { packBatches } from './batches.ts';

/** How many PutEvents calls are under way at once: at some 30 ms a call, twice what HubSpot's highest limit needs. */
export const CALLS_AT_ONCE = 64;

/** How long an answer about the bus holds. */
const BUS_CHECK_MS = 60_000;

/** The codes that are about one entry, which never goes through (EventBridge API reference, 2026-11). */
const ENTRY_CODES = new Set([
  'MalformedDetail',
  'InvalidArgument',
  'NotAuthorizedForDetailTypeException',
  'RequestEntityTooLarge',
  'ValidationException',
]);

/** The codes of an entry that may go through when sent again. */
const RETRYABLE_CODES = new Set(['InternalFailure', 'InternalException', 'ThrottlingException']);

/** How often an entry with any other code is sent again, before it counts as refused or the bus as closed. */
const UNKNOWN_CODE_ATTEMPTS = 3;

const DENIED = new Set([
  'AccessDeniedException',
  'NotAuthorized',
  'UnrecognizedClientException',
  'InvalidSignatureException',
]);

const TOO_LARGE = new Set(['RequestEntityTooLarge', 'RequestEntityTooLargeException']);

const NO_BUS = new Set(['ResourceNotFoundException', 'ValidationException']);

/** The calls to EventBridge that publishing needs. */
export interface EventBridge {
  /** One result for each entry, in their order. */
  putEvents(entries: readonly BusEntry[], timeoutMs: number): Promise<readonly PutEventsResultEntry[]>;
  describeBus(timeoutMs: number): Promise<void>;
}

export interface PublisherOptions {
  readonly bus: string;
  readonly eventBridge: EventBridge;
  /** The most bytes of a call's entries together. */
  readonly maxBytes: number;
  readonly retry: RetryPlan;
  /** How long a call is likely to take at most: none is begun that would not end in time. */
  readonly expectedMs?: () => number;
  readonly tally: Tally;
  readonly log: Log;
  /** When the bus was last seen, kept over the runs of one process. */
  readonly busCheck: { seenAt: Instant };
}

/** The real EventBridge: one client, one bus. */
export function connectEventBridge(client: EventBridgeClient, bus: string): EventBridge {
  return {
    async putEvents(entries, timeoutMs) {
      const Entries = entries.map((entry) => ({
        EventBusName: bus,
        Source: entry.source,
        DetailType: entry.detailType,
        Time: new Date(entry.time),
        Resources: [...entry.resources],
        Detail: entry.detail,
      }));
      const answer = await client.send(new PutEventsCommand({ Entries }), endAfter(timeoutMs));
      return answer.Entries ?? [];
    },
    async describeBus(timeoutMs) {
      await client.send(new DescribeEventBusCommand({ Name: bus }), endAfter(timeoutMs));
    },
  };
}

/** Publishes events: as few calls as the limits allow, each entry's result checked, only what may yet go through sent again. */
export function createPublisher(options: PublisherOptions): EventPublisher {
  const { bus, eventBridge, maxBytes, retry, expectedMs = () => 0, tally, log, busCheck } = options;
  const limit = pLimit(CALLS_AT_ONCE);

  /** Settles the outcomes of some entries; gives why any of them is left unsent. */
  async function send(
    entries: readonly BusEntry[],
    outcomes: EntryOutcome[],
    batch: number[],
  ): Promise<PollerError | undefined> {
    let pending = batch;
    for (let attempt = 1; ; attempt += 1) {
      const timeoutMs = timeLeftMs(retry);
      if (timeoutMs === 0 || timeoutMs < Math.min(AWS_CALL_MS, expectedMs())) {
        return new PollerError('out-of-time', 'Publishing events: the time of this run is up.');
      }
      if (attempt > 1) tally.publishRetries += pending.length;
      let found: string;
      let isUnknown = false;
      try {
        const results = await putEvents(pick(entries, pending), timeoutMs);
        const left = settle(outcomes, pending, results);
        pending = left.indices;
        isUnknown = left.isUnknown;
        if (pending.length === 0) return undefined;
        found = `${pending.length} entries failed, the first with ${left.found}`;
      } catch (thrown) {
        const failed = classifyCall(thrown, bus, pending.length);
        if (failed === 'split') return sendHalves(entries, outcomes, pending);
        if (failed === 'refused') return refuse(outcomes, pending, thrown);
        if (failed !== 'again') return failed;
        found = describe(thrown);
      }
      const waitMs = backoffMs(attempt, AWS_BACKOFF, retry.random);
      const attempts = isUnknown ? UNKNOWN_CODE_ATTEMPTS : AWS_ATTEMPTS;
      if (attempt >= attempts || retry.clock.now() + waitMs >= retry.until()) {
        return new PollerError(
          'bus-unavailable',
          `Publishing events: EventBridge must accept them, found after ${attempt} tries: ${found}`,
        );
      }
      await retry.clock.sleep(waitMs);
    }
  }

  async function putEvents(entries: readonly BusEntry[], timeoutMs: number) {
    const startedAt = retry.clock.now();
    const note = () => retry.noteCall?.(retry.clock.now() - startedAt);
    return eventBridge.putEvents(entries, timeoutMs).finally(note);
  }

  async function sendHalves(
    entries: readonly BusEntry[],
    outcomes: EntryOutcome[],
    batch: number[],
  ): Promise<PollerError | undefined> {
    const middle = Math.ceil(batch.length / 2);
    const first = await send(entries, outcomes, batch.slice(0, middle));
    return worse(first, await send(entries, outcomes, batch.slice(middle)));
  }

  return {
    async checkBus() {
      const now = retry.clock.now();
      // A clock that was set back makes no old answer a new one.
      if (busCheck.seenAt <= now && now - busCheck.seenAt < BUS_CHECK_MS) return;
      try {
        await withRetry(retry, (_attempt, timeoutMs) => eventBridge.describeBus(timeoutMs));
        busCheck.seenAt = now;
      } catch (thrown) {
        // A name that is none is refused entry by entry: not an event's fault, and no dead letter.
        if (NO_BUS.has(errorName(thrown))) throw missingBus(bus, thrown);
        // Publishing need not stand still because describing fails.
        log.warn('Whether the event bus exists could not be checked', { bus, reason: describe(thrown) });
      }
    },

    async publish(entries) {
      const outcomes: EntryOutcome[] = entries.map(() => ({ state: 'unsent' }));
      const batches = packBatches(entries, maxBytes);
      const failures = await Promise.all(batches.map((batch) => limit(() => send(entries, outcomes, batch))));
      const failure = failures.reduce(worse, undefined);
      return failure === undefined ? { outcomes } : { outcomes, failure };
    },
  };
}

/** Notes what became of each entry of an answered call; gives those to send again, and a code of theirs. */
function settle(
  outcomes: EntryOutcome[],
  sent: readonly number[],
  results: readonly PutEventsResultEntry[],
): { readonly indices: number[]; readonly found: string; readonly isUnknown: boolean } {
  let found = 'no result';
  let isUnknown = false;
  const indices = sent.filter((index, at) => {
    const { ErrorCode: code, ErrorMessage: message = '' } = results[at] ?? { ErrorCode: found };
    if (code === undefined || code === '') {
      outcomes[index] = { state: 'accepted' };
      return false;
    }
    if (ENTRY_CODES.has(code)) {
      outcomes[index] = { state: 'refused', code, message };
      return false;
    }
    found = code;
    if (results[at] !== undefined && !RETRYABLE_CODES.has(code)) isUnknown = true;
    return true;
  });
  return { indices, found, isUnknown };
}

type CallFailure = 'again' | 'split' | 'refused' | PollerError;

/** What a failed call means: nothing of it was accepted, or its answer was lost and it is sent again. */
function classifyCall(thrown: unknown, bus: string, entries: number): CallFailure {
  const name = errorName(thrown);
  if (DENIED.has(name)) {
    return new PollerError(
      'bus-denied',
      `Publishing events: the function must be allowed to, found ${describe(thrown)}`,
      { cause: thrown },
    );
  }
  if (name === 'ResourceNotFoundException') return missingBus(bus, thrown);
  if (isRetryable(thrown)) return 'again';
  const status = statusOf(thrown);
  const isAboutEntries = TOO_LARGE.has(name) || status === 413 || name === 'ValidationException';
  if (isAboutEntries) return entries > 1 ? 'split' : 'refused';
  return new PollerError('bus-unavailable', `Publishing events: EventBridge failed: ${describe(thrown)}`, {
    cause: thrown,
  });
}

function refuse(outcomes: EntryOutcome[], [only]: readonly number[], thrown: unknown): undefined {
  if (only === undefined) return;
  // The front door's bare 413 has neither name nor message.
  const isBare = statusOf(thrown) === 413 && !TOO_LARGE.has(errorName(thrown));
  const code = isBare ? 'RequestEntityTooLarge' : errorName(thrown);
  const found = thrown instanceof Error ? thrown.message : '';
  const message = isBare ? 'EventBridge answered 413: the entry is larger than a call may be.' : found;
  outcomes[only] = { state: 'refused', code, message };
}

function missingBus(bus: string, cause: unknown): PollerError {
  const text = `Publishing events: the event bus ${bus} must exist, and was not found: EventBridge would drop what is sent to it. Deploy the stack again.`;
  return new PollerError('bus-missing', text, { cause });
}

function pick(entries: readonly BusEntry[], indices: readonly number[]): BusEntry[] {
  return indices.flatMap((index) => entries[index] ?? []);
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}

function statusOf(thrown: unknown): unknown {
  const metadata = thrown instanceof Error ? Reflect.get(thrown, '$metadata') : undefined;
  return typeof metadata === 'object' && metadata !== null
    ? Reflect.get(metadata, 'httpStatusCode')
    : undefined;
}
