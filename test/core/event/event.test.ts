import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEntry } from '../../../functions/poller/core/event/event.ts';
import { parseJson } from '../../../functions/poller/core/event/json.ts';
import '../../support/seeded-properties.ts';

const EVENT = {
  id: 'leviathan-1',
  eventType: 'e_visited_page',
  objectType: 'CONTACT',
  objectId: '51',
  occurredAt: '2026-11-10T12:00:00.123Z',
  properties: { hs_url: 'https://example.com/' },
};

describe('parseEntry', () => {
  test('reads an event, and keeps the whole of it', () => {
    expect(parseEntry({ ...EVENT, unknown: [1] })).toMatchObject({
      kind: 'event',
      id: 'leviathan-1',
      occurredAt: Date.UTC(2026, 10, 10, 12, 0, 0, 123),
      body: { unknown: [1] },
    });
  });

  test.each([
    ['objectId as a number', { objectId: 51 }, { objectId: '51' }],
    ['no object', { objectType: undefined, objectId: undefined }, { objectType: '', objectId: '' }],
    [
      'occurredAt as epoch milliseconds',
      { occurredAt: 1_794_312_000_000 },
      { occurredAt: 1_794_312_000_000 },
    ],
    ['no properties', { properties: undefined }, { kind: 'event' }],
  ])('accepts %s', (_what, change, expected) => {
    expect(parseEntry({ ...EVENT, ...change })).toMatchObject(expected);
  });

  test('loses no digit of an objectId that is a long number', () => {
    const entry = parseJson(JSON.stringify(EVENT).replace('"51"', '12345678901234567890'));
    expect(parseEntry(entry)).toMatchObject({ objectId: '12345678901234567890' });
  });

  test.each([
    ['no id', { id: undefined }, 'has no id'],
    ['an empty id', { id: '' }, 'has no id'],
    ['no eventType', { eventType: undefined }, 'has no eventType'],
    ['an empty eventType', { eventType: '' }, 'has no eventType'],
    ['a number for the eventType', { eventType: 5 }, 'has no eventType'],
    ['no occurredAt', { occurredAt: undefined }, 'has no readable occurredAt'],
    ['an unreadable occurredAt', { occurredAt: 'yesterday' }, 'has no readable occurredAt'],
  ])('calls an entry with %s poison, and says why', (_what, change, reason) => {
    expect(parseEntry({ ...EVENT, ...change })).toMatchObject({
      kind: 'poison',
      reason: expect.stringContaining(reason),
    });
  });

  test('keeps the time of poison that has one', () => {
    expect(parseEntry({ ...EVENT, id: undefined })).toMatchObject({ occurredAt: 1_794_312_000_123 });
  });

  test('gives an event or poison for anything that JSON can hold', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => ['event', 'poison'].includes(parseEntry(value).kind)));
  });

  test('keeps the whole text of poison', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const entry = parseEntry(value);
        expect(entry.kind === 'poison' && entry.text).toBe(JSON.stringify(value));
      }),
    );
  });
});
