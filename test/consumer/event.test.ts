import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  HUBSPOT_EVENT_SOURCE,
  type HubSpotEventBridgeEvent,
  HubSpotEventError,
  isHubSpotEvent,
  isReplay,
  parseHubSpotEvent,
} from '../../functions/consumer/event.ts';
import { EVENT_SOURCE } from '../../functions/poller/contract.ts';
import { deliveredFrom, PAGE_VIEW } from './envelopes.ts';

test('the source is the one the poller publishes with', () => {
  expect(HUBSPOT_EVENT_SOURCE).toBe(EVENT_SOURCE);
});

describe('parseHubSpotEvent', () => {
  test('takes what the poller publishes, every field of it, unknown ones too', () => {
    const delivered = deliveredFrom(PAGE_VIEW);
    expect(parseHubSpotEvent(delivered)).toEqual(delivered);
    expect(parseHubSpotEvent(delivered).detail).toMatchObject({ ...PAGE_VIEW, metadata: { portal: 'main' } });
  });

  test.each([
    [
      'numbers as ids and times',
      '{"id":9007199254740993,"eventType":"a","occurredAt":1762776000000,"objectId":5}',
    ],
    ['no object and no properties', '{"id":"1","eventType":"a","occurredAt":"2026-11-10T12:00:00Z"}'],
    ['a metadata of HubSpot', '{"id":"1","eventType":"a","occurredAt":"2026-11-10T12:00:00Z","metadata":7}'],
    ['a long event type', JSON.stringify({ ...PAGE_VIEW, eventType: 'x'.repeat(300) })],
  ])('takes an event with %s', (_what, text) => {
    const delivered = deliveredFrom(text);
    expect(parseHubSpotEvent(delivered)).toEqual(delivered);
  });

  test('names every mistake of what is no event', () => {
    const wrong = { ...deliveredFrom(PAGE_VIEW), source: 'other', detail: { id: '1' } };
    expect(() => parseHubSpotEvent(wrong)).toThrow(HubSpotEventError);
    expect(() => parseHubSpotEvent(wrong)).toThrow(/source: .*detail\.eventType: .*detail\.metadata: /);
    expect(() => parseHubSpotEvent('text')).toThrow(/^Reading the event: the whole: /);
  });
});

describe('a typed event', () => {
  test('knows the properties of its type, and takes any other', () => {
    const event = parseHubSpotEvent(deliveredFrom(PAGE_VIEW));
    if (!isHubSpotEvent(event, 'e_visited_page')) throw new Error('It must be a page view');
    expectTypeOf(event).toEqualTypeOf<HubSpotEventBridgeEvent<'e_visited_page'>>();
    expectTypeOf(event.detail.eventType).toEqualTypeOf<'e_visited_page'>();
    expectTypeOf(event.detail.properties?.hs_url_path).toEqualTypeOf<string | undefined>();
    expectTypeOf(event.detail.properties?.['hs_new']).toEqualTypeOf<unknown>();
    expect(event.detail.properties?.hs_url_path).toBe('/pricing');
  });

  test('of another type is told apart', () => {
    expect(isHubSpotEvent(parseHubSpotEvent(deliveredFrom(PAGE_VIEW)), 'e_call_started')).toBe(false);
  });

  test('of a replay is known by the name of the replay', () => {
    const delivered = deliveredFrom(PAGE_VIEW);
    expect(isReplay(parseHubSpotEvent(delivered))).toBe(false);
    expect(isReplay(parseHubSpotEvent({ ...delivered, 'replay-name': 'november' }))).toBe(true);
  });
});

describe('the JSON Schema', () => {
  const file = new URL('../../infra/schema/hubspot-event.schema.json', import.meta.url);

  test('judges events as the parser does', () => {
    const { $schema: _dialect, ...schema } = z.looseObject({}).parse(JSON.parse(readFileSync(file, 'utf8')));
    const isValid = new Ajv({ strict: false }).compile(schema);
    const delivered = deliveredFrom(PAGE_VIEW);
    const { detail: _detail, ...headless } = z.looseObject({}).parse(delivered);
    for (const candidate of [delivered, headless, { ...delivered, source: 'other' }, {}]) {
      const parses = () => parseHubSpotEvent(candidate);
      if (isValid(candidate)) expect(parses).not.toThrow();
      else expect(parses).toThrow(HubSpotEventError);
    }
    expect(isValid(delivered)).toBe(true);
  });
});
