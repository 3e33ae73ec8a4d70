/** What publishing does about the end of its time. A bus of the test's own, no sockets but in the last test. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { describe, expect, test } from 'vitest';
import {
  CALLS_AT_ONCE,
  connectEventBridge,
  createPublisher,
  type PublisherOptions,
} from '../../../functions/poller/adapters/eventbridge/publisher.ts';
import type { BusEntry } from '../../../functions/poller/core/event/bus-entry.ts';
import { RunTime } from '../../../functions/poller/core/run-time.ts';
import { startTally } from '../../../functions/poller/core/tally.ts';
import { startLoopbackServer } from '../../../infra/local/loopback.ts';
import { createFakeLog } from '../../support/fake-outlets.ts';
import { createSteppingClock, half } from '../stepping-clock.ts';

const ENTRY: BusEntry = {
  source: 'hubspot.events',
  detailType: 'e_a',
  time: 0,
  resources: [],
  detail: '{}',
  bytes: 100,
};
const entries = (amount: number) => Array.from({ length: amount }, () => ENTRY);
const THROTTLED = Object.assign(new Error('slower'), { name: 'ThrottlingException' });
const SLOW = Object.assign(new Error('slow'), { name: 'TimeoutError' });

interface Timed {
  /** How much time there is. */
  readonly leftMs: number;
  readonly expectedMs?: number;
  /** What a call does besides; it was the n-th, counted from 1. */
  readonly onCall?: (call: number, clock: ReturnType<typeof createSteppingClock>) => Promise<void> | void;
}

/** A publisher that has so much time; `timeouts` is what its calls were given. */
function createTimedPublisher({ leftMs, expectedMs = 0, onCall }: Timed) {
  const clock = createSteppingClock(0);
  const timeouts: number[] = [];
  const noted: number[] = [];
  const options: PublisherOptions = {
    bus: 'bus',
    eventBridge: {
      async putEvents(sent, timeoutMs) {
        timeouts.push(timeoutMs);
        await onCall?.(timeouts.length, clock);
        return sent.map(() => ({ EventId: 'accepted' }));
      },
      describeBus: async (timeoutMs) => void timeouts.push(timeoutMs),
    },
    maxBytes: 1_048_576,
    retry: { clock, random: half, until: () => leftMs, noteCall: (tookMs) => noted.push(tookMs) },
    expectedMs: () => expectedMs,
    tally: startTally(),
    log: createFakeLog(),
    busCheck: { seenAt: Number.NEGATIVE_INFINITY },
  };
  return { publisher: createPublisher(options), timeouts, noted };
}

const OUT_OF_TIME = { code: 'out-of-time', nextStep: 'pause' };

