/** Tokens over real sockets: rotation, OAuth, and that no token gets anywhere it should not. */
import { describe, expect, test } from 'vitest';
import type { Credential } from '../../../functions/poller/adapters/credential.ts';
import type { PortalBehaviour } from '../../../infra/simulator/behaviour.ts';
import { type Fault, scriptFaults } from '../../../infra/simulator/faults/fault.ts';
import { createHubSpotRig, type HubSpotRig, makeEvents, PAGE, UNTIL } from './hubspot-rig.ts';

const APP = { clientId: 'client-1', clientSecret: 'secret-1', refreshToken: 'refresh-1' };
const OAUTH: Credential = { kind: 'oauth', ...APP };
const TOKEN_PATH = '/oauth/2026-03/token';

async function createOAuthRig(behaviour: Partial<PortalBehaviour> = {}): Promise<HubSpotRig> {
  const oauth = { ...APP, expiresInSeconds: 1_800 };
  const rig = await createHubSpotRig({
    events: makeEvents(3),
    behaviour: { oauth, tokens: [], ...behaviour },
  });
  rig.credential = OAUTH;
  return rig;
}

const read = ({ source }: Pick<HubSpotRig, 'source'>) => source.readPage(PAGE, UNTIL);
const paths = ({ portal }: HubSpotRig) => portal.requests.map(({ path, status }) => `${path} ${status}`);
const refreshes = ({ portal }: HubSpotRig) =>
  portal.requests.filter(({ path }) => path === TOKEN_PATH).length;

const EVENTS = '/events/v3/events';

describe('a bare token', () => {
  test('that was rotated in the secret is picked up on the 401', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(3) });
    await read(rig);
    rig.portal.setTokens(['pat-new']);
    rig.credential = { kind: 'token', accessToken: 'pat-new' };
    expect((await read(rig)).entries).toHaveLength(3);
    expect(rig.portal.requests.map(({ status }) => status)).toEqual([200, 401, 200]);
  });

  test('is read again once on a 401, past the cache', async () => {
    await using rig = await createHubSpotRig({ behaviour: { tokens: [] } });
    await expect(read(rig)).rejects.toMatchObject({ code: 'hubspot-unauthorized', status: 401 });
    expect(rig.secretReads.filter(Boolean)).toHaveLength(1);
    expect(rig.portal.requestCount()).toBe(2);
  });

  test('is read again once for all requests that were refused at the same time', async () => {
    await using rig = await createHubSpotRig({ behaviour: { tokens: [] } });
    await Promise.allSettled(Array.from({ length: 8 }, () => read(rig)));
    expect(rig.secretReads.filter(Boolean)).toHaveLength(1);
  });
});

