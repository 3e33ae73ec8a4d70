import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PortalStanding } from '../../../functions/poller/ports.ts';
import { createDynamoDbRig, type DynamoDbRig, NOON } from './dynamodb-rig.ts';

const MINUTE = 60_000;

let rig: DynamoDbRig;
let portals = 0;
let portal = '';

beforeAll(async () => {
  rig = await createDynamoDbRig();
});
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(() => {
  portals += 1;
  portal = `portal-${portals}`;
  rig.watch();
});

/** A run asks at `now` for a lease of two minutes. */
const ask = async (run: string, now: number, until = now + 2 * MINUTE) =>
  (await rig.store(run).acquireLease(portal, run, now, until)).isOurs;

const lease = () => rig.item('portals', portal);

const STANDING: PortalStanding = {
  endedAt: NOON,
  outcome: 'failed',
  code: 'hubspot-unauthorized',
  lagSeconds: 61.5,
  streams: 3,
  streamsFailing: 1,
  furthestBehind: 'e_one',
};

describe('a lease', () => {
  test('is taken where there is none', async () => {
    expect(await ask('one', NOON)).toBe(true);
    expect(await lease()).toMatchObject({ owner: 'one', leaseUntil: '2026-11-10T12:02:00.000Z' });
  });

  test('is held: another run does not get it, and changes nothing', async () => {
    await ask('one', NOON);
    expect(await ask('two', NOON + MINUTE)).toBe(false);
    expect(await lease()).toMatchObject({ owner: 'one', leaseUntil: '2026-11-10T12:02:00.000Z' });
  });

  test('is held to its very end, and free a millisecond after', async () => {
    await ask('one', NOON);
    expect(await ask('two', NOON + 2 * MINUTE)).toBe(false);
    expect(await ask('two', NOON + 2 * MINUTE + 1)).toBe(true);
  });

  test('is extended by the one who holds it', async () => {
    await ask('one', NOON);
    expect(await ask('one', NOON + MINUTE)).toBe(true);
    expect(await lease()).toMatchObject({ leaseUntil: '2026-11-10T12:03:00.000Z' });
  });

  test('is free once it is given back', async () => {
    await ask('one', NOON);
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    expect((await lease())?.['owner']).toBeUndefined();
    expect(await ask('two', NOON + 1)).toBe(true);
  });

  test('is not given back by one who lost it', async () => {
    await ask('one', NOON);
    await ask('two', NOON + 3 * MINUTE);
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    expect(await lease()).toMatchObject({ owner: 'two' });
  });

  const ownerBefore = async (run: string, now: number) =>
    (await rig.store(run).acquireLease(portal, run, now, now + MINUTE)).lastOwner;

  test('that two held at once tells nobody that he held it last, once', async () => {
    await ask('one', NOON);
    await ask('two', NOON + 3 * MINUTE);
    await rig.store('two').releaseLease(portal, 'two', STANDING);
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    expect(await ownerBefore('three', NOON + 4 * MINUTE)).toBeUndefined();
    await rig.store('three').releaseLease(portal, 'three', STANDING);
    expect(await ownerBefore('four', NOON + 5 * MINUTE)).toBe('three');
  });

  test('whose giving back was answered late was not held by two', async () => {
    await ask('one', NOON);
    let lost = 1;
    rig.watch(() => (lost-- > 0 ? 'drop-answer' : 'pass'));
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    expect(await ownerBefore('two', NOON + MINUTE)).toBe('one');
  });

  test('of a portal that was removed is not made anew by who gives it back', async () => {
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    expect(await lease()).toBeUndefined();
  });

  test('that was never taken may be given back', async () => {
    await expect(rig.store('one').releaseLease(portal, 'one', STANDING)).resolves.toBeUndefined();
  });

  test('written by a clock that runs far ahead does not lock the portal', async () => {
    await ask('ahead', NOON + 60 * MINUTE);
    expect(await ask('one', NOON)).toBe(true);
  });

  test('as long as Lambda’s longest run is respected', async () => {
    await ask('one', NOON, NOON + 15 * MINUTE + 1_000);
    expect(await ask('two', NOON + 1)).toBe(false);
  });

  test('of one portal is none of another', async () => {
    await ask('one', NOON);
    const given = await rig.store('two').acquireLease(`${portal}-b`, 'two', NOON, NOON + MINUTE);
    expect(given.isOurs).toBe(true);
  });

  test('asked for by many at once is given to one', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => ask(`run-${index}`, NOON)));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test('tells who held it last, whether it was given back or not', async () => {
    await ask('one', NOON);
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    const second = await rig.store('two').acquireLease(portal, 'two', NOON, NOON + MINUTE);
    const third = await rig
      .store('three')
      .acquireLease(portal, 'three', NOON + 2 * MINUTE, NOON + 3 * MINUTE);
    expect([second.lastOwner, third.lastOwner]).toEqual(['one', 'two']);
  });

  test('that was given back lists the portal with its standing', async () => {
    await ask('one', NOON);
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    const listed = await rig.store('any').listPortals();
    expect(listed.find(({ portal: name }) => name === portal)).toEqual({
      portal,
      leaseUntil: undefined,
      standing: STANDING,
    });
  });

  test('that is held keeps the standing of the run before', async () => {
    await ask('one', NOON);
    await rig.store('one').releaseLease(portal, 'one', STANDING);
    await ask('two', NOON, NOON + MINUTE);
    const listed = await rig.store('any').listPortals();
    expect(listed.find(({ portal: name }) => name === portal)).toEqual({
      portal,
      leaseUntil: NOON + MINUTE,
      standing: STANDING,
    });
  });
});
