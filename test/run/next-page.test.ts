import { describe, expect, test } from 'vitest';
import { startCheckpoint, startPass } from '../../functions/poller/core/checkpoint.ts';
import { noteAnswer, startReading } from '../../functions/poller/core/reading/reading.ts';
import { RunTime } from '../../functions/poller/core/run-time.ts';
import { startTally } from '../../functions/poller/core/tally.ts';
import { Deduplicator } from '../../functions/poller/publish/deduplicator.ts';
import { LedgerCache } from '../../functions/poller/publish/ledger-cache.ts';
import { nextPage } from '../../functions/poller/run/next-page.ts';
import type { StreamRun } from '../../functions/poller/run/stream-run.ts';
import { pageOf } from '../core/reading/steps.ts';
import { createFakeLedger } from '../support/fake-ledger.ts';
import { createScriptedGate } from '../support/gate.ts';
import { HOUR, MINUTE, NOON, PORTAL, requestOf, SECOND } from '../support/rig.ts';

const ledger = createFakeLedger(createScriptedGate().gate, new Map(), []);

/** A stream that is due, an hour behind. */
function runOf(name: string, more: Partial<StreamRun> = {}): StreamRun {
  const checkpoint = { ...startCheckpoint(name, NOON - HOUR, NOON - HOUR), revision: 1 };
  return {
    stream: { name, query: { eventType: name } },
    checkpoint,
    backfill: undefined,
    deduplicator: new Deduplicator(ledger, new LedgerCache(1_000), PORTAL, [name]),
    readings: new Map(),
    done: new Set(),
    dueAt: NOON,
    pages: 0,
    pageSize: { most: 1_000, pageLimit: undefined, bytesPerEntry: undefined },
    readAt: undefined,
    isRefused: false,
    refusal: undefined,
    isProbe: false,
    saving: Promise.resolve(),
    ...more,
  };
}

/** A stream that was read up to now, and last swept so long ago. */
function restingRun(
  name: string,
  sweptAgoMs: number,
  more: Partial<StreamRun['checkpoint']> = {},
): StreamRun {
  const { checkpoint } = runOf(name);
  const sweptAt = NOON - sweptAgoMs;
  const read = { ...checkpoint, floor: NOON - 100 * HOUR, watermark: NOON, sweptAt, ...more };
  return runOf(name, { dueAt: NOON + MINUTE, checkpoint: read });
}

interface Moment {
  readonly now?: number;
  readonly remaining?: number;
  readonly limit?: number;
  readonly bytesUnderWay?: number;
}

function askFor(
  runs: readonly StreamRun[],
  { now = NOON, remaining, limit, bytesUnderWay = 0 }: Moment = {},
) {
  const tally = { ...startTally(), hubSpotDailyRemaining: remaining, hubSpotDailyLimit: limit };
  const context = { time: new RunTime(NOON, 120_000), request: requestOf({}), tally };
  const next = nextPage(context, runs, bytesUnderWay, now);
  return next && `${next.kind} ${next.run.stream.name}`;
}

describe('the next page', () => {
  test('is of the due stream with the fewest pages under way', () => {
    const busy = runOf('e_busy');
    const first = nextPage(
      { time: new RunTime(NOON, 120_000), request: requestOf({}), tally: startTally() },
      [busy],
      0,
      NOON,
    );
    if (first === undefined) throw new Error('There must be a page to ask for, found none.');
    const unsaved = { requests: 0, fresh: 0, published: 0, lastAt: 0, savedAs: '', failure: undefined };
    const reading = noteAnswer(first.reading, first.page, pageOf(NOON - HOUR, NOON - HOUR + SECOND), 'next');
    busy.readings.set('live', {
      reading,
      deduplicator: busy.deduplicator,
      pagesOpen: 1,
      ...unsaved,
    });
    const ahead = runOf('e_ahead', { pages: 5 });
    expect(askFor([busy])).toBe('live e_busy');
    expect([askFor([busy, ahead]), askFor([ahead, busy])]).toEqual(['live e_ahead', 'live e_ahead']);
  });

  test('is of the stream with the fewest pages since it was up to date, then of the one furthest behind', () => {
    const [read, behind] = [runOf('e_read', { pages: 1 }), runOf('e_behind')];
    const further = runOf('e_further', {
      checkpoint: { ...behind.checkpoint, floor: NOON - 2 * HOUR, watermark: NOON - 2 * HOUR },
    });
    expect(askFor([read, behind])).toBe('live e_behind');
    expect(askFor([behind, further])).toBe('live e_further');
  });

  test('is of no stream before it is due', () => {
    const run = runOf('e_later', { dueAt: NOON + 1 });
    expect([askFor([run]), askFor([run], { now: NOON + 1 })]).toEqual([undefined, 'live e_later']);
  });

  test('is none once the time to read is up', () => {
    const { readUntil } = new RunTime(NOON, 120_000);
    const run = runOf('e_one');
    expect(askFor([run], { now: readUntil - 1 })).toBe('live e_one');
    expect(askFor([run], { now: readUntil })).toBeUndefined();
  });

  test('waits for memory beside pages under way', () => {
    const run = runOf('e_one');
    const room = 20 * 1_048_576;
    expect(askFor([run], { bytesUnderWay: room })).toBe('live e_one');
    expect(askFor([run], { bytesUnderWay: room + 1 })).toBeUndefined();
  });
});

