import { describe, expect, test } from 'vitest';
import { createPortalState } from '../../infra/simulator/answer.ts';
import { emailOf } from '../../infra/simulator/event-kind.ts';
import { ask, askPage, EVENTS, idsTo, makeEvents, NOW } from './ask.ts';

const T = NOW - 60_000;

function threeAround(behaviour: Parameters<typeof createPortalState>[0] = {}) {
  const state = createPortalState(behaviour);
  state.log.add([-1, 0, 1].map((ms) => ({ eventType: 'e_a', id: `${ms}`, occurredAt: T + ms })));
  return state;
}

describe('bounds', () => {
  test.each([
    ['inclusive', 'inclusive', ['0']],
    ['inclusive', 'exclusive', []],
    ['exclusive', 'inclusive', []],
    ['exclusive', 'exclusive', []],
  ] as const)('of one instant, after %s and before %s, give %j', (occurredAfter, occurredBefore, ids) => {
    const state = threeAround({ occurredAfter, occurredBefore });
    const page = askPage(state, { occurredAfter: T, occurredBefore: T });
    expect(page.results.map(({ id }) => id)).toEqual(ids);
  });

  test.each([
    ['occurredAfter', 'inclusive', ['0', '1']],
    ['occurredAfter', 'exclusive', ['1']],
    ['occurredBefore', 'inclusive', ['-1', '0']],
    ['occurredBefore', 'exclusive', ['-1']],
  ] as const)('%s %s gives %j', (bound, reading, ids) => {
    const state = threeAround({ [bound]: reading });
    expect(askPage(state, { [bound]: T }).results.map(({ id }) => id)).toEqual(ids);
  });

  test('are the same in ISO 8601, with another zone, and in UNIX milliseconds', () => {
    const state = threeAround();
    const iso = new Date(T).toISOString();
    const zoned = new Date(T + 3_600_000).toISOString().replace('Z', '+01:00');
    for (const occurredAfter of [T, iso, zoned]) {
      expect(askPage(state, { occurredAfter }).results).toHaveLength(2);
    }
  });
});

describe('limit', () => {
  test('above the most is refused where the portal refuses', () => {
    const state = createPortalState({ mostPerPage: 100 });
    const { status, body } = ask(state, `${EVENTS}?eventType=e_a&limit=101`);
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ in: 'limit' }] } });
    expect(ask(state, `${EVENTS}?eventType=e_a&limit=100`).status).toBe(200);
  });

  test('above the most gives fewer events where the portal caps silently', () => {
    const state = createPortalState({ mostPerPage: 5, aboveMostPerPage: 'cap' });
    state.log.add(makeEvents(12));
    expect(askPage(state, { limit: 1_000 }).results).toHaveLength(5);
  });
});

describe('mistakes', () => {
  test.each([
    ['objectId without objectType', 'objectId=51', 'objectType'],
    ['objectProperty without objectType', 'objectProperty.email=a%40b.c', 'objectType'],
    ['objectId that is no number', 'objectType=contact&objectId=x', 'objectId'],
    ['a window alone', `occurredAfter=${T}`, 'eventType'],
    ['objectType alone', 'objectType=contact', 'eventType'],
    ['an instant without a zone', 'eventType=e_a&occurredAfter=2026-11-01T00:00:00', 'occurredAfter'],
    ['limit 0', 'eventType=e_a&limit=0', 'limit'],
    ['a sort by something else', 'eventType=e_a&sort=id', 'sort'],
  ])('%s is refused with a 400', (_what, query, where) => {
    const { status, body } = ask(createPortalState(), `${EVENTS}?${query}`);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: {
        status: 'error',
        category: 'VALIDATION_ERROR',
        errors: [{ in: where }],
        correlationId: expect.any(String),
      },
    });
  });

  test('a descending sort is refused where the portal refuses it', () => {
    expect(
      ask(createPortalState({ sort: 'refuse' }), `${EVENTS}?eventType=e_a&sort=-occurredAt`).status,
    ).toBe(400);
  });
});

