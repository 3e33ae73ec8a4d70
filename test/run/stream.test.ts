import { describe, expect, test } from 'vitest';
import { PollerError } from '../../functions/poller/errors.ts';
import { eventAt, eventsUpTo, poisonAt } from '../support/events.ts';
import { keyOf } from '../support/fake-bus.ts';
import { createRig, HOUR, MINUTE, NOON, PORTAL, SECOND, STREAM } from '../support/rig.ts';

const bus = new PollerError('bus-unavailable', 'EventBridge is down');

describe('a stream', () => {
  test('writes the ledger before the checkpoint', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 5));
    rig.gate.slow('appendLedger', SECOND);
    await rig.run();
    const order = rig.gate.calls.filter((call) =>
      ['publish', 'appendLedger', 'saveCheckpoint'].includes(call),
    );
    // The first is the new stream's own, before its first poll.
    expect(order).toEqual(['saveCheckpoint', 'publish', 'appendLedger', 'saveCheckpoint']);
  });

  test('gets on with a page that no single run can publish', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON - SECOND, 1_000, 1));
    let room = 0;
    rig.bus.outcomeOf = () => {
      room -= 1;
      return room >= 0 ? { state: 'accepted' } : { state: 'unsent' };
    };
    for (let run = 0; run < 4; run += 1) {
      room = 300;
      await rig.tick();
    }
    expect([new Set(rig.bus.accepted.map(keyOf)).size, rig.bus.accepted.length]).toEqual([1_000, 1_000]);
  });

  test('keeps its watermark before what EventBridge left unsent', async () => {
    const rig = createRig();
    const unsentAt = NOON - 5 * SECOND;
    rig.source.add(eventAt(NOON - MINUTE, 'sent'), eventAt(unsentAt, 'unsent'), eventAt(NOON, 'sent too'));
    rig.bus.outcomeOf = (entry) =>
      keyOf(entry).endsWith('/unsent') ? { state: 'unsent' } : { state: 'accepted' };
    rig.bus.failure = bus;
    await rig.run();
    expect(rig.checkpoint().watermark).toBe(unsentAt);
  });

  test('publishes only what was left unsent when it reads the page again', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 5));
    rig.bus.outcomeOf = (entry) => (keyOf(entry).endsWith('3') ? { state: 'unsent' } : { state: 'accepted' });
    rig.bus.failure = bus;
    await rig.run();
    rig.bus.outcomeOf = () => ({ state: 'accepted' });
    rig.bus.failure = undefined;
    await rig.tick();
    expect(rig.bus.accepted.map(keyOf).sort()).toEqual(
      [0, 1, 2, 3, 4].map((n) => `${PORTAL}/${STREAM}/event-0000${n}`),
    );
  });

  test('dead-letters what EventBridge refuses for good, with code and text', async () => {
    const rig = createRig();
    rig.source.add(eventAt(NOON, 'fat'));
    rig.bus.outcomeOf = () => ({
      state: 'refused',
      code: 'MalformedDetail',
      message: 'Detail is malformed.',
    });
    await rig.run();
    expect(rig.deadLetters.letters).toMatchObject([
      { code: 'MalformedDetail', id: 'fat', text: expect.stringContaining('hs_url') },
    ]);
  });

  test('moves on past an entry that is no event', async () => {
    const rig = createRig();
    rig.source.add(
      poisonAt(NOON - SECOND, { occurredAt: '2026-11-10T11:59:59Z' }),
      eventAt(NOON, 'after it'),
    );
    await rig.run();
    expect(rig.checkpoint().watermark).toBe(NOON);
  });

  test.each([
    ['an object without an id', { eventType: STREAM, occurredAt: '2026-11-10T11:59:59Z' }],
    ['no object', ['an array']],
    ['nothing', null],
    ['an unreadable time', { id: '1', eventType: STREAM, occurredAt: 'yesterday' }],
  ])('makes one dead letter of %s, however often it is read', async (_what, entry) => {
    const rig = createRig();
    rig.source.add(poisonAt(NOON - SECOND, entry));
    await rig.run();
    await rig.tick();
    expect(rig.deadLetters.letters.map(({ text }) => text)).toEqual([JSON.stringify(entry)]);
  });

  test('keeps its watermark while the dead-letter queue refuses', async () => {
    const rig = createRig();
    rig.source.add(
      poisonAt(NOON - SECOND, { occurredAt: '2026-11-10T11:59:59Z' }),
      eventAt(NOON, 'after it'),
    );
    rig.gate.fail('sendLetters', new PollerError('dead-letters-unavailable', 'no queue'));
    await rig.run();
    expect(rig.checkpoint().watermark).toBe(NOON - SECOND);
  });

  test('keeps its position before an entry without a time that is not dead-lettered yet', async () => {
    const rig = createRig({ pageSize: 3 });
    const undated = { id: '1', eventType: STREAM, occurredAt: 'yesterday' };
    rig.source.add(poisonAt(NOON - MINUTE, undated), ...eventsUpTo(NOON, 2));
    rig.bus.outcomeOf = () => ({ state: 'unsent' });
    rig.bus.failure = bus;
    rig.gate.fail('sendLetters', new PollerError('dead-letters-unavailable', 'no queue'));
    await rig.run();
    rig.bus.outcomeOf = () => ({ state: 'accepted' });
    rig.bus.failure = undefined;
    await rig.tick({ settings: { overlapSeconds: 0 } });
    expect(rig.deadLetters.letters.map(({ text }) => text)).toEqual([JSON.stringify(undated)]);
  });

  test('sends again only the letters that the queue refused', async () => {
    const rig = createRig();
    const poison = Array.from({ length: 5 }, (_, index) =>
      poisonAt(NOON - MINUTE + index, { number: index }),
    );
    rig.source.add(...poison);
    rig.gate.fail('sendLetters', new PollerError('dead-letters-unavailable', 'no queue'), { skip: 3 });
    await rig.run();
    await rig.tick();
    expect(rig.deadLetters.letters.map(({ text }) => text).sort()).toEqual(
      poison.map(({ entry }) => JSON.stringify(entry)),
    );
  });

  test('never publishes more than 1,000 events that the ledger does not have, over all streams', async () => {
    const streams = Array.from({ length: 12 }, (_, index) => `e_type_${index}`);
    const rig = createRig({ eventTypes: streams });
    for (const stream of streams) {
      const events = Array.from({ length: 400 }, (_, index) => eventAt(NOON - index, `${index}`, { stream }));
      rig.source.add(...events);
    }
    let most = 0;
    const inLedger = () =>
      [...rig.ledgerRows.values()].flat().reduce((sum, { hashes }) => sum + hashes.length, 0);
    rig.bus.outcomeOf = () => {
      most = Math.max(most, rig.bus.accepted.length + 1 - inLedger());
      return { state: 'accepted' };
    };
    await rig.run();
    expect([rig.bus.accepted.length, most <= 1_000]).toEqual([4_800, true]);
  });

  test('stops publishing where the ledger does not take what was published', async () => {
    const streams = Array.from({ length: 8 }, (_, index) => `e_type_${index}`);
    const rig = createRig({ eventTypes: streams });
    for (const stream of streams) {
      const events = Array.from({ length: 900 }, (_, index) => eventAt(NOON - index, `${index}`, { stream }));
      rig.source.add(...events);
    }
    rig.gate.fail('appendLedger', new PollerError('ledger-unwritten', 'throttled'), { times: 1_000 });
    await rig.run().catch(() => undefined);
    expect(rig.bus.accepted.length).toBeLessThanOrEqual(1_000);
  });
});

