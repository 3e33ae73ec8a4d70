import { describe, expect, test } from 'vitest';
import { validateAnswer, validateRequest } from './openapi.ts';

const EVENTS = '/events/v3/events';

describe('validateRequest', () => {
  test.each([
    [
      'a type and a window',
      `${EVENTS}?eventType=e_visited_page&occurredAfter=2026-11-01T00:00:00.000Z&limit=1000`,
    ],
    ['a cursor', `${EVENTS}?eventType=e_visited_page&after=MTc5%3D`],
    ['an object', `${EVENTS}?objectType=contact&objectId=26000000051`],
    ['a property of an object', `${EVENTS}?objectType=contact&objectProperty.email=a%40b.c`],
    ['a dated path', '/events/event-occurrences/2026-09?eventType=e_visited_page'],
    ['the event types', '/events/event-occurrences/2026-03/event-types'],
  ])('accepts %s', (_what, url) => {
    expect(validateRequest('GET', url)).toEqual([]);
  });

  test.each([
    ['an instant without a zone', `${EVENTS}?occurredAfter=2026-11-01`, /^occurredAfter: must match format/],
    ['a limit that is no integer', `${EVENTS}?limit=ten`, /^limit: must be integer/],
    ['an unknown parameter', `${EVENTS}?event_type=e_visited_page`, /^event_type: is no parameter/],
    ['the API key in the query', `${EVENTS}?hapikey=secret`, /^hapikey: is no parameter/],
    ['a parameter that stands twice', `${EVENTS}?limit=1&limit=2`, /^limit: stands twice/],
    ['another path', '/events/v2/events', /is no path/],
    ['parameters of the event types', `${EVENTS}/event-types?limit=10`, /has no parameters/],
  ])('names %s', (_what, url, mistake) => {
    expect(validateRequest('GET', url)).toEqual([expect.stringMatching(mistake)]);
  });

  test('names another method', () => {
    expect(validateRequest('POST', EVENTS)).toEqual([expect.stringMatching(/must be GET/)]);
  });
});

describe('validateAnswer', () => {
  const event = {
    objectType: 'CONTACT',
    objectId: '51',
    eventType: 'e_visited_page',
    occurredAt: '2026-11-01T10:00:00.123Z',
    id: 'leviathan-1',
    properties: { hs_city: 'Lyon' },
  };

  test('accepts a page with and without a next one', () => {
    expect(validateAnswer(200, { results: [event], paging: { next: { after: 'MTc5%3D' } } })).toEqual([]);
    expect(validateAnswer(200, { results: [] })).toEqual([]);
  });

  test.each([
    ['no results', {}],
    ['a number as objectId, as in the document’s example', { results: [{ ...event, objectId: 51 }] }],
    ['a property that is no text', { results: [{ ...event, properties: { seats: 3 } }] }],
    ['a next page without its cursor', { results: [event], paging: { next: { link: 'https://x.test' } } }],
  ])('names %s', (_what, body) => {
    expect(validateAnswer(200, body)).toHaveLength(1);
  });

  test('holds every other status against the error schema', () => {
    const error = {
      message: 'no',
      category: 'VALIDATION_ERROR',
      correlationId: 'aeb5f871-7f07-4993-9211-075dc63e7cbf',
    };
    expect(validateAnswer(400, error)).toEqual([]);
    expect(validateAnswer(503, { message: 'no', correlationId: 'not a UUID' })).toHaveLength(2);
  });

  test('holds the event types against the guide’s answer', () => {
    expect(validateAnswer(200, { eventTypes: ['e_visited_page'] }, 'event-types')).toEqual([]);
    expect(validateAnswer(200, { results: [] }, 'event-types')).toHaveLength(1);
  });
});
