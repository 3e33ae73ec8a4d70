import { describe, expect, test } from 'vitest';
import type { ApiVersion } from '../../../functions/poller/contract.ts';
import type { PageQuery } from '../../../functions/poller/core/reading/paging.ts';
import type { Fault } from '../../../infra/simulator/faults/fault.ts';
import { createHubSpotRig, type HubSpotRig, makeEvents, NOON, PAGE, UNTIL } from './hubspot-rig.ts';

const idOf = (entry: unknown) =>
  String(typeof entry === 'object' && entry !== null && Reflect.get(entry, 'id'));

/** The ids of all pages of a window, in their order. */
async function readAll({ source }: HubSpotRig, query: Partial<PageQuery> = {}): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const answer = await source.readPage({ ...PAGE, ...query, cursor }, UNTIL);
    ids.push(...answer.entries.map(idOf));
    cursor = answer.cursor;
  } while (cursor !== undefined);
  return ids;
}

const idsTo = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`);
const limits = ({ portal }: HubSpotRig) => portal.requests.map(({ query }) => query['limit']);

describe('the pages of a window', () => {
  test.each([true, false])('are all read, each once, whether cursors come encoded (%s)', async (encoded) => {
    const behaviour = { percentEncodedCursors: encoded };
    await using rig = await createHubSpotRig({ events: makeEvents(150), behaviour });
    expect(await readAll(rig, { limit: 7 })).toEqual(idsTo(150));
    const afters = rig.portal.requests.map(({ url }) => /after=([^&]*)/.exec(url)?.[1] ?? '');
    // Padding, encoded once; twice it would be %253D, and HubSpot would find nothing.
    expect(afters.some((after) => after.endsWith('%3D'))).toBe(true);
    expect(afters.join()).not.toContain('%25');
  });

  test('are read over empty ones that have a next', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(60), behaviour: { emptyPageEvery: 2 } });
    expect(await readAll(rig, { limit: 5 })).toEqual(idsTo(60));
  });

  test('follow the cursor, not the link, which may lead to another host', async () => {
    await using rig = await createHubSpotRig({
      events: makeEvents(10),
      behaviour: { linkOrigin: 'http://127.0.0.1:9' },
    });
    expect(await readAll(rig, { limit: 3 })).toEqual(idsTo(10));
    expect(new Set(rig.sent.map(({ url }) => url.origin))).toEqual(new Set([rig.portal.url]));
  });

  test('are never sorted by request', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(10) });
    await readAll(rig, { limit: 3 });
    expect(rig.portal.requests.filter(({ query }) => 'sort' in query)).toEqual([]);
  });

  test.each([
    ['inclusive', 'inclusive'],
    ['inclusive', 'exclusive'],
    ['exclusive', 'inclusive'],
    ['exclusive', 'exclusive'],
  ] as const)(
    'hold both ends of the window, occurredAfter %s and occurredBefore %s',
    async (after, before) => {
      const events = makeEvents(5);
      const behaviour = { occurredAfter: after, occurredBefore: before };
      await using rig = await createHubSpotRig({ events, behaviour });
      const [from, to] = [NOON - 64_000, NOON - 60_000];
      expect(await readAll(rig, { from, to })).toEqual(idsTo(5));
      expect(rig.portal.requests[0]?.query).toMatchObject({
        occurredAfter: '2026-11-10T11:58:55.999Z',
        occurredBefore: '2026-11-10T11:59:01.000Z',
      });
    },
  );

  test('come compressed where HubSpot compresses', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(500) });
    expect(await readAll(rig)).toHaveLength(500);
    expect(rig.sent[0]?.headers['accept-encoding']).toBe('gzip');
  });

  test('keep the digits of integers beyond 2^53', async () => {
    const json = `{"id":"x","eventType":"e_a","occurredAt":"2026-11-10T11:59:00Z","objectId":90071992547409931}`;
    await using rig = await createHubSpotRig({
      events: [{ eventType: 'e_a', id: 'x', occurredAt: NOON - 60_000, json }],
    });
    const { entries } = await rig.source.readPage(PAGE, UNTIL);
    expect(JSON.stringify(entries[0])).toContain('90071992547409931');
  });
});

describe('the page size', () => {
  test('falls to 100 where HubSpot refuses it, and is given back to be remembered', async () => {
    await using rig = await createHubSpotRig({ events: makeEvents(250), behaviour: { mostPerPage: 200 } });
    const first = await rig.source.readPage(PAGE, UNTIL);
    expect([first.limit, first.entries.length, first.reduced]).toEqual([100, 100, 'refused']);
    await rig.source.readPage({ ...PAGE, limit: first.limit, cursor: first.cursor }, UNTIL);
    expect(limits(rig)).toEqual(['1000', '100', '100']);
  });

  test('stays as it is where HubSpot caps it silently', async () => {
    const behaviour = { mostPerPage: 50, aboveMostPerPage: 'cap' } as const;
    await using rig = await createHubSpotRig({ events: makeEvents(120), behaviour });
    const { limit, reduced } = await rig.source.readPage(PAGE, UNTIL);
    expect([limit, reduced]).toEqual([1_000, undefined]);
    expect(await readAll(rig)).toEqual(idsTo(120));
    expect(limits(rig)).toEqual(['1000', '1000', '1000', '1000']);
  });

  test('is not what is wrong where 100 are refused too: the first failure is told', async () => {
    await using rig = await createHubSpotRig({
      behaviour: { fault: () => ({ kind: 'status', status: 400 }) },
    });
    await expect(rig.source.readPage(PAGE, UNTIL)).rejects.toMatchObject({
      code: 'hubspot-bad-request',
      status: 400,
    });
    await expect(rig.source.readPage({ ...PAGE, limit: 100 }, UNTIL)).rejects.toMatchObject({ status: 400 });
    expect(limits(rig)).toEqual(['1000', '100', '100']);
  });

  test.each<[string, Fault]>([
    ['a 524', { kind: 'status', status: 524, body: 'html' }],
    ['a timeout', { kind: 'silent' }],
  ])('is a quarter after %s, and again what it was on the next page', async (_what, fault) => {
    const faults = [fault, fault];
    const impatientRequests = fault.kind === 'silent' ? 2 : 0;
    const behaviour = { fault: () => faults.shift() };
    await using rig = await createHubSpotRig({ events: makeEvents(300), impatientRequests, behaviour });
    expect(await readAll(rig, { limit: 800 })).toEqual(idsTo(300));
    expect(limits(rig)).toEqual(['800', '200', '50', '800']);
  });

  test.each<[string, Fault]>([
    ['a 524', { kind: 'status', status: 524, body: 'html' }],
    ['a timeout', { kind: 'silent' }],
  ])('is given back with its reason after %s', async (_what, fault) => {
    const faults = [fault];
    const impatientRequests = fault.kind === 'silent' ? 1 : 0;
    const behaviour = { fault: () => faults.shift() };
    await using rig = await createHubSpotRig({ events: makeEvents(300), impatientRequests, behaviour });
    const answer = await rig.source.readPage({ ...PAGE, limit: 800 }, UNTIL);
    expect(answer).toMatchObject({ limit: 200, reduced: 'slow' });
    expect(answer.entries).toHaveLength(200);
  });

  test('is never smaller than five where HubSpot is too slow for that', async () => {
    const fault = () => ({ kind: 'status', status: 524, body: 'html' }) as const;
    await using rig = await createHubSpotRig({ events: makeEvents(300), behaviour: { fault } });
    await expect(rig.source.readPage({ ...PAGE, limit: 20 }, UNTIL)).rejects.toMatchObject({
      nextStep: 'end-stream',
    });
    expect(new Set(limits(rig))).toEqual(new Set(['20', '5']));
  });

  /** Events of some two kilobytes each. */
  const largeEvents = (count: number) =>
    makeEvents(count).map((event) => ({ ...event, properties: { text: 'x'.repeat(2_000) } }));

  test('falls where the text of a page is larger than asked for, until it is not', async () => {
    await using rig = await createHubSpotRig({ events: largeEvents(300) });
    const answer = await rig.source.readPage({ ...PAGE, maxBytes: 50_000 }, UNTIL);
    expect(limits(rig)).toEqual(['1000', '250', '63', '16']);
    expect(answer).toMatchObject({ limit: 16, reduced: 'large' });
    expect(answer.entries).toHaveLength(16);
    expect([answer.bytes > 16 * 2_000, answer.bytes <= 50_000]).toEqual([true, true]);
  });

  test('of one takes an entry as large as it is', async () => {
    await using rig = await createHubSpotRig({ events: largeEvents(3) });
    const answer = await rig.source.readPage({ ...PAGE, maxBytes: 1_000 }, UNTIL);
    expect(limits(rig)).toEqual(['1000', '250', '63', '16', '4', '1']);
    expect(answer).toMatchObject({ limit: 1, reduced: 'large' });
  });

  test('a smaller page is of no use where a timeout came with the end of the time', async () => {
    await using rig = await createHubSpotRig();
    const until = NOON + 300;
    const fault = () => {
      // What the request waits for real passes for the run too.
      rig.clock.moveTo(until);
      return { kind: 'silent' } as const;
    };
    rig.portal.change({ fault });
    const reading = rig.source.readPage(PAGE, until);
    await expect(reading).rejects.toMatchObject({ code: 'out-of-time', nextStep: 'pause' });
    expect(rig.sent).toHaveLength(1);
  });
});

describe('the query', () => {
  test.each<[string, PageQuery['query'], object]>([
    ['an event type', { eventType: 'pe1_b' }, { eventType: 'pe1_b' }],
    ['an object', { objectType: 'contact', objectId: '51' }, { objectType: 'contact', objectId: '51' }],
    [
      'an object’s events of a type',
      { eventType: 'e_a', objectType: '0-1', objectId: '51' },
      { eventType: 'e_a', objectType: '0-1', objectId: '51' },
    ],
    [
      'an object by a property',
      { objectType: 'contact', objectProperty: { name: 'email', value: 'contact-51+x@example.com' } },
      { objectType: 'contact', 'objectProperty.email': 'contact-51+x@example.com' },
    ],
  ])('asks for %s, and for nothing else', async (_what, query, parameters) => {
    await using rig = await createHubSpotRig();
    await rig.source.readPage({ ...PAGE, query, limit: 10 }, UNTIL);
    expect(rig.portal.requests[0]?.query).toEqual({
      ...parameters,
      occurredAfter: '2026-11-10T10:59:59.999Z',
      occurredBefore: '2026-11-10T12:00:01.000Z',
      limit: '10',
    });
  });

  test.each<[ApiVersion, string]>([
    ['v3', '/events/v3/events'],
    ['2026-03', '/events/event-occurrences/2026-03'],
    ['2026-09', '/events/event-occurrences/2026-09'],
  ])('of %s has its own paths', async (version, path) => {
    await using rig = await createHubSpotRig({ version, events: makeEvents(3) });
    expect(await readAll(rig)).toEqual(idsTo(3));
    expect(await rig.source.listEventTypes(UNTIL)).toEqual(['e_a']);
    expect(rig.portal.requests.map((request) => request.path)).toEqual([path, `${path}/event-types`]);
  });
});

describe('an answer whose text is malformed', () => {
  test.each<[string, Fault]>([
    ['cut', { kind: 'truncated' }],
    ['a gateway’s', { kind: 'body', body: '<html>maintenance</html>' }],
    ['no page', { kind: 'no-results' }],
  ])('(%s) is asked for twice more, and then is a failure', async (_what, fault) => {
    await using rig = await createHubSpotRig({ events: makeEvents(3) });
    const failing = (amount: number) => {
      let left = amount;
      rig.portal.change({ fault: () => (left-- > 0 ? fault : null) });
    };
    failing(2);
    expect((await rig.source.readPage(PAGE, UNTIL)).entries).toHaveLength(3);
    expect(rig.sent).toHaveLength(3);
    failing(3);
    await expect(rig.source.readPage(PAGE, UNTIL)).rejects.toMatchObject({
      code: 'hubspot-malformed-answer',
    });
    expect(rig.sent).toHaveLength(6);
  });
});

describe('the event types', () => {
  test('are given each once, silent ones too', async () => {
    const listedTypes = ['e_a', 'pe1_b', 'e_a', 'ae2_c'];
    await using rig = await createHubSpotRig({ behaviour: { listedTypes } });
    expect(await rig.source.listEventTypes(UNTIL)).toEqual(['e_a', 'pe1_b', 'ae2_c']);
  });

  test('in another form are a malformed answer, never an empty list', async () => {
    const fault = () => ({ kind: 'body', body: '{"results":["e_a"]}' }) as const;
    await using rig = await createHubSpotRig({ behaviour: { fault } });
    await expect(rig.source.listEventTypes(UNTIL)).rejects.toMatchObject({
      code: 'hubspot-malformed-answer',
      message: expect.stringMatching(
        /^Listing event types: the answer is not as HubSpot documents it: eventTypes/,
      ),
    });
  });
});
