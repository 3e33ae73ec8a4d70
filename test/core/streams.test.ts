import { describe, expect, test } from 'vitest';
import { type Checkpoint, startCheckpoint } from '../../functions/poller/core/checkpoint.ts';
import type { Discovery } from '../../functions/poller/core/discovery.ts';
import { listStreams } from '../../functions/poller/core/discovery.ts';

const none: readonly Checkpoint[] = [];
const discovery: Discovery = {
  eventTypes: ['e_one', 'e_two'],
  discoveredAt: 1_000,
  starting: {},
  leaving: { e_behind: 1_000, e_read: 1_000 },
};
const byStream = (stored: readonly Checkpoint[]) => new Map(stored.map((found) => [found.stream, found]));
const namesOf = (settings: Parameters<typeof listStreams>[0], found?: Discovery, stored = none) =>
  listStreams(settings, found, byStream(stored)).map(({ name }) => name);

describe('listStreams', () => {
  test('has one stream for each configured type', () => {
    expect(namesOf({ eventTypes: ['e_one', 'e_two'], objects: [] })).toEqual(['e_one', 'e_two']);
  });

  test('has each stream once', () => {
    expect(namesOf({ eventTypes: ['e_one', 'e_one'], objects: [] })).toEqual(['e_one']);
  });

  test('with "all" has what HubSpot lists', () => {
    expect(namesOf({ eventTypes: 'all', objects: [] }, discovery)).toEqual(['e_one', 'e_two']);
  });

  test('with "all" keeps a type that vanished until what it had is read', () => {
    const vanished = [
      { ...startCheckpoint('e_behind', 0, 0), watermark: 999 },
      { ...startCheckpoint('e_read', 0, 0), watermark: 1_000 },
    ];
    expect(namesOf({ eventTypes: 'all', objects: [] }, discovery, vanished)).toEqual([
      'e_one',
      'e_two',
      'e_behind',
    ]);
  });

  test('are the objects alone before a list was ever had', () => {
    const objects = [{ objectType: 'contact', objectId: '51' }];
    const streams = listStreams({ eventTypes: 'all', objects }, undefined, byStream(none));
    expect(streams.map(({ name }) => name)).toEqual(['object/contact/51']);
  });

  test('names an object by type and id, and by the event type where one is given', () => {
    const objects = [
      { objectType: 'contact', objectId: '51' },
      { objectType: 'contact', objectId: '51', eventType: 'e_one' },
    ];
    expect(namesOf({ eventTypes: [], objects })).toEqual(['object/contact/51', 'object/contact/51#e_one']);
  });

  test('names an object by a digest of its property, never by the value', () => {
    const objects = [{ objectType: 'contact', objectProperty: { email: 'ada@example.com' } }];
    const [stream] = listStreams({ eventTypes: [], objects }, undefined, byStream(none));
    expect(stream?.name).toMatch(/^object\/contact\/email~[0-9a-f]{12}$/);
    expect(stream?.query.objectProperty).toEqual({ name: 'email', value: 'ada@example.com' });
  });
});
