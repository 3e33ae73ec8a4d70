/** One page of events: cut from the histories by a query, at an instant. */
import { emailOf } from './event-kind.ts';
import type { EventHistory } from './event-log.ts';
import type { ContentFilter, EventQuery, ObjectFilter } from './event-query.ts';
import { comparePositions, type PlacedEvent, type Position } from './simulated-event.ts';

export interface EventPage {
  readonly events: readonly PlacedEvent[];
  /** The position after which the next page starts; null on the last page. */
  readonly next: Position | null;
}

const EMPTY: EventPage = { events: [], next: null };

/**
 * Gives the page that the query finds at `now`. It holds only what is visible by then, so what becomes
 * visible later behind the page's end is never found by going on from there.
 */
export function readEventPage(histories: readonly EventHistory[], query: EventQuery, now: number): EventPage {
  if (query.after === 'nowhere') return EMPTY;
  const matching = findMatching(histories, query, query.after, now);
  const events: PlacedEvent[] = [];
  // Backwards pages with a forward cursor: what made a public connector give `sort` up.
  for (const event of query.descending ? [...matching].reverse() : matching) {
    if (events.length === query.limit) return { events, next: events.at(-1) ?? null };
    events.push(event);
  }
  return { events, next: null };
}

function* findMatching(
  histories: readonly EventHistory[],
  query: EventQuery,
  after: Position | null,
  now: number,
): Generator<PlacedEvent> {
  const from = Math.max(query.from, after?.occurredAt ?? 0);
  const scans = histories.flatMap((history) =>
    history
      .eventTypes()
      .filter((eventType) => query.eventType === null || query.eventType === eventType)
      .map((eventType) => history.scan(eventType, from, Math.min(query.to, horizon(history, now)))),
  );
  for (const event of mergeAscending(scans)) {
    if (event.visibleAt > now) continue;
    if (after !== null && comparePositions(event, after) <= 0) continue;
    if (query.object !== null && !isOf(event, query.object)) continue;
    if (query.content !== null && !holds(event, query.content)) continue;
    yield event;
  }
}

/** A generated history never ends; beyond now it holds nothing visible. */
function horizon(history: EventHistory, now: number): number {
  return history.endless ? now : Number.POSITIVE_INFINITY;
}

function isOf(event: PlacedEvent, { objectType, objectId, property }: ObjectFilter): boolean {
  if (event.objectTypeId !== objectType && event.objectType !== objectType.toUpperCase()) return false;
  if (objectId !== null && event.objectId !== objectId) return false;
  if (property === null) return true;
  return property.name === 'email' && property.value.toLowerCase() === emailOf(event.objectId);
}

function holds({ json }: PlacedEvent, { ids, properties }: ContentFilter): boolean {
  const written: unknown = JSON.parse(json);
  const id = read(written, 'id');
  const own = read(written, 'properties');
  return (
    (ids.length === 0 || ids.some((each) => each === String(id))) &&
    properties.every(([name, value]) => read(own, name) === value)
  );
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function mergeAscending(scans: readonly Iterable<PlacedEvent>[]): Iterable<PlacedEvent> {
  const [only] = scans;
  return scans.length === 1 && only !== undefined ? only : mergeSeveral(scans);
}

function* mergeSeveral(scans: readonly Iterable<PlacedEvent>[]): Generator<PlacedEvent> {
  const heads = scans.map((scan) => scan[Symbol.iterator]()).map((rest) => ({ rest, head: rest.next() }));
  for (;;) {
    let first: { index: number; event: PlacedEvent } | undefined;
    for (const [index, { head }] of heads.entries()) {
      if (head.done === true) continue;
      if (first === undefined || comparePositions(head.value, first.event) < 0)
        first = { index, event: head.value };
    }
    if (first === undefined) return;
    yield first.event;
    const taken = heads[first.index];
    if (taken !== undefined) taken.head = taken.rest.next();
  }
}
