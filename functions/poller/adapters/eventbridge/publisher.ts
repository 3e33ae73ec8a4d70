import type { EventBridgeClient, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import { DescribeEventBusCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import pLimit from 'p-limit';
import type { BusEntry } from '../../core/event/bus-entry.ts';
import type { Instant } from '../../core/instant.ts';
import type { Tally } from '../../core/tally.ts';
import { gravest, PollerError, worse } from '../../errors.ts';
import type { EntryOutcome, EventPublisher, Log } from '../../ports.ts';
import { backoffMs } from '../backoff.ts';
import {
  AWS_ATTEMPTS,
  AWS_BACKOFF,
  AWS_CALL_MS,
  endAfter,
  errorName,
  isThrottle,
  type RetryPlan,
  timeLeftMs,
  withRetry,
} from '../retry.ts';
import { classifyCall, describe, missingBus, NO_BUS, refuse, settle, unavailable } from './answers.ts';
import { packBatches } from './batches.ts';

/** How many PutEvents calls are under way at once: at some 30 ms a call, twice what HubSpot's highest limit needs. */
export const CALLS_AT_ONCE = 64;

/** How long an answer about the bus holds. */
const BUS_CHECK_MS = 60_000;

/** How often an entry with any other code is sent again, before it counts as refused or the bus as closed. */
const UNKNOWN_CODE_ATTEMPTS = 3;

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
    // How the last try failed, where it had all the time that a call gets and was no throttle.
    let broken: string | undefined;
    for (let attempt = 1; ; attempt += 1) {
      const timeoutMs = timeLeftMs(retry);
      if (timeoutMs === 0 || timeoutMs < Math.min(AWS_CALL_MS, expectedMs())) {
        if (broken !== undefined) return unavailable(attempt - 1, broken);
        return new PollerError('out-of-time', 'Publishing events: the time of this run is up.');
      }
      if (attempt > 1) tally.publishRetries += pending.length;
      let found: string;
      let isUnknown = false;
      broken = undefined;
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
        if (timeoutMs === AWS_CALL_MS && !isThrottle(thrown)) broken = found;
      }
      const waitMs = backoffMs(attempt, AWS_BACKOFF, retry.random);
      const attempts = isUnknown ? UNKNOWN_CODE_ATTEMPTS : AWS_ATTEMPTS;
      if (attempt >= attempts || retry.clock.now() + waitMs >= retry.until())
        return unavailable(attempt, found);
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
        // EventBridge refuses every entry for a bus with an invalid name: not the events' fault, so no dead letters.
        if (NO_BUS.has(errorName(thrown))) throw missingBus(bus, thrown);
        // Publishing need not stand still because describing fails.
        log.warn('Whether the event bus exists could not be checked', { bus, reason: describe(thrown) });
      }
    },

    async publish(entries) {
      const outcomes: EntryOutcome[] = entries.map(() => ({ state: 'unsent' }));
      const batches = packBatches(entries, maxBytes);
      const failures = await Promise.all(batches.map((batch) => limit(() => send(entries, outcomes, batch))));
      const failure = gravest(failures);
      return failure === undefined ? { outcomes } : { outcomes, failure };
    },
  };
}

function pick(entries: readonly BusEntry[], indices: readonly number[]): BusEntry[] {
  return indices.flatMap((index) => entries[index] ?? []);
}
