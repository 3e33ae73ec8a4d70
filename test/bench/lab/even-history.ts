/**
 * A backlog for measurements: every type has one event in every so many milliseconds, each computed from its place
 * alone, so that the simulated portal is not what a measurement waits for.
 */
import { z } from 'zod';
import type { EventHistory } from '../../../infra/simulator/event-log.ts';
import {
  eventTypeIdOf,
  hashPosition,
  objectTypeIdOf,
  type PlacedEvent,
} from '../../../infra/simulator/simulated-event.ts';

export const evenHistorySchema = z.object({
  eventTypes: z.array(z.string()),
  /** The first event's instant, UNIX ms. */
  startsAt: z.number(),
  /** No event occurs at this instant or later. */
  endsAt: z.number(),
  /** From one event of a type to its next; 1 or more. */
  everyMs: z.number().min(1),
  /** How long after it occurred HubSpot shows an event; 0 where not given. */
  delayMs: z.number().default(0),
  /** How large each event's JSON is, in bytes; some 750 where not given, or where less is. */
  eventBytes: z.number().default(0),
});

export type EvenHistory = z.input<typeof evenHistorySchema>;

/** Gives the history; by itself an event is some 750 bytes of JSON, as a page view of HubSpot's. */
export function createEvenHistory(options: EvenHistory): EventHistory {
  const { eventTypes, startsAt, endsAt, everyMs, delayMs = 0, eventBytes = 0 } = options;
  const properties = writeProperties(eventBytes);
  const objectTypeId = objectTypeIdOf('CONTACT');
  const typeIds = new Map(eventTypes.map((eventType) => [eventType, eventTypeIdOf(eventType)]));
  return {
    endless: false,
    eventTypes: () => eventTypes,
    *scan(eventType, from, to) {
      const eventTypeId = typeIds.get(eventType);
      if (eventTypeId === undefined) return;
      const first = Math.max(0, Math.ceil((from - startsAt) / everyMs));
      for (let index = first; ; index += 1) {
        const occurredAt = Math.floor(startsAt + index * everyMs);
        if (occurredAt > to || occurredAt >= endsAt) return;
        if (occurredAt < from) continue;
        yield eventAt(eventType, eventTypeId, objectTypeId, occurredAt, delayMs, properties);
      }
    },
  };
}

function eventAt(
  eventType: string,
  eventTypeId: string,
  objectTypeId: string,
  occurredAt: number,
  delayMs: number,
  properties: string,
): PlacedEvent {
  const objectId = String(26_000_000_051 + (occurredAt % 5_000) * 50);
  const position = { occurredAt, objectTypeId, objectId, eventTypeId, hash: hashPosition(`${occurredAt}`) };
  const json = writeEvent(eventType, objectId, occurredAt, properties);
  return { ...position, visibleAt: occurredAt + delayMs, eventType, objectType: 'CONTACT', json };
}

/** What HubSpot tells of a page view; all texts but the ids and the time are the same. */
function writeEvent(eventType: string, objectId: string, occurredAt: number, properties: string): string {
  const digits = String(occurredAt).slice(-12);
  const id = `leviathan-6b1f0c9e-5f1d-4b7a-9c3e-${digits}-${occurredAt}`;
  const at = new Date(occurredAt).toISOString();
  return `{"objectType":"CONTACT","objectId":"${objectId}","eventType":"${eventType}","occurredAt":"${at}","id":"${id}","properties":${properties}}`;
}

const PROPERTIES = {
  hs_url: 'https://www.example.com/blog/lead-scoring',
  hs_url_domain: 'www.example.com',
  hs_url_path: '/blog/lead-scoring',
  hs_page_title: 'Example – blog/lead-scoring',
  hs_referrer: 'https://www.google.com/',
  hs_visitor_type: 'RETURNING',
  hs_browser: 'Chrome',
  hs_user_agent:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  hs_city: '大阪市',
  hs_country: 'japan',
  hs_country_code: 'jp',
  hs_language: 'jp-jp',
};

/** What an event is besides its properties. */
const ENVELOPE_BYTES = 250;

/** The properties as JSON; to come to the size, a long text is among them, as of a form's answers. */
function writeProperties(eventBytes: number): string {
  const json = JSON.stringify(PROPERTIES);
  const missing = eventBytes - ENVELOPE_BYTES - Buffer.byteLength(json);
  if (missing <= 0) return json;
  // No two lines alike: a text that gzip makes nothing of would cost the reader less than HubSpot's does.
  const lines = Array.from({ length: Math.ceil(missing / 16) }, (_, index) => hashLine(index));
  return JSON.stringify({ ...PROPERTIES, hs_message: lines.join('').slice(0, missing) });
}

function hashLine(index: number): string {
  return Math.imul(index + 1, 2_654_435_761)
    .toString(36)
    .padStart(15, '-')
    .concat(' ');
}
