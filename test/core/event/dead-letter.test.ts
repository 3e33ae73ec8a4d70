import { describe, expect, test } from 'vitest';
import { letterForPoison, letterForRefusal } from '../../../functions/poller/core/event/dead-letter.ts';
import { parseEntry } from '../../../functions/poller/core/event/event.ts';

const ORIGIN = { portal: 'main', stream: 'e_one', pass: 'sweep' } as const;
const NOON = Date.UTC(2026, 10, 10, 12);

describe('a dead letter', () => {
  test('of what is no event holds its whole text and the reason', () => {
    const entry = parseEntry({ eventType: 'e_one' });
    if (entry.kind !== 'poison') throw new Error('must be poison');
    expect(letterForPoison(entry, ORIGIN, NOON)).toEqual({
      reason: "An entry of HubSpot's page has no id.",
      code: 'NotAnEvent',
      ...ORIGIN,
      deadLetteredAt: '2026-11-10T12:00:00.000Z',
      eventType: null,
      id: null,
      text: '{"eventType":"e_one"}',
    });
  });

  test('of an event that EventBridge refused holds its code, message and the whole event', () => {
    const event = parseEntry({ id: '1', eventType: 'e_one', occurredAt: NOON, more: [1] });
    if (event.kind !== 'event') throw new Error('must be an event');
    const refusal = { code: 'MalformedDetail', message: 'Detail is malformed.' };
    expect(letterForRefusal(event, ORIGIN, refusal, NOON)).toMatchObject({
      reason: expect.stringContaining('MalformedDetail: Detail is malformed.'),
      code: 'MalformedDetail',
      id: '1',
      text: JSON.stringify({ id: '1', eventType: 'e_one', occurredAt: NOON, more: [1] }),
    });
  });
});