describe('objects', () => {
  function portal(behaviour = {}) {
    const state = createPortalState(behaviour);
    state.log.add([
      ...makeEvents(3),
      { eventType: 'e_b', id: 'b', occurredAt: NOW - 62_500, objectId: '51' },
      { eventType: 'e_b', id: 'company', occurredAt: NOW - 62_500, objectId: '51', objectType: 'COMPANY' },
    ]);
    return state;
  }
  const ids = (state: ReturnType<typeof portal>, query: string) =>
    JSON.stringify(ask(state, `${EVENTS}?${query}`).body).match(/(?<="id":")[^"]+/g) ?? [];

  test.each([
    ['by id, in every type and in order', 'objectType=contact&objectId=51', ['b', 'id-1']],
    ['by id of the object type', 'objectType=0-1&objectId=51', ['b', 'id-1']],
    ['by id in one type', 'objectType=contact&objectId=51&eventType=e_a', ['id-1']],
    ['by a property', `objectType=contact&objectProperty.email=${emailOf('50')}`, ['id-0']],
    ['of another kind', 'objectType=company&objectId=51', ['company']],
    ['that nobody knows', 'objectType=contact&objectProperty.email=nobody%40example.com', []],
  ])('are found %s', (_how, query, expected) => {
    expect(ids(portal(), query)).toEqual(expected);
  });

  test('without an event type are refused on 2026-03 alone', () => {
    const query = 'objectType=contact&objectId=51';
    const dated = ask(portal(), `/events/event-occurrences/2026-03?${query}`);
    expect(dated.status).toBe(400);
    expect(JSON.stringify(dated.body)).toContain('EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS');
    expect(ask(portal(), `/events/event-occurrences/2026-03?${query}&eventType=e_a`).status).toBe(200);
    expect(ask(portal(), `/events/event-occurrences/2026-09?${query}`).status).toBe(200);
  });

  test('are not asked for where the portal serves a window alone', () => {
    const state = portal({ wholePortalQuery: 'serve' });
    expect(ids(state, `occurredAfter=${T - 3_600_000}`)).toHaveLength(5);
  });
});

describe('event types', () => {
  test('lists those with events and those that never get any, on every version', () => {
    const state = createPortalState({ silentTypes: ['e_never'] });
    state.log.add(makeEvents(1));
    for (const path of [EVENTS, '/events/event-occurrences/2026-03', '/events/event-occurrences/2026-09']) {
      expect(ask(state, `${path}/event-types`).body).toEqual({ eventTypes: ['e_a', 'e_never'] });
    }
    expect(ask(state, `${EVENTS}?eventType=e_never`).body).toEqual({ results: [] });
  });

  test('lists what the portal is told to, the events of the others staying readable', () => {
    const state = createPortalState({ listedTypes: ['e_b'] });
    state.log.add(makeEvents(2));
    expect(ask(state, `${EVENTS}/event-types`).body).toEqual({ eventTypes: ['e_b'] });
    expect(askPage(state, {}).results.map(({ id }) => id)).toEqual(idsTo(2));
  });
});

describe('paths', () => {
  test('an ended version answers 404, and so does a path that never was', () => {
    const state = createPortalState({ endedVersions: ['v3'] });
    expect(ask(state, `${EVENTS}?eventType=e_a`).status).toBe(404);
    expect(ask(state, '/events/v4/events').status).toBe(404);
    expect(ask(state, '/events/event-occurrences/2026-09?eventType=e_a').status).toBe(200);
  });
});

describe("what HubSpot's own clients send", () => {
  test.each(['', '/'])('the events, the path ending in "%s"', (end) => {
    const state = createPortalState();
    state.log.add(makeEvents(2));
    expect(ask(state, `${EVENTS}${end}?eventType=e_a`)).toMatchObject({
      status: 200,
      body: { results: [{ id: 'id-0' }, { id: 'id-1' }] },
    });
    expect(ask(state, `${EVENTS}${end}${end}/x?eventType=e_a`).status).toBe(404);
  });

  test('ids find the events that have one of them', () => {
    const state = createPortalState();
    state.log.add(makeEvents(4));
    const { body } = ask(state, `${EVENTS}/?eventType=e_a&id=id-1&id=id-3&id=id-9`);
    expect(body).toMatchObject({ results: [{ id: 'id-1' }, { id: 'id-3' }] });
    expect(ask(state, `${EVENTS}/?eventType=e_b&id=id-1`).body).toEqual({ results: [] });
  });

  test('a property finds the events that hold it', () => {
    const state = createPortalState();
    const events = makeEvents(3).map((event, index) => ({ ...event, properties: { n: String(index) } }));
    state.log.add([...events, { eventType: 'e_a', id: 'text', occurredAt: T, json: '"n"' }]);
    const { body } = ask(state, `${EVENTS}/?eventType=e_a&property.n=1`);
    expect(body).toMatchObject({ results: [{ id: 'id-1' }] });
    expect(ask(state, `${EVENTS}/?eventType=e_a&property.n=1&id=id-2`).body).toEqual({ results: [] });
  });
});
