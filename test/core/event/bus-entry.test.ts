import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBusEntry, toDetailType } from '../../../functions/poller/core/event/bus-entry.ts';
import { type HubSpotEvent, parseEntry } from '../../../functions/poller/core/event/event.ts';
import { parseJson } from '../../../functions/poller/core/event/json.ts';
import '../../support/seeded-properties.ts';

const ORIGIN = { portal: 'main', stream: 'e_visited_page', pass: 'live' } as const;

const BODY = {
  id: 'leviathan-1',
  eventType: 'e_visited_page',
  objectType: 'CONTACT',
  objectId: '51',
  occurredAt: '2026-11-10T12:00:00.123Z',
  properties: { hs_url: 'https://example.com/ä' },
};

function eventOf(entry: unknown): HubSpotEvent {
  const event = parseEntry(entry);
  if (event.kind !== 'event') throw new Error(event.reason);
  return event;
}

describe('toBusEntry', () => {
  test('fills the fields of the contract', () => {
    expect(toBusEntry(eventOf(BODY), ORIGIN)).toMatchObject({
      source: 'hubspot.events',
      detailType: 'e_visited_page',
      time: Date.UTC(2026, 10, 10, 12, 0, 0, 123),
      resources: ['hubspot:main:CONTACT/51'],
    });
  });

  test('adds metadata to the event, and nothing else', () => {
    const { detail } = toBusEntry(eventOf(BODY), ORIGIN);
    expect(JSON.parse(detail)).toEqual({
      ...BODY,
      metadata: { ...ORIGIN, idempotencyKey: 'main/e_visited_page/leviathan-1' },
    });
  });

  test('keeps a field called metadata that HubSpot sent', () => {
    const { detail } = toBusEntry(eventOf({ ...BODY, metadata: { of: 'HubSpot' } }), ORIGIN);
    expect(JSON.parse(detail).metadata).toMatchObject({ portal: 'main', hubspot: { of: 'HubSpot' } });
  });

  test('keeps the digits of an integer beyond 2^53', () => {
    const entry = parseJson(JSON.stringify(BODY).replace('"51"', '12345678901234567890'));
    expect(toBusEntry(eventOf(entry), ORIGIN).detail).toContain('"objectId":12345678901234567890');
  });

  test('counts its bytes as EventBridge does', () => {
    const { bytes, source, detailType, detail, resources } = toBusEntry(eventOf(BODY), ORIGIN);
    const texts = [source, detailType, detail, ...resources].join('');
    expect(bytes).toBe(14 + new TextEncoder().encode(texts).length);
  });

  test('keeps every field of HubSpot, whatever it holds', () => {
    const fields = fc.dictionary(
      fc.string().filter((name) => name !== 'metadata' && name !== '__proto__'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fields, (unknown) => {
        const body = { ...unknown, ...BODY };
        const { metadata, ...kept } = JSON.parse(toBusEntry(eventOf(body), ORIGIN).detail);
        expect([kept, metadata.portal]).toEqual([JSON.parse(JSON.stringify(body)), 'main']);
      }),
    );
  });
});

describe('toDetailType', () => {
  test('is the event type, verbatim, up to 128 characters', () => {
    fc.assert(fc.property(fc.string({ maxLength: 128 }), (type) => toDetailType(type) === type));
  });

  test('is the first 119 characters, ~ and a digest, beyond', () => {
    const type = `pe1_${'x'.repeat(200)}`;
    const digest = createHash('sha256').update(type).digest('hex').slice(0, 8);
    expect(toDetailType(type)).toBe(`${type.slice(0, 119)}~${digest}`);
  });

  test('is never longer than EventBridge takes', () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (type) => toDetailType(type).length <= 128));
  });

  test('differs for long types that start alike', () => {
    expect(toDetailType(`${'x'.repeat(130)}a`)).not.toBe(toDetailType(`${'x'.repeat(130)}b`));
  });
});
