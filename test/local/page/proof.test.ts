import { describe, expect, test } from 'vitest';
import type { StoredPortal, StoredStream } from '../../../infra/local/page/observer/stored-streams.ts';
import { createArrivals } from '../../../infra/local/page/proof/arrivals.ts';
import { type Claim, claimsOf, covers } from '../../../infra/local/page/proof/claims.ts';
import { createProof } from '../../../infra/local/page/proof/proof.ts';
import { createShowings } from '../../../infra/local/page/proof/showings.ts';
import { createEventLog } from '../../../infra/simulator/event-log.ts';
import type { SimulatedEvent } from '../../../infra/simulator/simulated-event.ts';

const NOW = Date.UTC(2026, 10, 10, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SETTINGS = { overlapMs: 5 * MINUTE_MS, lookbackMs: 24 * HOUR_MS };

function stored(changes: Partial<StoredStream> = {}): StoredStream {
  return {
    stream: 'e_a',
    revision: 1,
    floor: NOW - 31 * HOUR_MS,
    watermark: NOW - MINUTE_MS,
    sweptAt: NOW - 30 * MINUTE_MS,
    lastEventAt: undefined,
    live: undefined,
    sweep: undefined,
    backfill: undefined,
    setAside: undefined,
    lastError: undefined,
    ...changes,
  };
}

/** A portal whose log has these events, what reached the bus, and the proof of both. */
function openProof(events: readonly Partial<SimulatedEvent>[], keptSince?: number) {
  const log = createEventLog();
  log.add(
    events.map((event, index) => ({
      eventType: 'e_a',
      id: `id-${index}`,
      occurredAt: NOW - 1_000,
      ...event,
    })),
  );
  const history = createEventLog();
  const arrivals = createArrivals();
  const showings = createShowings([{ name: 'main', history, additions: log.additions }], NOW - 31 * HOUR_MS);
  const proof = createProof({ showings, arrivals, settings: SETTINGS, keptSince });
  const land = (id: string, more: object = {}) =>
    arrivals.note({
      detail: JSON.stringify({
        eventType: 'e_a',
        id,
        ...more,
        metadata: { portal: 'main', idempotencyKey: 'x' },
      }),
    });
  const read = (
    streams: readonly StoredStream[] = [stored()],
    letters: readonly string[] = [],
    now = NOW,
  ) => {
    const portal: StoredPortal = { streams };
    return proof.read(now, letters, new Map([['main', portal]]));
  };
  return { arrivals, proof, land, read, add: log.add };
}

describe('proof', () => {
  test('counts what HubSpot shows by now, and what of it is on the bus', () => {
    const { land, read } = openProof([{}, {}, { visibleAt: NOW + 1 }]);
    land('id-0');
    expect(read()).toMatchObject({
      shown: 2,
      onBus: 1,
      waiting: 1,
      missing: 0,
      twice: 0,
      settledTo: NOW - 1_000,
    });
    land('id-1');
    expect(read()).toMatchObject({ shown: 2, onBus: 2, waiting: 0, settledTo: NOW });
    expect(read(undefined, undefined, NOW + 1)).toMatchObject({ shown: 3, waiting: 1 });
  });

  test('tells two types with the same id apart', () => {
    const { arrivals, land, read } = openProof([{ id: 'same' }, { id: 'same', eventType: 'e_b' }]);
    land('same');
    expect(read([stored(), stored({ stream: 'e_b' })])).toMatchObject({ shown: 2, onBus: 1, waiting: 1 });
    land('same', { eventType: 'e_b' });
    expect(arrivals.repeats().unexplained).toBe(0);
    expect(read()).toMatchObject({ onBus: 2 });
  });

  test('takes a dead letter with the same text, whether it is an event or not, for accounted for', () => {
    const json = '{"note":"no event"}';
    const { read } = openProof([{ json }, {}]);
    const text = '{"eventType":"e_a","id":"id-1"}';
    const letters = [json, text].map((each) => JSON.stringify({ portal: 'main', text: each }));
    expect(read(undefined, letters)).toMatchObject({ shown: 2, onBus: 0, letters: 2, waiting: 0 });
  });

  test('waits for the first run while there is no stream yet', () => {
    const { read } = openProof([{}]);
    expect(read([])).toMatchObject({ waiting: 1, unlisted: 0, settledTo: NOW - 1_000 });
  });

  // What is counted apart keeps nothing else from being settled.
  test.each([
    ['waits', {}, {}, { waiting: 1, late: 0, beyond: 0, settledTo: NOW - 1_000 }],
    [
      'waits for the sweep',
      { occurredAt: NOW - HOUR_MS, visibleAt: NOW },
      {},
      { waiting: 1, late: 1, settledTo: NOW },
    ],
    [
      'is beyond the sweeps',
      { occurredAt: NOW - 30 * HOUR_MS, visibleAt: NOW },
      {},
      { waiting: 0, beyond: 1, settledTo: NOW },
    ],
    [
      'is of a type that is not listed',
      { eventType: 'e_new' },
      {},
      { waiting: 1, unlisted: 1, settledTo: NOW },
    ],
    ['is set aside', {}, { setAside: { until: NOW, reason: '' } }, { waiting: 1, aside: 1, settledTo: NOW }],
    [
      'lies before the stream',
      { occurredAt: NOW - HOUR_MS },
      { floor: NOW - MINUTE_MS },
      { beyond: 1, settledTo: NOW },
    ],
  ])('says that an event %s', (_what, event, stream, expected) => {
    expect(openProof([event]).read([stored(stream)])).toMatchObject(expected);
  });

  test('calls missing what the poller claims and did not deliver, until it arrives', () => {
    const { proof, land, read } = openProof([{ occurredAt: NOW - MINUTE_MS - 1 }]);
    read();
    const claim: Claim = { stream: 'e_a', startedAt: NOW, from: NOW - HOUR_MS, to: NOW - MINUTE_MS };
    proof.hold('other', [claim]);
    proof.hold('main', [{ ...claim, stream: 'e_b' }]);
    expect(read()).toMatchObject({ missing: 0, waiting: 1 });
    proof.hold('main', [claim]);
    expect(read()).toMatchObject({ missing: 1, waiting: 0 });
    land('id-0');
    expect(read()).toMatchObject({ missing: 0, onBus: 1 });
  });

  test('does not wait for what an earlier start may have published, and counts it where it arrives', () => {
    const { land, read } = openProof([{}, {}], NOW);
    expect(read()).toMatchObject({ shown: 0, waiting: 0 });
    land('id-1');
    expect(read()).toMatchObject({ shown: 1, onBus: 1, waiting: 0 });
  });
});

describe('claimsOf', () => {
  const RUN_AT = NOW - MINUTE_MS;

  test('a new live reading claims from the overlap to the watermark', () => {
    const before = stored({ watermark: NOW - 10 * MINUTE_MS });
    const after = stored({ watermark: NOW - MINUTE_MS });
    const [claim, ...others] = claimsOf(before, after, RUN_AT, SETTINGS);
    expect(claim).toEqual({
      stream: 'e_a',
      startedAt: RUN_AT,
      from: NOW - 15 * MINUTE_MS,
      to: NOW - MINUTE_MS,
    });
    expect(others).toEqual([]);
  });

  test('a live reading that was in progress claims nothing of what became visible since it began', () => {
    const startedAt = NOW - HOUR_MS;
    const live = { startedAt, from: NOW - 2 * HOUR_MS, to: NOW - HOUR_MS, open: [] };
    const [claim] = claimsOf(stored({ live }), stored(), RUN_AT, SETTINGS);
    expect(claim).toMatchObject({ startedAt, from: live.from });
  });

  test('a sweep that has ended claims the last hours, and what has come to each of the ages', () => {
    const before = stored({ watermark: NOW - 2 * MINUTE_MS, sweptAt: RUN_AT - HOUR_MS });
    const after = stored({ sweptAt: RUN_AT });
    const [, ...claims] = claimsOf(before, after, RUN_AT, SETTINGS);
    expect(claims.map(({ from, to }) => [(RUN_AT - from) / HOUR_MS, (RUN_AT - to) / HOUR_MS])).toEqual([
      [2.5, 0.1],
      [4, 3],
      [7, 6],
      [13, 12],
      [25, 24],
    ]);
    expect(new Set(claims.map(({ startedAt }) => startedAt))).toEqual(new Set([RUN_AT]));
  });

  test('covers what was visible before, from its start up to and without its end', () => {
    const claim = { stream: 'e_a', startedAt: 10_000, from: 100, to: 200 };
    const judged = [99, 100, 199, 200].map((occurredAt) => covers(claim, occurredAt, 0));
    expect(judged).toEqual([false, true, true, false]);
    expect(covers(claim, 150, 9_500)).toBe(false);
  });
});

describe('arrivals', () => {
  function open() {
    const arrivals = createArrivals();
    const detail = (id: string) => JSON.stringify({ eventType: 'e_a', id, metadata: { portal: 'main' } });
    const land = (id: string) => arrivals.note({ detail: detail(id) });
    const run = (ids: readonly string[], end = { isKilled: false, isUnwritten: false }) => {
      arrivals.beginRun('main');
      for (const id of ids) land(id);
      arrivals.endRun('main', end);
    };
    return { arrivals, detail, land, run };
  }

  test('a repeat that nothing explains is one', () => {
    const { arrivals, run } = open();
    run(['a', 'b']);
    run(['b']);
    expect(arrivals.repeats()).toEqual({ kill: 0, lostAnswer: 0, unwritten: 0, unexplained: 1 });
    expect(arrivals.distinct()).toBe(2);
  });

  test('what a killed run published, and what of it was still on its way, may come again', () => {
    const { arrivals, land, run } = open();
    run(['a'], { isKilled: true, isUnwritten: false });
    land('b');
    run(['a', 'b', 'c']);
    run(['c']);
    expect(arrivals.repeats()).toMatchObject({ kill: 2, unexplained: 1 });
  });

  test('the entries of a call whose answer was lost may come again', () => {
    const { arrivals, detail, run } = open();
    run(['a', 'b']);
    arrivals.noteLostAnswer(JSON.stringify({ Entries: [{ Detail: detail('a') }] }));
    run(['a', 'b']);
    expect(arrivals.repeats()).toMatchObject({ lostAnswer: 1, unexplained: 1 });
  });

  test('what DynamoDB could not be told may come again once the process has ended, not before', () => {
    const { arrivals, run } = open();
    const unwritten = { isKilled: false, isUnwritten: true };
    run(['a', 'b'], unwritten);
    run(['a'], unwritten);
    arrivals.noteProcessEnd();
    run(['b']);
    expect(arrivals.repeats()).toMatchObject({ unwritten: 1, unexplained: 1 });
  });
});