describe('an OAuth token', () => {
  test('is refreshed with a form, and no credentials in the URL', async () => {
    await using rig = await createOAuthRig();
    expect((await read(rig)).entries).toHaveLength(3);
    const { method, url, headers, body } = rig.sent[0] ?? {};
    expect([method, url?.pathname, url?.search]).toEqual(['POST', TOKEN_PATH, '']);
    expect(headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'client-1',
      client_secret: 'secret-1',
      refresh_token: 'refresh-1',
    });
    expect(headers).not.toHaveProperty('authorization');
  });

  test('is kept over the runs of one process until a minute before its end', async () => {
    await using rig = await createOAuthRig();
    const start = rig.clock.now();
    for (const seconds of [0, 60, 1_739, 1_741]) {
      rig.clock.moveTo(start + seconds * 1_000);
      await rig.nextRun().source.readPage(PAGE, rig.clock.now() + 60_000);
      expect(refreshes(rig)).toBe(seconds > 1_740 ? 2 : 1);
    }
    expect(paths(rig).filter((path) => path.endsWith('401'))).toEqual([]);
  });

  test('that ends within a run is refreshed before it does', async () => {
    await using rig = await createOAuthRig();
    const start = rig.clock.now();
    await read(rig);
    rig.clock.moveTo(start + 1_741_000);
    await rig.source.readPage(PAGE, rig.clock.now() + 60_000);
    expect(paths(rig)).toEqual([`${TOKEN_PATH} 200`, `${EVENTS} 200`, `${TOKEN_PATH} 200`, `${EVENTS} 200`]);
  });

  test('that lives for less than two margins is used for half of its life', async () => {
    await using rig = await createOAuthRig({ oauth: { ...APP, expiresInSeconds: 60 } });
    const start = rig.clock.now();
    await read(rig);
    for (const [seconds, amount] of [
      [29, 1],
      [31, 2],
    ] as const) {
      rig.clock.moveTo(start + seconds * 1_000);
      await read(rig);
      expect(refreshes(rig)).toBe(amount);
    }
  });

  test('whose refresh token was replaced minutes ago is refreshed with the new one', async () => {
    await using rig = await createOAuthRig();
    await read(rig);
    const app = { ...APP, refreshToken: 'refresh-2' };
    rig.portal.change({
      oauth: { ...app, expiresInSeconds: 1_800 },
      fault: scriptFaults([{ kind: 'status', status: 401 }]),
    });
    rig.credential = { kind: 'oauth', ...app };
    expect((await read(rig)).entries).toHaveLength(3);
  });

  test('is refreshed once for all who ask at the same time', async () => {
    await using rig = await createOAuthRig();
    await Promise.all(Array.from({ length: 8 }, () => read(rig)));
    expect(refreshes(rig)).toBe(1);
  });

  test('that HubSpot refuses is refreshed once, and the request goes on', async () => {
    await using rig = await createOAuthRig({
      fault: scriptFaults([{ kind: 'status', status: 401 }], ({ path }) => path === EVENTS),
    });
    await Promise.all([read(rig), read(rig), read(rig)]);
    expect(refreshes(rig)).toBe(2);
  });

  test('that HubSpot refuses again fails the run', async () => {
    const fault: Fault = { kind: 'status', status: 401 };
    await using rig = await createOAuthRig({ fault: ({ path }) => (path === EVENTS ? fault : null) });
    await expect(read(rig)).rejects.toMatchObject({ code: 'hubspot-unauthorized', nextStep: 'end-run' });
    expect(refreshes(rig)).toBe(2);
  });

  test('of a secret that was replaced is made of the new one', async () => {
    await using rig = await createOAuthRig();
    await read(rig);
    rig.credential = { ...OAUTH, refreshToken: 'refresh-2' };
    rig.portal.change({ oauth: { ...APP, refreshToken: 'refresh-2', expiresInSeconds: 1_800 } });
    rig.clock.moveTo(rig.clock.now() + 300_000);
    await rig.source.readPage(PAGE, rig.clock.now() + 60_000);
    expect(refreshes(rig)).toBe(2);
  });
});