describe('what waits to be published', () => {
  test('is left for the next run where its turn comes when the time is up', async () => {
    const streams = ['e_one', 'e_two'];
    const rig = createRig({ eventTypes: streams });
    for (const stream of streams)
      rig.source.add(
        ...Array.from({ length: 1_000 }, (_, index) => eventAt(NOON - index, `${index}`, { stream })),
      );
    rig.gate.slow('publish', 12 * SECOND);
    expect(await rig.run({ remainingMs: 20_000 })).toMatchObject({ streamsFailing: 0 });
    // One round of calls, and then as many as may be in flight: the others' turn comes after 24 s.
    expect(rig.bus.accepted.length).toBeLessThanOrEqual(240 + 1_000);
  });
});

describe('paging', () => {
  test('leads through every page of a window', async () => {
    const rig = createRig({ pageSize: 7 });
    rig.source.add(...eventsUpTo(NOON, 100, 1));
    await rig.run();
    expect(new Set(rig.bus.accepted.map(keyOf)).size).toBe(100);
  });

  test('leads through an instant that holds more events than a run reads', async () => {
    const rig = createRig({ pageSize: 2 });
    rig.source.add(...eventsUpTo(NOON - MINUTE, 300, 0), eventAt(NOON, 'after them'));
    const outOfTime = new PollerError('out-of-time', 'the time is up');
    for (let runs = 0; runs < 20; runs += 1) {
      rig.gate.fail('readPage', outOfTime, { skip: 10, times: 1_000 });
      await (runs === 0 ? rig.run() : rig.tick());
      if (runs === 0) expect(rig.bus.accepted.length).toBeLessThan(301);
    }
    expect(new Set(rig.bus.accepted.map(keyOf)).size).toBe(301);
  });

  test('fails the stream where a cursor repeats', async () => {
    const rig = createRig({ pageSize: 1 });
    rig.source.add(...eventsUpTo(NOON, 5));
    rig.source.bend = (answer) => ({ ...answer, cursor: 'the same' });
    await rig.run();
    expect(rig.checkpoint().lastError?.code).toBe('hubspot-paging');
  });

  test('keeps its position while the order is not the ascending one', async () => {
    const rig = createRig({ pageSize: 2, overlapSeconds: 0 });
    const pages = [
      [eventAt(NOON - SECOND, 'late'), eventAt(NOON - 2 * MINUTE, 'early')],
      [eventAt(NOON - 3 * MINUTE, 'earlier')],
    ].map((page) => page.map(({ entry }) => entry));
    rig.source.bend = (answer, { cursor }) =>
      cursor === undefined
        ? { ...answer, entries: pages[0] ?? [], cursor: 'second' }
        : { ...answer, entries: pages[1] ?? [], cursor: undefined };
    rig.gate.fail('readPage', new PollerError('hubspot-unavailable', 'gateway'), { skip: 1 });
    await rig.run();
    expect(rig.checkpoint().watermark).toBe(NOON - HOUR);
  });

  test('keeps the page size that HubSpot accepted once it refused the larger one twice', async () => {
    const rig = createRig();
    rig.source.bend = (answer, { limit }) =>
      limit > 100 ? { ...answer, limit: 100, reduced: 'refused' } : answer;
    for (let run = 0; run < 3; run += 1) await rig.tick();
    expect(rig.source.queries.map(({ limit }) => limit)).toEqual([1_000, 1_000, 100]);
  });

  test('asks for a page size again that was refused, a day later', async () => {
    const rig = createRig();
    rig.source.bend = (answer, { limit }) =>
      limit > 100 ? { ...answer, limit: 100, reduced: 'refused' } : answer;
    for (let run = 0; run < 3; run += 1) await rig.tick();
    rig.source.bend = (answer) => answer;
    await rig.time.moveTo(NOON + 25 * HOUR);
    await rig.run();
    await rig.tick({ settings: { idlePollSeconds: 60 } });
    expect(rig.source.queries.slice(-2).map(({ limit }) => limit)).toEqual([1_000, 1_000]);
  });

  test('keeps the page size that HubSpot was come down to when the time was up', async () => {
    const rig = createRig();
    const reduced = { limit: 63, reason: 'slow' } as const;
    rig.gate.fail('readPage', new PollerError('out-of-time', 'the time is up', { reduced }));
    await rig.run();
    await rig.tick({ isCold: true });
    expect(rig.source.queries.at(-1)?.limit).toBe(63);
  });

  test('keeps when its last event was while it shows none', async () => {
    const rig = createRig();
    rig.source.add(eventAt(NOON - HOUR / 2, 'event'));
    await rig.run();
    await rig.tick();
    expect(rig.checkpoint()).toMatchObject({ watermark: NOON + MINUTE, lastEventAt: NOON - HOUR / 2 });
  });

  test('is not idle for having shown something while the clock stood an hour back', async () => {
    const rig = createRig();
    rig.source.add(eventAt(NOON - MINUTE, 'before'));
    await rig.run();
    rig.source.add(eventAt(NOON - MINUTE, 'meanwhile'));
    await rig.tick({ clockAheadMs: -HOUR });
    expect(rig.bus.accepted.map(keyOf)).toContain(`${PORTAL}/${STREAM}/meanwhile`);
    expect(rig.checkpoint().shownAt).toBeGreaterThanOrEqual(NOON);
  });

  test('asks for a page size at once that is configured anew', async () => {
    const rig = createRig({ pageSize: 500 });
    rig.source.bend = (answer, { limit }) =>
      limit > 100 ? { ...answer, limit: 100, reduced: 'refused' } : answer;
    for (let run = 0; run < 3; run += 1) await rig.tick();
    await rig.tick({ settings: { pageSize: 1_000 } });
    expect(rig.source.queries.at(-1)?.limit).toBe(1_000);
  });

  test('goes on at the position, without the cursor of an earlier run, where HubSpot refuses it', async () => {
    const rig = createRig({ pageSize: 1 });
    rig.source.add(...eventsUpTo(NOON - MINUTE, 30, 100));
    rig.gate.fail('readPage', new PollerError('out-of-time', 'the time is up'), { skip: 5, times: 100 });
    await rig.run();
    rig.gate.fail('readPage', new PollerError('hubspot-bad-request', 'unknown cursor'));
    await rig.tick();
    expect(new Set(rig.bus.accepted.map(keyOf)).size).toBe(30);
  });
});
