import { describe, expect, test } from 'vitest';
import type { Backfill } from '../../functions/poller/core/checkpoint.ts';
import { PollerError } from '../../functions/poller/errors.ts';
import { eventAt, eventsUpTo } from '../support/events.ts';
import { keyOf, passOf } from '../support/fake-bus.ts';
import { expireRows } from '../support/fake-ledger.ts';
import { createRig, HOUR, MINUTE, NOON, PORTAL, type Rig, SECOND, STREAM } from '../support/rig.ts';

function askForBackfill(
  rig: Rig,
  { from = NOON - 3 * HOUR, to = NOON - 2 * HOUR, ...more }: Partial<Backfill> = {},
): void {
  const counts = { eventsPublished: 0, requests: 0 };
  const backfill = {
    stream: STREAM,
    id: 'asked',
    republish: false,
    startedAt: NOON,
    from,
    to,
    segments: [{ from, to, position: from }],
  };
  rig.state.backfills.set(`${PORTAL}/${STREAM}`, { ...backfill, ...counts, ...more });
}

function backfillOf(rig: Rig): Backfill | undefined {
  return rig.state.backfills.get(`${PORTAL}/${STREAM}`);
}

describe('the watermark', () => {
  test('is the end of the window that was read', async () => {
    const rig = createRig();
    await rig.run();
    expect(rig.checkpoint().watermark).toBe(NOON);
  });

  test('never moves back when the clock was set back', async () => {
    const rig = createRig();
    await rig.run({ clockAheadMs: 10 * MINUTE });
    await rig.tick();
    expect(rig.checkpoint().watermark).toBe(NOON + 10 * MINUTE);
  });

  test('never moves back when a stale run commits late', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 3));
    await rig.run();
    const before = rig.checkpoint();
    // Another run saves between this one's reading of the checkpoints and its own save.
    rig.source.bend = (answer) => {
      rig.state.checkpoints.set(`${PORTAL}/${STREAM}`, { ...before, revision: 9, watermark: NOON + HOUR });
      return answer;
    };
    await rig.tick();
    expect(rig.checkpoint().watermark).toBe(NOON + HOUR);
  });
});

describe('the overlap', () => {
  test('finds an event that came late by less than it', async () => {
    const rig = createRig({ overlapSeconds: 300 });
    rig.source.add(eventAt(NOON - 4 * MINUTE, 'late', { visibleAt: NOON + SECOND }));
    await rig.run();
    await rig.tick();
    expect(rig.bus.accepted).toHaveLength(1);
  });

  test('counts what it finds as late', async () => {
    const rig = createRig({ overlapSeconds: 300 });
    rig.source.add(eventAt(NOON - 4 * MINUTE, 'late', { visibleAt: NOON + SECOND }));
    await rig.run();
    await rig.tick();
    expect(rig.metrics.reports.map(({ tally }) => tally.lateEvents)).toEqual([0, 1]);
  });
});

describe('a live pass', () => {
  test('goes on where the time of the run before was up', async () => {
    const rig = createRig({ pageSize: 1 });
    rig.source.add(...eventsUpTo(NOON, 40, MINUTE));
    const outOfTime = new PollerError('out-of-time', 'the time is up');
    rig.gate.fail('readPage', outOfTime, { skip: 10, times: 1_000 });
    await rig.run();
    rig.gate.fail('readPage', outOfTime, { times: 0 });
    const asked = rig.source.queries.length;
    await rig.tick();
    expect(rig.source.queries[asked]?.cursor).toBeDefined();
    expect(new Set(rig.bus.accepted.map(keyOf)).size).toBe(40);
  });

  test('asks for no page again where two were answered before the first was saved', async () => {
    const rig = createRig({ overlapSeconds: 0, sweepEveryMinutes: 0 });
    rig.gate.slow('publish', 500);
    rig.gate.slow('readPage', 200);
    rig.source.add(...eventsUpTo(NOON, 1_500));
    await rig.run();
    expect(rig.source.queries).toHaveLength(2);
  });

  test('reads what came meanwhile where a clock ahead wrote the watermark, though nothing sweeps', async () => {
    const rig = createRig({ sweepEveryMinutes: 0, idlePollSeconds: 60 });
    await rig.run({ clockAheadMs: HOUR });
    rig.source.add(eventAt(NOON + 30 * SECOND, 'meanwhile'));
    await rig.tick();
    expect(rig.bus.accepted.map(keyOf)).toEqual(['main/e_visited_page/meanwhile']);
  });

  test('reads a dense instant no more than once, though the bus fails in every run', async () => {
    const rig = createRig({ pageSize: 10, overlapSeconds: 0, sweepEveryMinutes: 0 });
    rig.source.add(...eventsUpTo(NOON - MINUTE, 900, 0));
    for (let runs = 0; runs < 3; runs += 1) {
      rig.gate.fail('publish', new PollerError('bus-unavailable', 'EventBridge fails'), { skip: 30 });
      await rig.tick();
    }
    // The few pages that were under way with the one that failed are asked for again.
    expect(rig.source.queries.length).toBeLessThan(90 + 3 * 5);
  });
});