describe('the token endpoint', () => {
  const onRefresh = (...faults: Fault[]) => scriptFaults(faults, ({ path }) => path === TOKEN_PATH);
  const status = (code: number, more: object = {}): Fault => ({ kind: 'status', status: code, ...more });

  test.each<[string, Fault, number]>([
    ['a 429 with Retry-After', status(429, { retryAfter: 3 }), 3_000],
    ['a 500', status(500), 500],
    ['a 502 in HTML', status(502, { body: 'html' }), 500],
    ['a 530 of the edge', status(530, { body: 'html' }), 500],
    ['a reset', { kind: 'reset', when: 'before-answer' }, 500],
  ])('is asked again after %s', async (_what, fault, waitMs) => {
    await using rig = await createOAuthRig({ fault: onRefresh(fault) });
    expect((await read(rig)).entries).toHaveLength(3);
    expect(rig.clock.waits).toEqual([waitMs]);
  });

  test.each<[string, Fault, string]>([
    ['503s', status(503), 'status 503'],
    ['resets', { kind: 'reset', when: 'before-answer' }, 'no answer (ECONNRESET)'],
  ])(
    'that answers with nothing but %s is unavailable: no word of the credentials',
    async (_what, fault, found) => {
      await using rig = await createOAuthRig({ fault: onRefresh(fault, fault, fault, fault) });
      await expect(read(rig)).rejects.toMatchObject({
        code: 'hubspot-unavailable',
        nextStep: 'end-stream',
        message: `Refreshing the OAuth token: HubSpot must answer, found after 4 tries: ${found}.`,
      });
      expect(rig.clock.waits).toEqual([500, 1_000, 2_000]);
    },
  );

  test('is not waited for past the end of the time', async () => {
    const fault = status(503, { retryAfter: 600 });
    await using rig = await createOAuthRig({ fault: onRefresh(fault) });
    await expect(read(rig)).rejects.toMatchObject({ code: 'hubspot-unavailable' });
    expect(rig.clock.waits).toEqual([]);
  });

  test.each<[string, Partial<typeof APP>, string]>([
    [
      'refresh token',
      { refreshToken: 'refresh-old' },
      '400 BAD_REFRESH_TOKEN missing or unknown refresh token. Install the app in the portal again, and write the new refresh token.',
    ],
    [
      'client',
      { clientSecret: 'secret-old' },
      '400 BAD_CLIENT_ID missing or unknown client id or client secret. Look at clientId and clientSecret in the secret.',
    ],
  ])('that refuses the %s is quoted with HubSpot’s status, and what to do', async (_what, change, reason) => {
    await using rig = await createOAuthRig();
    rig.credential = { ...OAUTH, ...change };
    await expect(read(rig)).rejects.toMatchObject({
      code: 'hubspot-unauthorized',
      nextStep: 'end-run',
      status: 400,
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: `Refreshing the OAuth token: HubSpot refused with ${reason}`,
    });
    expect(rig.portal.requestCount()).toBe(1);
  });

  test('that is refused without a status of its own is quoted without HubSpot’s word for it', async () => {
    const fault = onRefresh(status(400, { fields: { message: 'no such app' } }));
    await using rig = await createOAuthRig({ fault });
    await expect(read(rig)).rejects.toMatchObject({
      message: expect.stringContaining(
        'HubSpot refused with 400 no such app. Look at clientId, clientSecret and refreshToken in the secret.',
      ),
    });
  });

  test('that is no longer there does not speak of the credentials', async () => {
    await using rig = await createOAuthRig({ fault: onRefresh(status(404, { body: 'html' })) });
    await expect(read(rig)).rejects.toMatchObject({
      message: expect.stringContaining('refused with 404. It has no such path any more: look at apiUrl'),
    });
  });

  test.each<[string, Fault, string]>([
    ['477', status(477), 'hubspot-moving'],
    ['429 for the day', status(429, { fields: { policyName: 'DAILY' } }), 'hubspot-daily-limit'],
    ['525', status(525, { body: 'html' }), 'hubspot-tls'],
  ])('that answers %s is not about the credentials', async (_what, fault, code) => {
    await using rig = await createOAuthRig({ fault: onRefresh(fault) });
    await expect(read(rig)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^Refreshing the OAuth/),
    });
  });

  test('that grants nothing readable is a malformed answer, and not quoted', async () => {
    await using rig = await createOAuthRig({
      fault: onRefresh({ kind: 'body', body: '{"access_token":"at-1"}' }),
    });
    const failure = await read(rig).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'hubspot-malformed-answer' });
    expect(String(failure)).not.toContain('at-1');
  });
});

describe('secrets', () => {
  const echo = (text: string): Fault => ({
    kind: 'status',
    status: 401,
    fields: { message: `bad ${text}!` },
  });

  test('that HubSpot quotes in a refusal are not passed on', async () => {
    await using rig = await createHubSpotRig({ behaviour: { fault: () => echo('pat-very-secret') } });
    rig.credential = { kind: 'token', accessToken: 'pat-very-secret' };
    const failure = await read(rig).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringContaining('bad …!') });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('pat-very-secret');
  });

  test('of OAuth that HubSpot quotes are not passed on', async () => {
    await using rig = await createOAuthRig({ fault: () => echo('secret-1 and refresh-1') });
    await expect(read(rig)).rejects.toMatchObject({ message: expect.stringContaining('bad … and …!') });
  });

  test('go to the host of apiUrl alone: a redirect is not followed', async () => {
    await using other = await createHubSpotRig();
    const location = `${other.portal.url}${EVENTS}?eventType=e_a`;
    const fault: Fault = { kind: 'status', status: 302, headers: { location } };
    await using rig = await createHubSpotRig({ behaviour: { fault: () => fault } });
    await expect(read(rig)).rejects.toMatchObject({ code: 'hubspot-bad-request', status: 302 });
    expect(other.portal.requestCount()).toBe(0);
  });

  test('are in the authorization header alone', async () => {
    await using rig = await createOAuthRig();
    await read(rig);
    const { authorization, ...headers } = rig.sent.at(-1)?.headers ?? {};
    const token = String(authorization).replace('Bearer ', '');
    expect(token).toMatch(/^simulated-oauth-/);
    expect(JSON.stringify([rig.sent.at(-1)?.url.href, headers])).not.toContain(token);
    expect(headers).toEqual({
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': 'hubspot-events-to-eventbridge',
    });
  });
});
