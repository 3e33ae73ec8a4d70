/** The events endpoint: a query in, a page out. */
import type { ApiVersion, PortalBehaviour } from './behaviour.ts';
import { writeCursor } from './cursor.ts';
import type { EventHistory } from './event-log.ts';
import { type EventPage, readEventPage } from './event-page.ts';
import { type EventQuery, parseEventQuery, type QueryProblem } from './event-query.ts';
import { type Answer, JSON_TYPE } from './faults/error-answer.ts';
import { comparePositions, type Position } from './simulated-event.ts';

/** What the last pages held, for faults that show a page again; and how many pages had a next one. */
export interface PageTrail {
  /** The entries of the page that gave out a cursor, by that cursor, base64. */
  readonly pages: Map<string, readonly string[]>;
  /** The entries of the page that was served last, while there are faults. */
  lastPage: readonly string[];
  onward: number;
}

/** A fault shows the page before at most; readings side by side keep a few of them. */
const TRAIL_PAGES = 64;

export function createPageTrail(): PageTrail {
  return { pages: new Map(), lastPage: [], onward: 0 };
}

export interface EventsReading {
  readonly behaviour: PortalBehaviour;
  readonly histories: readonly EventHistory[];
  readonly trail: PageTrail;
  readonly origin: string;
  readonly url: URL;
  readonly version: ApiVersion;
  readonly now: number;
}

/** Gives the page, or why there is none. */
export function answerEvents(
  reading: EventsReading,
): { readonly kind: 'answer'; readonly answer: Answer } | QueryProblem {
  const { behaviour, trail, url, version, now } = reading;
  const parsed = parseEventQuery(url.searchParams, version, behaviour);
  if (parsed.kind !== 'query') return parsed;
  const refusal =
    parsed.query.eventType === null ? undefined : behaviour.typeRefusals[parsed.query.eventType];
  if (refusal !== undefined) return { kind: 'refusal', refusal };
  const { after } = parsed.query;
  const page = thinOut(readEventPage(reading.histories, parsed.query, now), after, behaviour, trail);
  const entries = page.events.map(({ json }) => json);
  if (behaviour.fault !== null) trail.lastPage = entries;
  if (page.next !== null && behaviour.fault !== null) remember(trail, page.next, entries);
  const body = `{"results":[${entries.join(',')}]${page.next === null ? '' : writePaging(reading, page.next)}}`;
  return { kind: 'answer', answer: { status: 200, headers: { 'content-type': JSON_TYPE }, body } };
}

/**
 * Empties a page now and then, or some in a row, each cursor standing a little nearer before the first event: nothing
 * is skipped. Never more in one place, whoever else reads in between: the cursor would be the one that was sent.
 */
function thinOut(
  page: EventPage,
  after: EventQuery['after'],
  { emptyPageEvery, emptyPagesInRow }: PortalBehaviour,
  trail: PageTrail,
): EventPage {
  const [first] = page.events;
  if (emptyPageEvery === 0 || page.next === null || first === undefined) return page;
  const left = emptyPagesLeft(first, after, emptyPagesInRow);
  if (left > 0) return { events: [], next: { ...first, hash: first.hash - left } };
  trail.onward += 1;
  if (left === 0 || trail.onward % Math.max(2, emptyPageEvery) !== 0) return page;
  return { events: [], next: { ...first, hash: first.hash - emptyPagesInRow } };
}

/** How many empty pages of a row are still to come before the event; -1 where the cursor is of none. */
function emptyPagesLeft(first: Position, after: EventQuery['after'], inRow: number): number {
  if (after === null || after === 'nowhere') return -1;
  const left = first.hash - after.hash - 1;
  const isOfRow = left < inRow && comparePositions({ ...after, hash: first.hash }, first) === 0;
  return isOfRow ? left : -1;
}

function writePaging({ behaviour, origin, url }: EventsReading, next: Position): string {
  const after = writeCursor(next, behaviour.percentEncodedCursors);
  const parameters = new URLSearchParams(url.searchParams);
  parameters.set('after', writeCursor(next, false));
  const link = `${behaviour.linkOrigin ?? origin}${url.pathname}?${parameters}`;
  return `,"paging":{"next":{"after":${JSON.stringify(after)},"link":${JSON.stringify(link)}}}`;
}

function remember(trail: PageTrail, next: Position, entries: readonly string[]): void {
  trail.pages.set(writeCursor(next, false), entries);
  for (const cursor of trail.pages.keys()) {
    if (trail.pages.size <= TRAIL_PAGES) return;
    trail.pages.delete(cursor);
  }
}