describe('a call to the bus', () => {
  test.each([
    [60_000, 5_000],
    [5_000, 5_000],
    [1_200, 1_200],
  ])('with %i ms left is given %i', async (leftMs, timeoutMs) => {
    const { publisher, timeouts } = createTimedPublisher({ leftMs });
    await publisher.publish(entries(1));
    await publisher.checkBus();
    expect(timeouts).toEqual([timeoutMs, timeoutMs]);
  });

  test('again is given what is left then', async () => {
    const { publisher, timeouts } = createTimedPublisher({
      leftMs: 8_000,
      onCall: (call, clock) => {
        clock.moveTo(clock.now() + 4_000);
        if (call === 1) throw SLOW;
      },
    });
    expect((await publisher.publish(entries(1))).outcomes).toEqual([{ state: 'accepted' }]);
    // After 25 ms of waiting.
    expect(timeouts).toEqual([5_000, 3_975]);
  });

  test('that would not end in time is not begun', async () => {
    const late = createTimedPublisher({ leftMs: 899, expectedMs: 900 });
    const { outcomes, failure } = await late.publisher.publish(entries(1));
    expect([outcomes, late.timeouts]).toEqual([[{ state: 'unsent' }], []]);
    expect(failure).toMatchObject(OUT_OF_TIME);
    const inTime = createTimedPublisher({ leftMs: 900, expectedMs: 900 });
    expect((await inTime.publisher.publish(entries(1))).outcomes).toEqual([{ state: 'accepted' }]);
  });

  test.each([
    ['one that its end cut short', 1_000, [SLOW], 'out-of-time'],
    ['one that had no answer in all its time', 6_000, [SLOW], 'bus-unavailable'],
    ['a throttle', 6_000, [THROTTLED], 'out-of-time'],
    ['a throttle that came after no answer', 12_000, [SLOW, THROTTLED], 'out-of-time'],
  ])('that would not end in time is not begun again: after %s', async (_what, leftMs, failures, code) => {
    const { publisher, timeouts } = createTimedPublisher({
      leftMs,
      expectedMs: 900,
      onCall: (call, clock) => {
        clock.moveTo(call === failures.length ? leftMs - 500 : 5_000);
        throw failures[call - 1];
      },
    });
    const { outcomes, failure } = await publisher.publish(entries(1));
    expect([outcomes, failure?.code]).toEqual([[{ state: 'unsent' }], code]);
    expect(timeouts).toEqual(failures.map(() => Math.min(5_000, leftMs)));
  });

  test('that fails is not waited for where the time is up before the wait is', async () => {
    const { publisher, timeouts } = createTimedPublisher({
      leftMs: 20,
      onCall: () => {
        throw SLOW;
      },
    });
    const { failure } = await publisher.publish(entries(1));
    expect([timeouts, failure?.code]).toEqual([[20], 'bus-unavailable']);
  });

  test('that waited for its turn looks at the time when it comes', async () => {
    const batches = CALLS_AT_ONCE + 6;
    const { publisher, timeouts } = createTimedPublisher({
      leftMs: 10_000,
      expectedMs: 100,
      onCall: async (call, clock) => {
        if (call === CALLS_AT_ONCE) clock.moveTo(9_950);
      },
    });
    const { outcomes, failure } = await publisher.publish(entries(10 * batches));
    expect(timeouts).toHaveLength(CALLS_AT_ONCE);
    expect(outcomes.filter(({ state }) => state === 'unsent')).toHaveLength(60);
    expect(failure).toMatchObject(OUT_OF_TIME);
  });

  test('is told of with the time that it took, whether it was answered or not', async () => {
    const { publisher, noted } = createTimedPublisher({
      leftMs: 60_000,
      onCall: (call, clock) => {
        clock.moveTo(clock.now() + 100 * call);
        if (call === 1) throw SLOW;
      },
    });
    await publisher.publish(entries(1));
    expect(noted).toEqual([100, 200]);
  });

  test('that was given up after its five seconds is begun again, as long as there is time', async () => {
    const time = new RunTime(0, 120_000);
    const clock = createSteppingClock(0);
    let calls = 0;
    const publisher = createPublisher({
      bus: 'bus',
      eventBridge: {
        async putEvents(sent, timeoutMs) {
          calls += 1;
          if (calls > 1) return sent.map(() => ({ EventId: 'accepted' }));
          // A timer is late by a little.
          clock.moveTo(clock.now() + timeoutMs + 3);
          throw SLOW;
        },
        describeBus: async () => undefined,
      },
      maxBytes: 1_048_576,
      retry: {
        clock,
        random: half,
        until: () => time.publishUntil,
        noteCall: (tookMs) => time.noteCall('bus', tookMs),
      },
      expectedMs: () => time.expectedMs('bus'),
      tally: startTally(),
      log: createFakeLog(),
      busCheck: { seenAt: Number.NEGATIVE_INFINITY },
    });
    expect((await publisher.publish(entries(1))).outcomes).toEqual([{ state: 'accepted' }]);
    expect((await publisher.publish(entries(1))).outcomes).toEqual([{ state: 'accepted' }]);
  });

  test('over the wire ends after the time that it is given', async () => {
    const server = await startLoopbackServer(() => new Promise(() => undefined));
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new EventBridgeClient({
      endpoint: server.url,
      region: 'eu-west-1',
      credentials,
      maxAttempts: 1,
    });
    const bus = connectEventBridge(client, 'bus');
    await expect(bus.putEvents(entries(1), 40)).rejects.toMatchObject({ name: 'AbortError' });
    await expect(bus.describeBus(40)).rejects.toMatchObject({ name: 'AbortError' });
    client.destroy();
    await server.close();
  });
});
