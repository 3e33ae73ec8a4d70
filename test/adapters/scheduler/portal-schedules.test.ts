import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createPortalSchedules,
  type ScheduleCache,
} from '../../../functions/poller/adapters/scheduler/portal-schedules.ts';
import { type SchedulerAndTopic, startSchedulerAndTopic } from '../../support/scheduler-and-topic.ts';
import { createSteppingClock, half } from '../stepping-clock.ts';

const NOON = Date.UTC(2026, 10, 10, 12);

let standIn: SchedulerAndTopic;
let client: SchedulerClient;
beforeAll(async () => {
  standIn = await startSchedulerAndTopic(2);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SchedulerClient({ endpoint: standIn.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await standIn[Symbol.asyncDispose]();
});
beforeEach(() => {
  standIn.schedules.clear();
  standIn.failWith = undefined;
  standIn.calls.length = 0;
});

const inputOf = (portal: string, pollSeconds = 60) =>
  JSON.stringify({ portal, secretId: 's', pollSeconds, idlePollSeconds: 300, pageSize: 1000 });

function list(cache: ScheduleCache = new Map()) {
  const clock = createSteppingClock(NOON);
  const retry = { clock, random: half, until: () => NOON + 20_000 };
  return createPortalSchedules(client, 'hubspot-events', retry, cache).list();
}

describe('the schedules', () => {
  test('are listed over all pages, each with its state, its change and its rhythm', async () => {
    for (const [index, portal] of ['a', 'b', 'c', 'd', 'e'].entries())
      standIn.schedules.set(portal, {
        Input: inputOf(portal, 60 * (index + 1)),
        changedAt: NOON + index * 1000,
      });
    standIn.schedules.set('off', { Input: inputOf('off'), State: 'DISABLED', changedAt: NOON });
    const listed = await list();
    expect(listed.map(({ portal, pollSeconds, isEnabled }) => [portal, pollSeconds, isEnabled])).toEqual([
      ['a', 60, true],
      ['b', 120, true],
      ['c', 180, true],
      ['d', 240, true],
      ['e', 300, true],
      ['off', 60, false],
    ]);
    expect(listed[1]).toMatchObject({ idlePollSeconds: 300, changedAt: NOON + 1000 });
  });

  test('that a process has read are not read again, until they change', async () => {
    const cache: ScheduleCache = new Map();
    standIn.schedules.set('a', { Input: inputOf('a'), changedAt: NOON });
    standIn.schedules.set('b', { Input: inputOf('b'), changedAt: NOON });
    await list(cache);
    standIn.calls.length = 0;
    standIn.schedules.set('b', { Input: inputOf('b', 3600), changedAt: NOON + 1000 });
    const listed = await list(cache);
    expect(standIn.calls).toEqual(['GET /schedules', 'GET /schedules/b']);
    expect(listed.map(({ pollSeconds }) => pollSeconds)).toEqual([60, 3600]);
    standIn.schedules.delete('a');
    await list(cache);
    expect(cache.size).toBe(1);
  });

  test('whose request nobody can read stand under their own name', async () => {
    standIn.schedules.set('odd', { Input: '{"portal":7}', changedAt: NOON });
    standIn.schedules.set('text', { Input: 'no JSON', changedAt: NOON });
    expect((await list()).map(({ portal, pollSeconds }) => [portal, pollSeconds])).toEqual([
      ['odd', 60],
      ['text', 60],
    ]);
  });

  test('that were removed since they were listed are none', async () => {
    standIn.schedules.set('a', { Input: inputOf('a'), changedAt: NOON });
    const listed = list();
    // Between the list and its reading.
    const waited = await new Promise((resolve) => {
      const look = () => (standIn.calls.length > 0 ? resolve(true) : setImmediate(look));
      look();
    });
    standIn.schedules.delete('a');
    expect([waited, await listed]).toEqual([true, []]);
  });

  test('are asked for again where Scheduler throttles, and are an error where it goes on', async () => {
    standIn.failWith = { status: 429, type: 'ThrottlingException' };
    await expect(list()).rejects.toThrow(
      'Listing the schedules of group hubspot-events: Scheduler must list them, found ThrottlingException',
    );
    expect(standIn.calls.length).toBeGreaterThan(5);
    standIn.calls.length = 0;
    standIn.failWith = { status: 403, type: 'AccessDeniedException' };
    await expect(list()).rejects.toMatchObject({ code: 'schedules-unavailable' });
    expect(standIn.calls).toHaveLength(1);
  });
});
