import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { createGeneratedHistory } from '../../infra/simulator/generated-history.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';
import { validateAnswer } from '../support/openapi.ts';
import { EVENTS, makeEvents, NOW, readPage } from './ask.ts';

async function get(portal: HubSpotPortal, path: string, headers: Record<string, string> = {}) {
  const answer = await request(`${portal.url}${path}`, {
    headers: { authorization: `Bearer ${SIMULATED_TOKEN}`, ...headers },
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: Buffer.from(await answer.body.arrayBuffer()),
  };
}

const URL_OF_TYPE = `${EVENTS}?eventType=e_a&limit=1000`;

describe('simulated portal', () => {
  test('serves on a free port of loopback, and shows events added while it runs', async () => {
    await using portal = await startHubSpotPortal({ now: () => NOW });
    expect(portal.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await get(portal, URL_OF_TYPE)).bytes.toString()).toBe('{"results":[]}');
    portal.addEvents(makeEvents(3));
    expect(readPage((await get(portal, URL_OF_TYPE)).bytes.toString()).results).toHaveLength(3);
  });

  test('follows the clock it is given', async () => {
    let now = NOW - 3_600_000;
    await using portal = await startHubSpotPortal({ now: () => now, events: makeEvents(3) });
    expect((await get(portal, URL_OF_TYPE)).bytes.toString()).toBe('{"results":[]}');
    now = NOW;
    expect(readPage((await get(portal, URL_OF_TYPE)).bytes.toString()).results).toHaveLength(3);
  });

  test('takes a rotated token from the next request on', async () => {
    await using portal = await startHubSpotPortal({ now: () => NOW });
    portal.setTokens(['new']);
    expect((await get(portal, URL_OF_TYPE)).status).toBe(401);
    expect((await get(portal, URL_OF_TYPE, { authorization: 'Bearer new' })).status).toBe(200);
  });

  test('changes its behaviour while it runs', async () => {
    await using portal = await startHubSpotPortal({ now: () => NOW });
    portal.change({ typeRefusals: { e_a: 'storage-locations' } });
    expect((await get(portal, URL_OF_TYPE)).status).toBe(400);
    portal.change({ typeRefusals: {} });
    expect((await get(portal, URL_OF_TYPE)).status).toBe(200);
  });

  test('compresses where the reader accepts gzip, and only there', async () => {
    await using portal = await startHubSpotPortal({ now: () => NOW, events: makeEvents(200) });
    const plain = await get(portal, URL_OF_TYPE);
    const packed = await get(portal, URL_OF_TYPE, { 'accept-encoding': 'gzip, deflate' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 4);
    expect(gunzipSync(packed.bytes)).toEqual(plain.bytes);
  });

  test('records what was asked, whether with credentials, and never which', async () => {
    await using portal = await startHubSpotPortal({ now: () => NOW, recordedRequests: 2 });
    await get(portal, `${EVENTS}/event-types`);
    await get(portal, `${EVENTS}?eventType=e_a&limit=5`);
    await request(`${portal.url}${EVENTS}`);
    expect(portal.requestCount()).toBe(3);
    expect(portal.requests).toMatchObject([
      {
        at: NOW,
        method: 'GET',
        path: EVENTS,
        query: { eventType: 'e_a', limit: '5' },
        status: 200,
        authorized: true,
      },
      { path: EVENTS, status: 401, authorized: false },
    ]);
    expect(JSON.stringify(portal.requests)).not.toContain(SIMULATED_TOKEN);
  });

  test('gives an OAuth token over the wire', async () => {
    const oauth = { clientId: 'c', clientSecret: 's', refreshToken: 'r', expiresInSeconds: 60 };
    await using portal = await startHubSpotPortal({ now: () => NOW, behaviour: { oauth, tokens: [] } });
    const answer = await request(`${portal.url}/oauth/2026-03/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r',
    });
    const { access_token } = JSON.parse(await answer.body.text());
    expect((await get(portal, URL_OF_TYPE, { authorization: `Bearer ${access_token}` })).status).toBe(200);
  });

  test('closes at once while an answer is under way', async () => {
    const portal = await startHubSpotPortal({ latencyMs: 60_000 });
    const waiting = get(portal, URL_OF_TYPE).then(
      () => 'answered',
      () => 'broken',
    );
    await expect.poll(() => portal.requestCount()).toBe(1);
    await portal.close();
    expect(await waiting).toBe('broken');
  });
});

describe('answers keep to HubSpot’s OpenAPI document', () => {
  test.each([
    ['a page of generated events', `${EVENTS}?eventType=e_visited_page&limit=1000`, 200],
    ['a page with a next one', `${EVENTS}?eventType=e_a&limit=2`, 200],
    ['an empty page', `${EVENTS}?eventType=e_none`, 200],
    ['a dated path', '/events/event-occurrences/2026-09?eventType=pe8675309_plan_changed', 200],
    ['a mistake', `${EVENTS}?objectId=1`, 400],
    ['a refused type', `${EVENTS}?eventType=e_stored`, 400],
    ['a type without scope', `${EVENTS}?eventType=e_scoped`, 403],
    ['a type without plan', `${EVENTS}?eventType=e_planned`, 403],
    ['an unknown path', '/events/v4/events', 404],
  ])('%s', async (_what, path, status) => {
    await using portal = await startHubSpotPortal({
      now: () => NOW,
      history: createGeneratedHistory({ startsAt: NOW - 3_600_000 }),
      events: makeEvents(5),
      behaviour: {
        typeRefusals: {
          e_stored: 'storage-locations',
          e_scoped: 'missing-scopes',
          e_planned: 'missing-plan',
        },
      },
    });
    const answer = await get(portal, path);
    const body = JSON.parse(answer.bytes.toString());
    expect(answer.status).toBe(status);
    expect(validateAnswer(status, body)).toEqual([]);
  });

  test('the event types', async () => {
    await using portal = await startHubSpotPortal({ history: createGeneratedHistory() });
    const { bytes } = await get(portal, `${EVENTS}/event-types`);
    expect(validateAnswer(200, JSON.parse(bytes.toString()), 'event-types')).toEqual([]);
  });

  test('wrong credentials', async () => {
    await using portal = await startHubSpotPortal();
    const { status, bytes } = await get(portal, URL_OF_TYPE, { authorization: 'Bearer x' });
    expect(validateAnswer(status, JSON.parse(bytes.toString()))).toEqual([]);
  });
});
