import { describe, expect, test } from 'vitest';
import { PollerError } from '../../functions/poller/errors.ts';
import { eventAt } from '../support/events.ts';
import { keyOf } from '../support/fake-bus.ts';
import { createRig, HOUR, MINUTE, NOON, PORTAL, type Rig } from '../support/rig.ts';

const TYPES = ['e_one', 'e_two', 'e_three', 'e_four'];

/** A portal of which everything is polled from now on, and which HubSpot lists these types of. */
async function rigThatLists(types: readonly string[]): Promise<Rig> {
  const rig = createRig({ eventTypes: 'all', startFrom: 'now', idlePollSeconds: 60 });
  rig.source.eventTypes = types;
  await rig.run();
  return rig;
}

describe('a type that is new in HubSpot’s list', () => {
  test('has its first events published, from before it was discovered', async () => {
    const rig = await rigThatLists(['e_one']);
    rig.source.eventTypes = ['e_one', 'e_new'];
    rig.source.add(eventAt(NOON + 5 * MINUTE, 'first', { stream: 'e_new' }));
    await rig.time.moveTo(NOON + HOUR);
    await rig.run();
    expect(rig.bus.accepted.map(keyOf)).toEqual([`${PORTAL}/e_new/first`]);
  });

  test('is stored before its first poll, and counts in the lag from there', async () => {
    const rig = await rigThatLists(['e_one']);
    rig.source.eventTypes = ['e_one', 'e_new'];
    await rig.time.moveTo(NOON + HOUR);
    rig.source.bend = (answer, { query }) => {
      if (query.eventType === 'e_new') throw new PollerError('hubspot-unavailable', 'gateway');
      return answer;
    };
    await rig.run();
    expect(rig.checkpoint('e_new').floor).toBe(NOON);
    expect(rig.metrics.reports.at(-1)).toMatchObject({ lagSeconds: 3_600, streamsFailing: 1 });
  });

  test('keeps its start where its first checkpoint cannot be stored for an hour', async () => {
    const rig = await rigThatLists(['e_one']);
    rig.source.eventTypes = ['e_one', 'e_new'];
    rig.source.add(eventAt(NOON + 5 * MINUTE, 'first', { stream: 'e_new' }));
    await rig.time.moveTo(NOON + HOUR);
    rig.gate.fail('saveCheckpoint', new PollerError('store-unavailable', 'throttled'));
    await rig.run();
    const lag = rig.metrics.reports.at(-1)?.lagSeconds;
    await rig.time.moveTo(NOON + 2 * HOUR + MINUTE);
    await rig.run();
    expect([lag, rig.bus.accepted.map(keyOf)]).toEqual([3_600, [`${PORTAL}/e_new/first`]]);
  });
});

test('a new stream that cannot be stored counts as failing, and is not polled', async () => {
  const rig = createRig({ eventTypes: ['e_one'], startFrom: 'now' });
  rig.gate.fail('saveCheckpoint', new PollerError('store-unavailable', 'throttled'), { times: 10 });
  await rig.run();
  expect(rig.metrics.reports.at(-1)?.streamsFailing).toBe(1);
  expect(rig.source.queries).toEqual([]);
});

describe('a list that lacks many types', () => {
  test('stays without effect until it comes again', async () => {
    const rig = await rigThatLists(TYPES);
    rig.source.eventTypes = ['e_one'];
    await rig.time.moveTo(NOON + HOUR);
    const first = await rig.run();
    await rig.time.moveTo(NOON + HOUR + 11 * MINUTE);
    const second = await rig.run();
    // What is gone is read up to then, once.
    const third = await rig.tick();
    expect([first.streams, second.streams, third.streams]).toEqual([4, 4, 1]);
  });

  test('is told of in the log of the run that met it', async () => {
    const rig = await rigThatLists(TYPES);
    rig.source.eventTypes = ['e_one'];
    await rig.time.moveTo(NOON + HOUR);
    await rig.run();
    expect(rig.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { lacking: 3, of: 4 } },
    ]);
  });

  test('is never believed where it is empty: the types of before are polled on', async () => {
    const rig = await rigThatLists(TYPES);
    rig.source.eventTypes = [];
    rig.source.add(eventAt(NOON + 2 * HOUR, 'served', { stream: 'e_one' }));
    await rig.time.moveTo(NOON + 4 * HOUR);
    await rig.run();
    await rig.tick();
    expect(rig.bus.accepted.map(keyOf)).toEqual([`${PORTAL}/e_one/served`]);
    expect(rig.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { reason: 'it must hold at least one, found none.' } },
      { fields: { reason: 'it must hold at least one, found none.' } },
    ]);
  });

  test('fails the run where it is the first one and empty', async () => {
    const rig = createRig({ eventTypes: 'all' });
    await expect(rig.run()).rejects.toMatchObject({ code: 'hubspot-no-event-types' });
  });
});

describe('a type that is listed no more', () => {
  test('is read up to then, and not asked for after it', async () => {
    const rig = await rigThatLists(['e_one', 'e_gone']);
    rig.source.eventTypes = ['e_one'];
    rig.source.add(eventAt(NOON + 50 * MINUTE, 'last', { stream: 'e_gone' }));
    await rig.time.moveTo(NOON + HOUR);
    await rig.run();
    const asked = rig.source.queries.length;
    await rig.tick();
    expect(rig.bus.accepted.map(keyOf)).toEqual([`${PORTAL}/e_gone/last`]);
    expect(rig.source.queries.slice(asked).map(({ query }) => query.eventType)).toEqual(['e_one']);
  });

  test.each(['hubspot-bad-request', 'hubspot-type-refused'] as const)(
    'ends where HubSpot answers %s, and its lag with it',
    async (code) => {
      const rig = await rigThatLists(['e_one', 'e_gone']);
      rig.source.eventTypes = ['e_one'];
      rig.source.bend = (answer, { query }) => {
        if (query.eventType === 'e_gone') throw new PollerError(code, 'no such type');
        return answer;
      };
      await rig.time.moveTo(NOON + HOUR);
      await rig.run();
      await rig.tick();
      expect(rig.metrics.reports.at(-1)).toMatchObject({ lagSeconds: 0, streamsFailing: 0 });
    },
  );

  test('goes on from its checkpoint when it comes back', async () => {
    const rig = await rigThatLists(['e_one', 'e_gone']);
    rig.source.eventTypes = ['e_one'];
    await rig.time.moveTo(NOON + HOUR);
    await rig.run();
    rig.source.add(eventAt(NOON + 90 * MINUTE, 'meanwhile', { stream: 'e_gone' }));
    rig.source.eventTypes = ['e_one', 'e_gone'];
    await rig.time.moveTo(NOON + 3 * HOUR);
    await rig.run();
    expect(rig.bus.accepted.map(keyOf)).toEqual([`${PORTAL}/e_gone/meanwhile`]);
  });
});

describe('many streams with little room', () => {
  test('are polled in turn, the never polled first', async () => {
    const types = Array.from({ length: 30 }, (_, index) => `e_type_${index}`);
    const rig = createRig({ eventTypes: types, startFrom: 'now' });
    rig.gate.slow('saveCheckpoint', 10);
    for (let run = 0; run < 3; run += 1) {
      let room = 10;
      rig.source.bend = (answer) => {
        room -= 1;
        if (room < 0) throw new PollerError('out-of-time', 'no room');
        return answer;
      };
      await rig.tick();
    }
    expect(types.filter((type) => rig.checkpoint(type).watermark <= rig.checkpoint(type).floor)).toEqual([]);
  });
});
