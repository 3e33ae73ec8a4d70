import { hash } from 'node:crypto';
import { EVENT_SOURCE, type PassKind } from '../../contract.ts';
import type { Instant } from '../instant.ts';
import type { HubSpotEvent } from './event.ts';

/** An entry of PutEvents, but for the bus's name. */
export interface BusEntry {
  readonly source: string;
  readonly detailType: string;
  readonly time: Instant;
  readonly resources: readonly string[];
  readonly detail: string;
  /** Its share of a call's byte limit, as EventBridge counts (EventBridge user guide, 2026-11). */
  readonly bytes: number;
}

/** Where an event was read: what its metadata tells. */
export interface EventOrigin {
  readonly portal: string;
  readonly stream: string;
  readonly pass: PassKind;
}

/** EventBridge's limit for a detail-type, in characters (API reference of PutEventsRequestEntry, 2026-11). */
const DETAIL_TYPE_CHARACTERS = 128;

/** What EventBridge adds to an entry's size for its Time. */
const TIME_BYTES = 14;

/** The event as it goes on the bus: HubSpot's own fields, and `metadata`. */
export function toBusEntry(event: HubSpotEvent, origin: EventOrigin): BusEntry {
  const { portal, stream, pass } = origin;
  const idempotencyKey = `${portal}/${event.eventType}/${event.id}`;
  const metadata = { portal, stream, pass, idempotencyKey };
  const kept = 'metadata' in event.body ? { ...metadata, hubspot: event.body['metadata'] } : metadata;
  const detail = JSON.stringify({ ...event.body, metadata: kept });
  const detailType = toDetailType(event.eventType);
  const resource = `hubspot:${portal}:${event.objectType}/${event.objectId}`;
  return {
    source: EVENT_SOURCE,
    detailType,
    time: event.occurredAt,
    resources: [resource],
    detail,
    bytes:
      TIME_BYTES + utf8Bytes(EVENT_SOURCE) + utf8Bytes(detailType) + utf8Bytes(detail) + utf8Bytes(resource),
  };
}

/** The event type, or, where it is too long, its first 119 characters and a digest of the whole. */
export function toDetailType(eventType: string): string {
  if (eventType.length <= DETAIL_TYPE_CHARACTERS) return eventType;
  return `${eventType.slice(0, 119)}~${hash('sha256', eventType, 'hex').slice(0, 8)}`;
}

function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