describe('the past', () => {
  test('is read in the time of the tick alone, of the stream first that was swept longest ago', () => {
    const runs = [restingRun('e_lately', 2 * HOUR), restingRun('e_long_ago', 3 * HOUR)];
    const lastAt = NOON + MINUTE - 5 * SECOND - 1;
    const still = runs.map((run) => ({ ...run, dueAt: NOON + HOUR }));
    expect([askFor(runs), askFor(still, { now: lastAt })]).toEqual(['sweep e_long_ago', 'sweep e_long_ago']);
    expect(askFor(still, { now: lastAt + 1 })).toBeUndefined();
  });

  test('waits while less than a tenth of the day’s requests is left', () => {
    const runs = [restingRun('e_one', 2 * HOUR)];
    const asked = [
      { remaining: 999, limit: 10_000 },
      { remaining: 1_000, limit: 10_000 },
      { remaining: 0 },
      { limit: 10_000 },
    ].map((moment) => askFor(runs, moment));
    expect(asked).toEqual([undefined, 'sweep e_one', 'sweep e_one', 'sweep e_one']);
  });

  test.each([
    ['set aside', { quarantine: { since: 0, retryAt: NOON + HOUR, reason: 'refused' } }],
    ['that failed', { lastError: { at: 0, code: 'x', message: 'y' } }],
    ['not stored yet', { revision: 0 }],
  ])('of a stream %s is not read', (_what, more) => {
    expect(askFor([restingRun('e_one', 2 * HOUR, more)])).toBeUndefined();
  });

  test('of a stream waits for its live pages under way', () => {
    const run = restingRun('e_one', 2 * HOUR);
    const deduplicator = run.deduplicator;
    const reading = startReading('live', startPass(NOON - MINUTE, NOON, NOON), NOON);
    const unsaved = { requests: 0, fresh: 0, published: 0, lastAt: 0, savedAs: '', failure: undefined };
    run.readings.set('live', { reading, deduplicator, pagesOpen: 1, ...unsaved });
    expect(askFor([run])).toBeUndefined();
  });

  test('is read again by the same run only where it was not read yet', () => {
    const run = restingRun('e_one', 2 * HOUR);
    run.done.add('sweep');
    expect(askFor([run, restingRun('e_two', 2 * HOUR)])).toBe('sweep e_two');
  });

  test('that a backfill asked for comes after every sweep, until it is finished', () => {
    const { checkpoint } = restingRun('e_one', 0);
    const backfill = {
      ...{ stream: 'e_one', id: 'asked', republish: false, startedAt: NOON, eventsPublished: 0, requests: 0 },
      ...{ from: 0, to: HOUR, segments: [{ from: 0, to: HOUR, position: 0 }] },
    };
    const run = runOf('e_one', { dueAt: NOON + MINUTE, checkpoint, backfill });
    const finished = { ...run, backfill: { ...backfill, finishedAt: NOON } };
    expect(askFor([run])).toBe('backfill e_one');
    expect(askFor([run, restingRun('e_two', 2 * HOUR)])).toBe('sweep e_two');
    expect(askFor([finished])).toBeUndefined();
  });
});
