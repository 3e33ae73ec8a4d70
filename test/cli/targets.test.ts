/** A deployed stack and an `npm start` keep the same promises to the verbs. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openAwsTarget } from '../../infra/cli/target/aws/aws-target.ts';
import { openLocalTarget } from '../../infra/cli/target/local/local-target.ts';
import type { Target } from '../../infra/cli/target/target.ts';
import { type Account, openAccount } from './account/account.ts';
import { type Desk, openDesk } from './desk.ts';

const BEGUN_AT = Date.now();
let desk: Desk;
let account: Account;

beforeAll(async () => {
  const poison = { eventType: 'e_visited_page', id: '', occurredAt: BEGUN_AT, json: '{"no":"id"}' };
  desk = await openDesk({
    settings: { startFrom: new Date(BEGUN_AT - 60_000).toISOString() },
    events: [poison],
  });
  await desk.stack.invoke('main');
  account = await openAccount(desk);
  for (const [name, value] of Object.entries(account.environment)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await account[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

describe.each([
  ['a deployed stack', () => openAwsTarget('HubSpotEvents', undefined)],
  ['an npm start', () => openLocalTarget(desk.file, undefined)],
])('%s', (_, open) => {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target.close());

  test('tells its portals with their requests, and of one that is not there nothing', async () => {
    const [main, ...others] = await target.portals();
    expect(others).toEqual([]);
    expect(main).toMatchObject({ name: 'main', isEnabled: true, request: { portal: 'main' } });
    expect(main?.input).toBe(desk.stack.inputOf('main'));
    expect(await target.findPortal('main')).toEqual(main);
    expect(await target.findPortal('nope')).toBeUndefined();
  });

  test('turns a portal’s schedule off and on', async () => {
    const isEnabled = async () => (await target.findPortal('main'))?.isEnabled;
    await target.schedules.setEnabled('main', false);
    expect(await isEnabled()).toBe(false);
    await target.schedules.setEnabled('main', true);
    expect(await isEnabled()).toBe(true);
  });

  test('reads checkpoints and standings', async () => {
    const { checkpoints } = await target.store().readPortal('main');
    expect(checkpoints.map(({ stream }) => stream)).toContain('e_visited_page');
    expect(await target.store().listPortals()).toEqual([
      expect.objectContaining({ portal: 'main', standing: expect.objectContaining({ outcome: 'polled' }) }),
    ]);
  });

  test('invokes the function, and tells its failures in its own words', async () => {
    expect(await target.invoke(desk.stack.inputOf('main'))).toMatchObject({ ok: true });
    expect(await target.invoke('{"portal":"main"}')).toEqual({
      ok: false,
      message: expect.stringContaining('secretId: must be the name or ARN of a secret'),
    });
  });

  test('tells how runs ended, and what they wrote, by portal and code', async () => {
    const [run] = await target.readRuns('main', BEGUN_AT);
    expect(run).toMatchObject({ isOk: true, text: expect.stringContaining('2 streams, 0 failing') });
    expect(run?.furthestBehind.map(({ stream }) => stream)).toContain('e_visited_page');
    const read = async (code: string | undefined) => {
      const lines: string[] = [];
      const query = { from: BEGUN_AT, portal: 'main', stream: undefined, code };
      await target.readLog(query, (line) => lines.push(line), undefined);
      return lines;
    };
    expect(await read(undefined)).toContainEqual(expect.stringContaining('"message":"Run"'));
    expect(await read('hubspot-unauthorized')).toEqual([]);
  });

  test('hides dead letters while they are taken, and gives them back at once', async () => {
    const taken = await target.deadLetters.take();
    expect(taken.map(({ body }) => JSON.parse(body).code)).toEqual(['NotAnEvent']);
    expect(await target.deadLetters.take()).toEqual([]);
    expect(await target.deadLetters.count()).toBe(1);
    await target.deadLetters.giveBack(taken);
    const again = await target.deadLetters.take();
    expect(again.map(({ id }) => id)).toEqual(taken.map(({ id }) => id));
    await target.deadLetters.giveBack(again);
  });

  test('follows the bus until it is told to end', async () => {
    await target.bus.check();
    const ending = new AbortController();
    const seen: unknown[] = [];
    const first = Promise.withResolvers<void>();
    const following = target.bus.follow(
      '{"source":["hubspot.events"]}',
      (envelope) => {
        seen.push(envelope);
        first.resolve();
      },
      ending.signal,
    );
    if (target.about.startsWith('stack')) await account.tailed();
    desk.portal.addEvents([{ eventType: 'e_visited_page', id: target.about, occurredAt: Date.now() }]);
    await desk.stack.invoke('main');
    await first.promise;
    ending.abort();
    await following;
    expect(seen).toEqual([expect.objectContaining({ 'detail-type': 'e_visited_page' })]);
  });

  test('lets the portal’s own token be tried at HubSpot, and another', async () => {
    const [main] = await target.portals();
    if (main === undefined) throw new Error('no portal');
    const until = Date.now() + 10_000;
    expect(await target.hubSpot(main).source.listEventTypes(until)).toContain('e_visited_page');
    const other = target.hubSpot(main, { kind: 'token', accessToken: 'pat-other' });
    await expect(other.source.listEventTypes(until)).rejects.toThrow('refused it twice');
  });
});
