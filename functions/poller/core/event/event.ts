import { type Instant, parseInstant } from '../instant.ts';
import { isJsonObject, type JsonObject, readText } from './json.ts';
import { UnparsedText } from './json-text.ts';

/** An event of HubSpot: what the poller reads of it, and the whole of it. */
export interface HubSpotEvent {
  readonly kind: 'event';
  readonly id: string;
  readonly eventType: string;
  readonly occurredAt: Instant;
  /** Empty where HubSpot sent none. */
  readonly objectType: string;
  readonly objectId: string;
  readonly body: JsonObject;
}

/** An entry of a page that is no event: it can't be published, and must not be lost. */
export interface PoisonEntry {
  readonly kind: 'poison';
  readonly reason: string;
  readonly text: string;
  readonly occurredAt: Instant | undefined;
}

export type PageEntry = HubSpotEvent | PoisonEntry;

const AN_ENTRY = "An entry of HubSpot's page";

/** What an entry of a page is. Total: anything that is no event is poison, with the reason. */
export function parseEntry(entry: unknown): PageEntry {
  if (entry instanceof UnparsedText)
    return { kind: 'poison', reason: `${AN_ENTRY} has a key twice`, text: entry.text, occurredAt: undefined };
  if (!isJsonObject(entry)) return poison(entry, 'is not an object', undefined);
  const { id, eventType, occurredAt, objectType, objectId } = entry;
  const at = parseInstant(occurredAt);
  const idText = readText(id);
  if (idText === undefined) return poison(entry, 'has no id', at);
  if (typeof eventType !== 'string' || eventType === '') return poison(entry, 'has no eventType', at);
  if (at === undefined) return poison(entry, 'has no readable occurredAt', undefined);
  return {
    kind: 'event',
    id: idText,
    eventType,
    occurredAt: at,
    objectType: readText(objectType) ?? '',
    objectId: readText(objectId) ?? '',
    body: entry,
  };
}

/** The earliest time of some entries; undefined also where one has none: nothing is known to lie before it. */
export function earliestOf(entries: readonly PageEntry[]): Instant | undefined {
  const instants = entries.flatMap(({ occurredAt }) => occurredAt ?? []);
  if (instants.length < entries.length) return undefined;
  return instants.length === 0 ? undefined : instants.reduce((least, instant) => Math.min(least, instant));
}

function poison(entry: unknown, what: string, occurredAt: Instant | undefined): PoisonEntry {
  return {
    kind: 'poison',
    reason: `${AN_ENTRY} ${what}`,
    text: JSON.stringify(entry),
    occurredAt,
  };
}
