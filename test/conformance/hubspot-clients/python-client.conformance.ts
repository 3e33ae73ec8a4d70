/** The simulated portal, read by HubSpot's own client for Python. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { createOpened } from '../../../infra/local/opened.ts';
import { SIMULATED_TOKEN, UNLIMITED } from '../../../infra/simulator/behaviour.ts';
import { type HubSpotPortalOptions, startHubSpotPortal } from '../../../infra/simulator/portal.ts';
import { PYTHON_BIN } from '../tools/cache.ts';
import { EVENTS, PAGES } from './portal-events.ts';

const opened = createOpened();
afterEach(opened.close);

const SCRIPT = fileURLToPath(new URL('read_portal.py', import.meta.url));

interface Asked {
  readonly deed: 'read' | 'types' | 'retry' | 'refresh';
  readonly query?: Readonly<Record<string, unknown>>;
  readonly token?: string;
}

async function open(behaviour: HubSpotPortalOptions['behaviour'] = {}) {
  const portal = await startHubSpotPortal({ events: EVENTS, behaviour });
  opened.add(portal.close);
  const ask = async ({ deed, query = { event_type: 'e_visited_page' }, token = SIMULATED_TOKEN }: Asked) => {
    const child = spawn(join(PYTHON_BIN, 'python'), [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify({ url: portal.url, deed, query, token }));
    const answer: unknown = JSON.parse(await text(child.stdout));
    return answer;
  };
  return { portal, ask };
}

test('every page to the last, each event with its fields', async () => {
  const { ask, portal } = await open();
  const answer = await ask({ deed: 'read', query: { event_type: 'e_visited_page', limit: 100 } });
  expect(answer).toMatchObject({
    ids: PAGES.map(({ id }) => id),
    first: {
      event_type: 'e_visited_page',
      object_type: 'CONTACT',
      object_id: PAGES[0]?.objectId,
      properties: PAGES[0]?.properties,
    },
  });
  expect(portal.requests).toHaveLength(Math.ceil(PAGES.length / 100));
});

test('the bounds of time, an object and ids', async () => {
  const { ask } = await open();
  const ids = [PAGES[3]?.id, PAGES[5]?.id];
  const [byIds, ofObject, within] = await Promise.all([
    ask({ deed: 'read', query: { event_type: 'e_visited_page', id: ids } }),
    ask({ deed: 'read', query: { object_type: 'contact', object_id: Number(PAGES[0]?.objectId) } }),
    ask({
      deed: 'read',
      query: {
        event_type: 'e_visited_page',
        occurred_after: new Date(PAGES[0]?.occurredAt ?? 0).toISOString(),
        occurred_before: new Date(Number(PAGES[0]?.occurredAt) + 1).toISOString(),
      },
    }),
  ]);
  const ofFirst = EVENTS.filter(({ objectId }) => objectId === PAGES[0]?.objectId);
  const atFirst = PAGES.filter(({ occurredAt }) => occurredAt === PAGES[0]?.occurredAt);
  expect(byIds).toMatchObject({ ids });
  expect(ofObject).toMatchObject({ ids: ofFirst.map(({ id }) => id) });
  expect(within).toMatchObject({ ids: atFirst.map(({ id }) => id) });
});

test('the event types', async () => {
  const { ask } = await open();
  expect(await ask({ deed: 'types' })).toEqual({
    types: expect.arrayContaining([...new Set(EVENTS.map(({ eventType }) => eventType))]),
  });
});

test.each([
  ['a wrong token', 401, 'UnauthorizedException', 'INVALID_AUTHENTICATION', { tokens: [] }],
  ['no scope', 403, 'ForbiddenException', 'MISSING_SCOPES', { accountRefusal: 'missing-scopes' }],
  [
    'a refused type',
    400,
    'ApiException',
    'VALIDATION_ERROR',
    { typeRefusals: { e_visited_page: 'storage-locations' } },
  ],
  ['a spent limit', 429, 'ApiException', undefined, { limits: { ...UNLIMITED, per10Seconds: 0 } }],
] as const)(
  '%s is an error with its status and category',
  async (_what, status, kind, category, behaviour) => {
    const { ask } = await open(behaviour);
    const answer = await ask({ deed: 'read' });
    expect(answer).toMatchObject({ status, kind, body: { status: 'error' } });
    if (category !== undefined) expect(answer).toMatchObject({ body: { category } });
  },
);

test('a 429 is tried again by the client itself, after as long as Retry-After says', async () => {
  const { ask, portal } = await open({ limits: { ...UNLIMITED, perSecond: 1, retryAfter: 'seconds' } });
  expect(await ask({ deed: 'retry' })).toEqual({ counts: [20, 20] });
  const [first, ...others] = portal.requests.map(({ status }) => status);
  expect([first, others.at(-1)]).toEqual([200, 200]);
  expect(others).toContain(429);
});

test('an OAuth token is refreshed, and reads', async () => {
  const oauth = {
    clientId: 'client',
    clientSecret: 's e&c=ret',
    refreshToken: 'refresh',
    expiresInSeconds: 60,
  };
  const { ask } = await open({ oauth, tokens: [] });
  const query = { client_id: 'client', client_secret: 's e&c=ret', refresh_token: 'refresh' };
  expect(await ask({ deed: 'refresh', query: { ...query, refresh_token: 'old' } })).toMatchObject({
    status: 400,
    body: { status: 'BAD_REFRESH_TOKEN' },
  });
  const refreshed = Object(await ask({ deed: 'refresh', query }));
  expect(refreshed).toMatchObject({ expiresIn: 60 });
  expect(await ask({ deed: 'read', token: refreshed.token })).toMatchObject({
    ids: PAGES.map(({ id }) => id),
  });
});
