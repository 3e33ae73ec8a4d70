import { describe, expect, test } from 'vitest';
import { PollerError } from '../../functions/poller/errors.ts';
import { eventAt, eventsUpTo } from '../support/events.ts';
import { keyOf } from '../support/fake-bus.ts';
import { createRig, HOUR, MINUTE, NOON, PORTAL, SECOND, STREAM } from '../support/rig.ts';

describe('a run', () => {
  test('publishes what HubSpot shows, each event once', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 25));
    await rig.run();
    expect(new Set(rig.bus.accepted.map(keyOf)).size).toBe(25);
  });

  test('publishes nothing twice when the next run reads the overlap again', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 25));
    await rig.run();
    await rig.tick();
    expect(rig.bus.accepted).toHaveLength(25);
  });

  test('reads nothing from before the instant its stream started from', async () => {
    const rig = createRig({ startFrom: 'now' });
    rig.source.add(...eventsUpTo(NOON - 1, 5), eventAt(NOON, 'first'));
    await rig.run();
    expect(rig.bus.accepted.map(keyOf)).toEqual([`${PORTAL}/${STREAM}/first`]);
  });

  test('does no work while another holds the lease', async () => {
    const rig = createRig();
    rig.state.leases.set(PORTAL, { owner: 'another', until: NOON + MINUTE });
    const summary = await rig.run();
    expect(summary.outcome).toBe('skipped');
    expect(rig.source.queries).toHaveLength(0);
  });

  test.each(['checkBus', 'authorize'] as const)(
    'has no failure of %s where another holds the lease',
    async (call) => {
      const rig = createRig();
      rig.gate.fail(call, new PollerError('store-unavailable', 'asked for nothing'));
      rig.state.leases.set(PORTAL, { owner: 'another', until: NOON + MINUTE });
      expect((await rig.run()).outcome).toBe('skipped');
    },
  );

  test('asks for the bus and the token while the lease is taken', async () => {
    const rig = createRig();
    rig.gate.slow('acquireLease', SECOND);
    await rig.run();
    expect(rig.gate.calls.slice(0, 3)).toEqual(['checkBus', 'authorize', 'acquireLease']);
  });

  test('leaves no question under way where another holds the lease', async () => {
    const rig = createRig();
    rig.gate.slow('authorize', 3 * SECOND);
    rig.state.leases.set(PORTAL, { owner: 'another', until: NOON + MINUTE });
    await rig.run();
    expect(rig.gate.calls).toContain('authorize');
  });

  test('emits the lag also where another holds the lease', async () => {
    const rig = createRig();
    await rig.run();
    rig.state.leases.set(PORTAL, { owner: 'another', until: NOON + 10 * MINUTE });
    await rig.tick();
    expect(rig.metrics.reports.at(-1)?.lagSeconds).toBe(60);
  });

  test('takes a lease whose time is over', async () => {
    const rig = createRig();
    rig.state.leases.set(PORTAL, { owner: 'killed', until: NOON - 1 });
    expect((await rig.run()).outcome).toBe('polled');
  });

  test('holds the lease to a second after its deadline: clocks differ', async () => {
    const rig = createRig();
    const held: (number | undefined)[] = [];
    rig.source.bend = (answer) => {
      held.push(rig.state.leases.get(PORTAL)?.until);
      return answer;
    };
    await rig.run({ remainingMs: 90_000 });
    expect(held).toEqual([NOON + 91_000]);
  });

  test('gives the lease back', async () => {
    const rig = createRig();
    await rig.run();
    expect(rig.state.leases.get(PORTAL)).toMatchObject({
      owner: undefined,
      standing: { outcome: 'polled', lagSeconds: 0, streams: 1 },
    });
  });

  test('gives the lease back where it fails', async () => {
    const rig = createRig();
    rig.gate.fail('checkBus', new PollerError('bus-missing', 'no bus'));
    await expect(rig.run()).rejects.toThrow('no bus');
    expect(rig.state.leases.get(PORTAL)).toMatchObject({
      owner: undefined,
      standing: { outcome: 'failed', code: 'bus-missing' },
    });
  });

  test('emits its metrics where it fails before it knows the streams', async () => {
    const rig = createRig();
    rig.gate.fail('readPortal', new PollerError('store-unavailable', 'throttled'));
    await expect(rig.run()).rejects.toThrow('throttled');
    expect(rig.metrics.reports).toMatchObject([{ lagSeconds: undefined, streamsFailing: undefined }]);
  });

  test.each([
    ['the token is not written yet', 'authorize', 'secret-placeholder', 0],
    ['the token is refused', 'readPage', 'hubspot-unauthorized', 3600],
  ] as const)('has a lag of its own where %s', async (_why, call, code, lag) => {
    const rig = createRig();
    rig.gate.fail(call, new PollerError(code, 'no token'));
    await expect(rig.run()).rejects.toThrow('no token');
    expect(rig.metrics.reports).toMatchObject([{ lagSeconds: lag }]);
  });

  test('polls several times within the minute where pollSeconds is under a minute', async () => {
    const rig = createRig({ pollSeconds: 10 });
    rig.source.add(eventAt(NOON + 25 * SECOND, 'half a minute later'));
    await rig.run();
    expect(rig.bus.accepted).toHaveLength(1);
  });

  test('ends before the next tick where pollSeconds is under a minute', async () => {
    const rig = createRig({ pollSeconds: 10 });
    await rig.run();
    expect(rig.time.now()).toBeLessThanOrEqual(NOON + 55 * SECOND);
  });
});

describe('discovery', () => {
  test('polls every type that HubSpot lists', async () => {
    const rig = createRig({ eventTypes: 'all' });
    rig.source.eventTypes = ['e_one', 'pe123_two'];
    await rig.run();
    expect([...rig.state.checkpoints.keys()]).toEqual([`${PORTAL}/e_one`, `${PORTAL}/pe123_two`]);
  });

  test('asks again only after an hour', async () => {
    const rig = createRig({ eventTypes: 'all' });
    rig.source.eventTypes = ['e_one'];
    await rig.run();
    await rig.time.moveTo(NOON + 59 * MINUTE);
    await rig.run();
    expect(rig.gate.calls.filter((call) => call === 'listEventTypes')).toHaveLength(1);
  });

  test('goes on with the list of before where asking fails', async () => {
    const rig = createRig({ eventTypes: 'all' });
    rig.source.eventTypes = ['e_one'];
    await rig.run();
    await rig.time.moveTo(NOON + 2 * HOUR);
    rig.gate.fail('listEventTypes', new PollerError('hubspot-unavailable', 'gateway'));
    expect((await rig.run()).streams).toBe(1);
  });

  test('polls a list that could not be kept, and asks again at the next run', async () => {
    const rig = createRig({ eventTypes: 'all' });
    rig.source.eventTypes = ['e_one'];
    rig.gate.fail('saveDiscovery', new PollerError('store-unavailable', 'throttled'));
    expect((await rig.run()).streams).toBe(1);
    await rig.tick();
    expect(rig.gate.calls.filter((call) => call === 'listEventTypes')).toHaveLength(2);
  });

  test('fails the run where there is no list yet, and says of whom it was asked', async () => {
    const rig = createRig({ eventTypes: 'all' });
    rig.gate.fail('listEventTypes', new PollerError('hubspot-unavailable', 'gateway'));
    await expect(rig.run()).rejects.toMatchObject({ code: 'hubspot-no-event-types' });
  });
});
