/** A request's parameters, as the events endpoint understands them. */
import type { ApiVersion, PortalBehaviour, Refusal } from './behaviour.ts';
import { readCursor } from './cursor.ts';
import type { Position } from './simulated-event.ts';

export interface EventQuery {
  readonly eventType: string | null;
  readonly object: ObjectFilter | null;
  /** What the event itself must hold; null where nothing of it is asked for. */
  readonly content: ContentFilter | null;
  /** UNIX ms, both within the range. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly descending: boolean;
  /** Where the page starts; `'nowhere'` where the cursor was encoded twice: HubSpot then finds nothing. */
  readonly after: Position | 'nowhere' | null;
}

export interface ObjectFilter {
  /** `contact` or `0-1`. */
  readonly objectType: string;
  readonly objectId: string | null;
  readonly property: { readonly name: string; readonly value: string } | null;
}

export interface ContentFilter {
  /** One of these ids; any where there is none. */
  readonly ids: readonly string[];
  /** Every one of these properties. */
  readonly properties: readonly (readonly [name: string, value: string])[];
}

/** Why a query is not answered: a mistake in a parameter, or a refusal. */
export type QueryProblem =
  | { readonly kind: 'mistake'; readonly where: string; readonly message: string }
  | { readonly kind: 'refusal'; readonly refusal: Refusal };

export type ParsedQuery = { readonly kind: 'query'; readonly query: EventQuery } | QueryProblem;

const DEFAULT_LIMIT = 20;
const LATEST = 8_640_000_000_000_000;
const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

/** Gives the query, or what is wrong with it. */
export function parseEventQuery(
  parameters: URLSearchParams,
  version: ApiVersion,
  behaviour: PortalBehaviour,
): ParsedQuery {
  try {
    const query = readQuery(parameters, behaviour);
    const byObject = query.object !== null && query.eventType === null;
    // Observed on 2026-03 (airbytehq/airbyte, pull request 80806); v3 answers the same query.
    if (byObject && version === '2026-03') return { kind: 'refusal', refusal: 'storage-locations' };
    return { kind: 'query', query };
  } catch (error) {
    if (error instanceof ParameterMistake)
      return { kind: 'mistake', where: error.where, message: error.message };
    throw error;
  }
}

class ParameterMistake extends Error {
  readonly where: string;
  constructor(where: string, message: string) {
    super(message);
    this.where = where;
  }
}

function readQuery(parameters: URLSearchParams, behaviour: PortalBehaviour): EventQuery {
  const eventType = parameters.get('eventType');
  const object = readObject(parameters, eventType, behaviour);
  const after = readInstant(parameters, 'occurredAfter');
  const before = readInstant(parameters, 'occurredBefore');
  return {
    eventType,
    object,
    content: readContent(parameters),
    from: after === null ? 0 : after + (behaviour.occurredAfter === 'inclusive' ? 0 : 1),
    to: before === null ? LATEST : before - (behaviour.occurredBefore === 'inclusive' ? 0 : 1),
    limit: readLimit(parameters, behaviour),
    descending: readDescending(parameters, behaviour),
    after: readAfter(parameters),
  };
}

/** Filters that the events endpoint's guide does not mention, but HubSpot's own clients send (2026-11). */
function readContent(parameters: URLSearchParams): ContentFilter | null {
  const ids = parameters.getAll('id');
  const properties = [...parameters]
    .filter(([name]) => name.startsWith('property.'))
    .map(([name, value]) => [name.slice('property.'.length), value] as const);
  return ids.length === 0 && properties.length === 0 ? null : { ids, properties };
}

function readObject(
  parameters: URLSearchParams,
  eventType: string | null,
  behaviour: PortalBehaviour,
): ObjectFilter | null {
  const objectType = parameters.get('objectType');
  const objectId = parameters.get('objectId');
  const [property] = [...parameters]
    .filter(([name]) => name.startsWith('objectProperty.'))
    .map(([name, value]) => ({ name: name.slice('objectProperty.'.length), value }));
  if (objectType === null) {
    if (objectId !== null) throw new ParameterMistake('objectType', 'objectType is required with objectId');
    if (property !== undefined)
      throw new ParameterMistake('objectType', 'objectType is required with objectProperty');
  }
  if (objectId !== null && !/^\d{1,19}$/.test(objectId)) {
    throw new ParameterMistake('objectId', `objectId must be a long; found ${objectId}`);
  }
  const one = objectId !== null || property !== undefined;
  if (!one && eventType === null && behaviour.wholePortalQuery === 'refuse') {
    throw new ParameterMistake(
      'eventType',
      'an eventType, or an objectType with objectId or objectProperty, is required',
    );
  }
  return objectType === null ? null : { objectType, objectId, property: property ?? null };
}

function readInstant(parameters: URLSearchParams, name: string): number | null {
  const value = parameters.get(name);
  if (value === null) return null;
  const instant = /^\d{1,15}$/.test(value)
    ? Number(value)
    : ISO_INSTANT.test(value)
      ? Date.parse(value)
      : Number.NaN;
  if (Number.isNaN(instant)) {
    throw new ParameterMistake(name, `${name} must be ISO 8601 or UNIX milliseconds; found ${value}`);
  }
  return instant;
}

function readLimit(parameters: URLSearchParams, { mostPerPage, aboveMostPerPage }: PortalBehaviour): number {
  const value = parameters.get('limit');
  if (value === null) return Math.min(DEFAULT_LIMIT, mostPerPage);
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new ParameterMistake('limit', `limit must be a positive integer; found ${value}`);
  }
  const limit = Number(value);
  if (limit > mostPerPage && aboveMostPerPage === 'refuse') {
    throw new ParameterMistake('limit', `limit must be at most ${mostPerPage}; found ${value}`);
  }
  return Math.min(limit, mostPerPage);
}

function readDescending(parameters: URLSearchParams, { sort }: PortalBehaviour): boolean {
  const value = parameters.get('sort');
  if (value === null || value === 'occurredAt') return false;
  if (value !== '-occurredAt' || sort === 'refuse')
    throw new ParameterMistake('sort', `sort can't be ${value}`);
  return true;
}

function readAfter(parameters: URLSearchParams): Position | 'nowhere' | null {
  const value = parameters.get('after');
  if (value === null || value === '') return null;
  const cursor = readCursor(value);
  if (cursor === undefined) throw new ParameterMistake('after', 'after is not a valid cursor');
  return cursor === 'still-encoded' ? 'nowhere' : cursor;
}
