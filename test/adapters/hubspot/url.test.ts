import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCursor, eventTypesUrl, pageUrl } from '../../../functions/poller/adapters/hubspot/url.ts';
import { NOON } from '../../support/rig.ts';
import '../../support/seeded-properties.ts';

const API = 'https://api.hubapi.com';
const WINDOW = { from: NOON, to: NOON + 1_000, cursor: undefined, limit: 100, maxBytes: 1_000 };
const query = (more: object = {}) => ({ query: { eventType: 'e_one' }, ...WINDOW, ...more });

describe('pageUrl', () => {
  test.each([
    ['v3', '/events/v3/events'],
    ['2026-03', '/events/event-occurrences/2026-03'],
    ['2026-09', '/events/event-occurrences/2026-09'],
  ] as const)('of %s is %s', (version, path) => {
    expect(pageUrl(API, version, query()).pathname).toBe(path);
  });

  const boundsOf = (from: number, to: number) => {
    const { searchParams } = pageUrl(API, 'v3', query({ from, to }));
    return [searchParams.get('occurredAfter') ?? '', searchParams.get('occurredBefore') ?? ''] as const;
  };

  test.each([
    [0, 1_000, '2026-11-10T11:59:59.999Z', '2026-11-10T12:00:02.000Z'],
    [0, 999, '2026-11-10T11:59:59.999Z', '2026-11-10T12:00:01.000Z'],
    [1, 1, '2026-11-10T11:59:59.999Z', '2026-11-10T12:00:01.000Z'],
    [999, 1_001, '2026-11-10T11:59:59.999Z', '2026-11-10T12:00:02.000Z'],
  ])('from %i to %i ms asks from the whole second before to the one after', (from, to, after, before) => {
    expect(boundsOf(NOON + from, NOON + to)).toEqual([after, before]);
  });

  test('shows the whole window, however HubSpot compares its bounds', () => {
    const instant = fc.integer({ min: NOON, max: NOON + 5_000 });
    const window = fc.tuple(instant, instant, instant).map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(
        window,
        fc.constantFrom(1, 1_000),
        fc.boolean(),
        ([from = 0, at = 0, to = 0], unit, isIn) => {
          const [after, event, before] = [
            Date.parse(boundsOf(from, to)[0]),
            at,
            Date.parse(boundsOf(from, to)[1]),
          ].map((ms) => Math.floor(ms / unit));
          if (after === undefined || event === undefined || before === undefined) return false;
          return isIn ? after <= event && event <= before : after < event && event < before;
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('shows no more than a second and a millisecond beside it', () => {
    const instant = fc.integer({ min: NOON, max: NOON + 5_000 });
    fc.assert(
      fc.property(instant, fc.nat(5_000), (from, length) => {
        const [after, before] = boundsOf(from, from + length).map((text) => Date.parse(text));
        return (after ?? 0) >= from - 1_000 && (before ?? 0) <= from + length + 1_000;
      }),
    );
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
