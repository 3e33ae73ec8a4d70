import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCursor, eventTypesUrl, pageUrl } from '../../../functions/poller/adapters/hubspot/url.ts';
import { NOON } from '../../support/rig.ts';
import '../../support/seeded-properties.ts';

const API = 'https://api.hubapi.com';
const WINDOW = { from: NOON, to: NOON + 1_000, cursor: undefined, limit: 100 };
const query = (more: object = {}) => ({ query: { eventType: 'e_one' }, ...WINDOW, ...more });

describe('pageUrl', () => {
  test.each([
    ['v3', '/events/v3/events'],
    ['2026-03', '/events/event-occurrences/2026-03'],
    ['2026-09', '/events/event-occurrences/2026-09'],
  ] as const)('of %s is %s', (version, path) => {
    expect(pageUrl(API, version, query()).pathname).toBe(path);
  });

  test('asks for a millisecond more on either side: right whether bounds are inclusive or not', () => {
    const { searchParams } = pageUrl(API, 'v3', query());
    expect([searchParams.get('occurredAfter'), searchParams.get('occurredBefore')]).toEqual([
      '2026-11-10T11:59:59.999Z',
      '2026-11-10T12:00:01.001Z',
    ]);
  });

  test('never asks for an order', () => {
    expect(pageUrl(API, 'v3', query()).searchParams.has('sort')).toBe(false);
  });

  test('names an object by a property', () => {
    const objectProperty = { name: 'email', value: 'ada+1@example.com' };
    const url = pageUrl(API, 'v3', query({ query: { objectType: 'contact', objectProperty } }));
    expect(url.searchParams.get('objectProperty.email')).toBe('ada+1@example.com');
  });

  test('encodes a cursor exactly once, whether HubSpot sent it encoded or not', () => {
    const base64 = fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    fc.assert(
      fc.property(base64, fc.boolean(), (cursor, isEncoded) => {
        const after = isEncoded ? encodeURIComponent(cursor) : cursor;
        const url = new URL(pageUrl(API, 'v3', query({ cursor: decodeCursor(after) })).href);
        return url.searchParams.get('after') === cursor;
      }),
    );
  });
});

describe('eventTypesUrl', () => {
  test('stands under the path of the events', () => {
    expect(eventTypesUrl(`${API}/`, 'v3').href).toBe(`${API}/events/v3/events/event-types`);
  });
});

describe('decodeCursor', () => {
  test('leaves a cursor with a lone percent sign as it is', () => {
    expect(decodeCursor('100%')).toBe('100%');
  });
});
