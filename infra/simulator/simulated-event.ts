import { hashText } from './seeded-random.ts';

/** An event as a test hands it over. Instants are ISO 8601 texts or UNIX milliseconds. */
export interface SimulatedEvent {
  readonly eventType: string;
  readonly id: string;
  readonly occurredAt: string | number;
  /** When HubSpot first shows it; at once (`occurredAt`) where not given. */
  readonly visibleAt?: string | number;
  /** `CONTACT` where not given. */
  readonly objectType?: string;
  /** `1` where not given. */
  readonly objectId?: string;
  /** `{}` where not given; null leaves the field out of the answer. */
  readonly properties?: Readonly<Record<string, string>> | null;
  /**
   * The entry verbatim in place of the fields above, which then only say where it stands: for numbers as
   * ids, integers beyond 2^53, other spellings of the time, and for poison. Must be one JSON value.
   */
  readonly json?: string;
}

/** Where an entry stands in HubSpot's ascending order; a cursor names one. Instants in UNIX ms. */
export interface Position {
  readonly occurredAt: number;
  readonly objectTypeId: string;
  readonly objectId: string;
  readonly eventTypeId: string;
  readonly hash: number;
}

/** An entry in its place, with the text that answers hold. */
export interface PlacedEvent extends Position {
  readonly visibleAt: number;
  readonly eventType: string;
  readonly objectType: string;
  readonly json: string;
}

const OBJECT_TYPE_IDS: ReadonlyMap<string, string> = new Map([
  ['CONTACT', '0-1'],
  ['COMPANY', '0-2'],
  ['DEAL', '0-3'],
  ['TICKET', '0-5'],
]);

/** Gives HubSpot's id of an object type: `0-1` for contacts, `2-…` for custom objects. */
export function objectTypeIdOf(objectType: string): string {
  return OBJECT_TYPE_IDS.get(objectType) ?? `2-${hashText(objectType) % 100_000_000}`;
}

/** Gives an id as HubSpot's: `4-…` for its own and apps' event types, `6-…` for custom ones. */
export function eventTypeIdOf(eventType: string): string {
  return `${eventType.startsWith('pe') ? 6 : 4}-${hashText(eventType) % 10_000_000}`;
}

/**
 * Gives the hash that tells apart what shares a millisecond and an object: of 14, 15 or 16 digits, so that
 * cursors have every length, and with it every padding.
 */
export function hashPosition(text: string): number {
  const hash = hashText(text);
  return hash % 10 ** (14 + (hash % 3));
}

/** Gives the event in its place. @throws where an instant can't be read or `json` is no JSON. */
export function placeEvent(event: SimulatedEvent): PlacedEvent {
  const objectType = event.objectType ?? 'CONTACT';
  const objectId = event.objectId ?? '1';
  const occurredAt = toInstant(event.occurredAt);
  const json = event.json ?? writeEvent(event, objectType, objectId, occurredAt);
  JSON.parse(json);
  return {
    occurredAt,
    visibleAt: event.visibleAt === undefined ? occurredAt : toInstant(event.visibleAt),
    eventType: event.eventType,
    eventTypeId: eventTypeIdOf(event.eventType),
    objectType,
    objectTypeId: objectTypeIdOf(objectType),
    objectId,
    // Of the whole text: poison may have no id, and two of them in one place must not become one.
    hash: hashPosition(`${event.eventType} ${event.id} ${json}`),
    json,
  };
}

function writeEvent(event: SimulatedEvent, objectType: string, objectId: string, occurredAt: number): string {
  const { eventType, id } = event;
  const properties = event.properties === undefined ? {} : event.properties;
  const written =
    typeof event.occurredAt === 'string' ? event.occurredAt : new Date(occurredAt).toISOString();
  const fields = { objectType, objectId, eventType, occurredAt: written, id };
  return JSON.stringify(properties === null ? fields : { ...fields, properties });
}

function toInstant(value: string | number): number {
  const instant = typeof value === 'number' ? value : Date.parse(value);
  if (!Number.isFinite(instant)) {
    throw new Error(`Placing a simulated event: its instants must be readable; found ${value}`);
  }
  return Math.floor(instant);
}

/** Orders as HubSpot answers: by time, and within a millisecond by what else the cursor holds. */
export function comparePositions(one: Position, other: Position): number {
  return (
    one.occurredAt - other.occurredAt ||
    compareTexts(one.objectTypeId, other.objectTypeId) ||
    compareTexts(one.objectId, other.objectId) ||
    compareTexts(one.eventTypeId, other.eventTypeId) ||
    one.hash - other.hash
  );
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
