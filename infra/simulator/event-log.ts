/** Events that tests hand over, kept by type in HubSpot's order. */
import { comparePositions, type PlacedEvent, placeEvent, type SimulatedEvent } from './simulated-event.ts';

/** What a portal's pages are cut from. Instants in UNIX ms, both ends of a range within it. */
export interface EventHistory {
  /** True where it goes on for ever, beyond now: a scan then needs an end. */
  readonly endless: boolean;
  /** The types that have or may get events. */
  eventTypes(): readonly string[];
  /** Gives a type's events of a range in ascending order, visible or not. */
  scan(eventType: string, from: number, to: number): Iterable<PlacedEvent>;
}

export interface EventLog extends EventHistory {
  /** Every event in the order in which it was added: what was added later stands behind. */
  readonly additions: readonly PlacedEvent[];
  add(events: Iterable<SimulatedEvent>): void;
}

/** Gives an empty log. Adding many at once is cheap: they are sorted when first read. */
export function createEventLog(): EventLog {
  const ordered = new Map<string, PlacedEvent[]>();
  const additions: PlacedEvent[] = [];
  const unsorted = new Set<string>();

  function eventsOf(eventType: string): readonly PlacedEvent[] {
    const events = ordered.get(eventType) ?? [];
    if (unsorted.delete(eventType)) events.sort(comparePositions);
    return events;
  }

  return {
    endless: false,
    additions,
    eventTypes: () => [...ordered.keys()],
    add(events) {
      for (const event of events) {
        const placed = placeEvent(event);
        additions.push(placed);
        const ofType = ordered.get(placed.eventType);
        if (ofType === undefined) ordered.set(placed.eventType, [placed]);
        else ofType.push(placed);
        unsorted.add(placed.eventType);
      }
    },
    *scan(eventType, from, to) {
      const events = eventsOf(eventType);
      for (let i = findFirstFrom(events, from); i < events.length; i++) {
        const event = events[i];
        if (event === undefined || event.occurredAt > to) return;
        yield event;
      }
    },
  };
}

/** Gives the index of the first event at `from` or later, by halving. */
export function findFirstFrom(events: readonly PlacedEvent[], from: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((events[middle]?.occurredAt ?? Number.POSITIVE_INFINITY) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
