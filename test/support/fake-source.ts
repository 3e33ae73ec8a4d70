import type { PageAnswer, PageQuery } from '../../functions/poller/core/reading/paging.ts';
import type { EventSource } from '../../functions/poller/ports.ts';
import type { Gate } from './gate.ts';

/** An entry of HubSpot's with its place in the order, and when HubSpot shows it. */
export interface ShownEntry {
  readonly stream: string;
  readonly occurredAt: number;
  readonly visibleAt: number;
  readonly entry: unknown;
}

/** HubSpot as the port promises it: windows with both ends in them, ascending, a cursor that names a position. */
export interface FakeSource extends EventSource {
  add(...entries: readonly ShownEntry[]): void;
  /** What the event-types endpoint lists. */
  eventTypes: readonly string[];
  mostPerPage: number;
  /** Bends answers: a test's own HubSpot. */
  bend: (answer: PageAnswer, query: PageQuery) => PageAnswer;
  readonly queries: readonly PageQuery[];
}

export function createFakeSource(gate: Gate, now: () => number): FakeSource {
  const shown: { readonly entry: ShownEntry; readonly position: string }[] = [];
  const queries: PageQuery[] = [];

  function readPage(query: PageQuery): PageAnswer {
    const limit = Math.min(query.limit, source.mostPerPage);
    const matching = shown
      .filter(({ entry }) => entry.stream === nameOf(query) && entry.visibleAt <= now())
      .filter(({ entry }) => entry.occurredAt >= query.from && entry.occurredAt <= query.to)
      .filter(({ position }) => query.cursor === undefined || position > query.cursor)
      .sort((a, b) => (a.position < b.position ? -1 : 1));
    const page = matching.slice(0, limit);
    return {
      entries: page.map(({ entry }) => entry.entry),
      cursor: matching.length > limit ? page.at(-1)?.position : undefined,
      limit: query.limit,
      reduced: undefined,
      bytes: 300 * page.length,
      tookMs: 0,
    };
  }

  const source: FakeSource = {
    eventTypes: [],
    mostPerPage: 1_000,
    bend: (answer) => answer,
    queries,
    add(...entries) {
      for (const entry of entries) shown.push({ entry, position: positionOf(entry, shown.length) });
    },
    authorize: () => gate('authorize', () => undefined),
    listEventTypes: () => gate('listEventTypes', () => source.eventTypes),
    readPage: (query) =>
      gate('readPage', () => {
        queries.push(query);
        return source.bend(readPage(query), query);
      }),
  };
  return source;
}

function nameOf({ query }: PageQuery): string {
  return query.eventType ?? query.objectId ?? '';
}

function positionOf({ occurredAt }: ShownEntry, index: number): string {
  return `${String(occurredAt).padStart(15, '0')}|${String(index).padStart(8, '0')}`;
}
