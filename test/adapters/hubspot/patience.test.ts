/** How long HubSpot is waited for, and when it is asked no more. */
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../infra/simulator/faults/fault.ts';
import { createHubSpotRig, HOUR, makeEvents, NOON, PAGE, UNTIL } from './hubspot-rig.ts';

const DAY = 24 * HOUR;
const MINUTE = 60_000;

/** The first answer asks to wait so long. */
function askToWait(retryAfter: number) {
  const faults: Fault[] = [{ kind: 'status', status: 429, retryAfter }];
  return createHubSpotRig({ events: makeEvents(3), behaviour: { fault: () => faults.shift() } });
}

describe('a Retry-After', () => {
  test('of a minute is waited for', async () => {
    await using rig = await askToWait(60);
    expect((await rig.source.readPage(PAGE, UNTIL)).entries).toHaveLength(3);
    expect(rig.clock.now()).toBeGreaterThanOrEqual(NOON + MINUTE);
  });

  test('that ends after the run does ends the reading without a failure', async () => {
    await using rig = await askToWait(59);
    await expect(rig.source.readPage(PAGE, NOON + 30_000)).rejects.toMatchObject({ code: 'out-of-time' });
    expect(rig.clock.waits).toEqual([]);
  });

  test('of a day ends the run, and HubSpot is left alone for a quarter of an hour', async () => {
    await using rig = await askToWait(86_400);
    await expect(rig.source.readPage(PAGE, UNTIL)).rejects.toMatchObject({
      code: 'hubspot-asks-to-wait',
      nextStep: 'end-run',
      status: 429,
      message: 'Reading a page of e_a: HubSpot asked to wait for 86400 s. It is asked again in 15 minutes.',
    });
    // By the other streams of this run, and by the next runs of this process.
    for (const minutes of [0, 1, 10, 13.9]) {
      rig.clock.moveTo(NOON + minutes * MINUTE);
      const { source } = rig.nextRun();
      await expect(source.readPage(PAGE, NOON + DAY)).rejects.toMatchObject({ code: 'hubspot-asks-to-wait' });
    }
    expect(rig.sent).toHaveLength(1);
    rig.clock.moveTo(NOON + 15 * MINUTE);
    expect((await rig.nextRun().source.readPage(PAGE, NOON + DAY)).entries).toHaveLength(3);
  });

  test('is waited for where less than a minute of it is left', async () => {
    await using rig = await askToWait(86_400);
    await rig.source.readPage(PAGE, UNTIL).catch(() => undefined);
    rig.clock.moveTo(NOON + 14.5 * MINUTE);
    expect((await rig.source.readPage(PAGE, NOON + DAY)).entries).toHaveLength(3);
    expect(rig.clock.waits).toEqual([30_000]);
  });

  test('tells in how many minutes HubSpot is asked again', async () => {
    await using rig = await askToWait(86_400);
    await rig.source.readPage(PAGE, UNTIL).catch(() => undefined);
    rig.clock.moveTo(NOON + 10 * MINUTE);
    await expect(rig.source.readPage(PAGE, NOON + DAY)).rejects.toThrow(
      'HubSpot asked to wait for 300 s. It is asked again in 5 minutes.',
    );
  });
});

describe('a request', () => {
  test('is given thirty seconds, or what is left of the time', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(3) });
    await rig.source.readPage(PAGE, NOON + HOUR);
    await rig.source.readPage(PAGE, NOON + 7_000);
    expect(rig.sent.map(({ timeoutMs }) => timeoutMs)).toEqual([30_000, 7_000]);
  });

  test('is not sent once the run is to stop', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(3) });
    const reading = rig.source.readPage(PAGE, UNTIL, AbortSignal.abort());
    await expect(reading).rejects.toMatchObject({ code: 'out-of-time' });
    expect(rig.sent).toEqual([]);
  });

  test('is not sent again once the run is to stop', async () => {
    const stop = new AbortController();
    const fault = () => {
      stop.abort();
      return { kind: 'status', status: 503 } as const;
    };
    await using rig = await createHubSpotRig({ behaviour: { fault } });
    const reading = rig.source.readPage(PAGE, UNTIL, stop.signal);
    await expect(reading).rejects.toMatchObject({ code: 'out-of-time' });
    expect(rig.sent).toHaveLength(1);
  });

  test('is not sent once the time is up', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(3) });
    await expect(rig.source.readPage(PAGE, NOON)).rejects.toMatchObject({ code: 'out-of-time' });
    expect(rig.sent).toEqual([]);
  });

  test('is never for more bytes than asked for, but where one entry is', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(3) });
    await rig.source.readPage({ ...PAGE, maxBytes: 5_000 }, UNTIL);
    await rig.source.readPage({ ...PAGE, limit: 1, maxBytes: 5_000 }, UNTIL);
    expect(rig.sent.map(({ maxBytes }) => maxBytes)).toEqual([5_000, 16 * 1_048_576]);
  });
});

test('a token is had before the first request', async () => {
  await using rig = await createHubSpotRig();
  await rig.source.authorize(UNTIL);
  expect([rig.secretReads.length, rig.sent.length]).toEqual([1, 0]);
});
