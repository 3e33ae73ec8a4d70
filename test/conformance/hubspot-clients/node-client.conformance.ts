/** The simulated portal, read by HubSpot's own client for Node. */
import { afterEach, expect, test, vi } from 'vitest';
import { createOpened } from '../../../infra/local/opened.ts';
import { SIMULATED_TOKEN, UNLIMITED } from '../../../infra/simulator/behaviour.ts';
import { type HubSpotPortalOptions, startHubSpotPortal } from '../../../infra/simulator/portal.ts';
import { createNodeClient, type NodeEvent, type PageArguments } from './node-client.ts';
import { EVENTS, PAGES } from './portal-events.ts';

const opened = createOpened();
afterEach(opened.close);

async function open(behaviour: HubSpotPortalOptions['behaviour'] = {}, numberOfApiCallRetries = 0) {
  const portal = await startHubSpotPortal({ events: EVENTS, behaviour });
  opened.add(portal.close);
  const client = createNodeClient({
    accessToken: SIMULATED_TOKEN,
    basePath: portal.url,
    numberOfApiCallRetries,
  });
  return { portal, client, getPage: client.events.eventsApi.getPage.bind(client.events.eventsApi) };
}

/** The query's events, page after page, the cursor decoded once: answers hold it percent-encoded. */
async function readAll(
  getPage: (...query: PageArguments) => Promise<{
    readonly results: readonly NodeEvent[];
    readonly paging?: { readonly next?: { readonly after: string } };
  }>,
  limit: number,
): Promise<NodeEvent[]> {
  const events: NodeEvent[] = [];
  for (let after: string | undefined; ; ) {
    const page = await getPage(undefined, 'e_visited_page', after, undefined, limit);
    events.push(...page.results);
    const next = page.paging?.next?.after;
    if (next === undefined) return events;
    after = decodeURIComponent(next);
  }
}

test('every page to the last, each event with its fields', async () => {
  const { getPage, portal } = await open();
  const events = await readAll(getPage, 100);
  expect(events.map(({ id }) => id)).toEqual(PAGES.map(({ id }) => id));
  expect(events[0]).toMatchObject({
    eventType: 'e_visited_page',
    objectType: 'CONTACT',
    objectId: PAGES[0]?.objectId,
    occurredAt: new Date(PAGES[0]?.occurredAt ?? 0),
    properties: PAGES[0]?.properties,
  });
  expect(portal.requests).toHaveLength(Math.ceil(PAGES.length / 100));
});

test('a cursor that is handed on as it came finds nothing', async () => {
  const { getPage } = await open();
  const { paging } = await getPage(undefined, 'e_visited_page', undefined, undefined, 10);
  const encoded = paging?.next?.after ?? '';
  expect(encoded).toContain('%3D');
  expect(await getPage(undefined, 'e_visited_page', encoded)).toMatchObject({ results: [] });
});

test('the bounds of time, an object, its e-mail address, a property and ids', async () => {
  const { getPage } = await open();
  const [first, second] = PAGES;
  const at = new Date(second?.occurredAt ?? 0);
  const end = new Date(at.getTime() + 1);
  const none = [undefined, undefined, undefined] as const;
  const within = await getPage(undefined, 'e_visited_page', ...none, undefined, at, end);
  expect(within.results.length).toBeGreaterThan(0);
  expect(new Set(within.results.map(({ occurredAt }) => occurredAt.getTime()))).toEqual(
    new Set([at.getTime()]),
  );
  const objectId = Number(first?.objectId);
  const ofObject = await getPage(
    'contact',
    ...[undefined, ...none],
    undefined,
    undefined,
    undefined,
    objectId,
  );
  expect(new Set(ofObject.results.map((event) => event.objectId))).toEqual(new Set([String(objectId)]));
  const noTimes = [undefined, undefined, undefined, undefined] as const;
  const url = { 'property.hs_url': first?.properties?.['hs_url'] ?? '' };
  expect(
    (await getPage(undefined, 'e_visited_page', ...none, ...noTimes, undefined, url)).results,
  ).toMatchObject([{ id: first?.id }]);
  const ids = [PAGES[3]?.id ?? '', PAGES[5]?.id ?? ''];
  const byIds = await getPage(undefined, 'e_visited_page', ...none, ...noTimes, undefined, undefined, ids);
  expect(byIds.results.map(({ id }) => id)).toEqual(ids);
});

test('the event types', async () => {
  const { client } = await open();
  const { eventTypes } = await client.events.eventsApi.getTypes();
  expect(new Set(eventTypes)).toEqual(new Set(EVENTS.map(({ eventType }) => eventType)));
});

test.each([
  ['a wrong token', 401, 'INVALID_AUTHENTICATION', { tokens: [] }],
  ['no scope', 403, 'MISSING_SCOPES', { accountRefusal: 'missing-scopes' }],
  ['no plan', 403, 'FORBIDDEN', { accountRefusal: 'missing-plan' }],
  ['a refused type', 400, 'VALIDATION_ERROR', { typeRefusals: { e_visited_page: 'storage-locations' } }],
] as const)(
  '%s is an error with its status, category and correlation id',
  async (_what, code, category, behaviour) => {
    const { getPage, portal } = await open(behaviour);
    const failed = getPage(undefined, 'e_visited_page');
    await expect(failed).rejects.toMatchObject({ code, body: { category } });
    const correlationId = portal.requests[0]?.correlationId;
    await expect(failed).rejects.toMatchObject({ body: { correlationId } });
  },
);

test.each([
  ['a second', { ...UNLIMITED, perSecond: 1 }],
  ['ten seconds', { ...UNLIMITED, per10Seconds: 1 }],
])('a 429 of %s is tried again by the client itself, and then answered', async (_span, limits) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { getPage, portal } = await open({ limits }, 2);
  await getPage(undefined, 'e_visited_page');
  expect((await getPage(undefined, 'e_visited_page')).results).toHaveLength(20);
  expect(portal.requests.map(({ status }) => status)).toEqual([200, 429, 200]);
  said.mockRestore();
});

test('an OAuth token that ran out is refreshed, and reads on', async () => {
  const oauth = {
    clientId: 'client',
    clientSecret: 's e&c=ret',
    refreshToken: 'refresh',
    expiresInSeconds: 60,
  };
  const expired = { token: 'expired', expiresAt: Date.now() - 1_000 };
  const { client } = await open({ oauth, tokens: [expired] });
  client.setAccessToken('expired');
  await expect(client.events.eventsApi.getPage(undefined, 'e_visited_page')).rejects.toMatchObject({
    code: 401,
    body: { category: 'EXPIRED_AUTHENTICATION' },
  });
  const refresh = (secret: string) =>
    client.oauth.tokensApi.create('refresh_token', undefined, undefined, 'client', secret, 'refresh');
  await expect(refresh('wrong')).rejects.toMatchObject({ code: 400 });
  const { accessToken, refreshToken, expiresIn } = await refresh('s e&c=ret');
  expect({ refreshToken, expiresIn }).toEqual({ refreshToken: 'refresh', expiresIn: 60 });
  client.setAccessToken(accessToken);
  expect((await client.events.eventsApi.getPage(undefined, 'e_visited_page')).results).toHaveLength(20);
});