describe('a sweep', () => {
  test('finds nothing that the ledger no longer knows where the lookback was raised', async () => {
    const rig = createRig();
    const hours = 33 * 24;
    rig.source.add(...Array.from({ length: hours }, (_, hour) => eventAt(NOON + hour * HOUR + 1, `${hour}`)));
    for (let hour = 0; hour < hours + 4; hour += 1) {
      await rig.time.moveTo(NOON + hour * HOUR + 5 * MINUTE);
      expireRows(rig.ledgerRows, rig.time.now());
      await rig.run(hour < hours ? {} : { isCold: true, settings: { sweepLookbackHours: 720 } });
    }
    const keys = rig.bus.accepted.map(keyOf);
    expect([keys.length, new Set(keys).size]).toEqual([hours, hours]);
  });
});

describe('a backfill', () => {
  test('publishes what lies before the start of the stream, as of a backfill', async () => {
    const rig = createRig();
    rig.source.add(eventAt(NOON - 2.5 * HOUR, 'long ago'));
    await rig.run();
    askForBackfill(rig);
    await rig.tick();
    expect(rig.bus.accepted.map(passOf)).toEqual(['backfill']);
  });

  test('tells how far it is, and when it finished', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON - 2.5 * HOUR, 7));
    await rig.run();
    askForBackfill(rig);
    await rig.tick();
    expect(backfillOf(rig)).toMatchObject({
      eventsPublished: 7,
      segments: [],
      finishedAt: NOON + MINUTE,
    });
  });

  test('publishes nothing again that the ledger has', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON - MINUTE, 7));
    await rig.run();
    askForBackfill(rig, { from: NOON - HOUR, to: NOON });
    await rig.tick();
    expect(rig.bus.accepted).toHaveLength(7);
  });

  test('publishes once again what the ledger has, where that is asked for', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON - MINUTE, 7));
    await rig.run();
    askForBackfill(rig, { from: NOON - HOUR, to: NOON, republish: true });
    await rig.tick();
    await rig.tick();
    expect(rig.bus.accepted).toHaveLength(14);
  });

  test('ends where it is cancelled', async () => {
    const rig = createRig({ pageSize: 1 });
    rig.source.add(...eventsUpTo(NOON - 2.5 * HOUR, 60, SECOND));
    await rig.run();
    askForBackfill(rig);
    rig.source.bend = (answer, { to }) => {
      if (to <= NOON - 2 * HOUR && rig.bus.accepted.length >= 5) rig.state.backfills.clear();
      return answer;
    };
    await rig.tick();
    expect(rig.bus.accepted.length).toBeLessThan(60);
    expect(backfillOf(rig)).toBeUndefined();
  });

  test('publishes nothing that a live pass published while it was under way', async () => {
    const rig = createRig({ pageSize: 1, pollSeconds: 5, overlapSeconds: 10 });
    rig.source.add(...eventsUpTo(NOON, 14, 0));
    await rig.tick();
    askForBackfill(rig, { from: NOON, to: NOON + HOUR });
    // While the backfill has the events' bucket of the ledger in memory, others come into it.
    rig.gate.slow('readPage', SECOND);
    const from = NOON + 2 * MINUTE;
    rig.source.add(
      ...Array.from({ length: 20 }, (_, index) => eventAt(from + index * SECOND, `new ${index}`)),
    );
    await rig.tick();
    await rig.tick();
    const keys = rig.bus.accepted.map(keyOf);
    expect([keys.length, keys.filter((key, index) => keys.indexOf(key) !== index)]).toEqual([34, []]);
  });
});
