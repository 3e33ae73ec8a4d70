/** What the simulated HubSpot has shown, from its own log: each event once, when it becomes visible. */
import type { EventHistory } from '../../../simulator/event-log.ts';
import type { PlacedEvent } from '../../../simulator/simulated-event.ts';
import { keyOf } from './key.ts';

/** An event that HubSpot shows. Instants in UNIX ms. */
export interface Showing {
  readonly key: number;
  readonly portal: string;
  readonly eventType: string;
  readonly occurredAt: number;
  readonly visibleAt: number;
}

export interface ShowingPortal {
  readonly name: string;
  /** What happens by itself. */
  readonly history: EventHistory;
  /** What was added, in that order. */
  readonly additions: readonly PlacedEvent[];
}

export interface Showings {
  /** Gives what has become visible since it was last asked. */
  readonly advance: (now: number) => Showing[];
}

/** @param from what occurred before is not asked for by anybody */
export function createShowings(portals: readonly ShowingPortal[], from: number): Showings {
  const sources = portals.map((portal) => createSource(portal, from));
  return { advance: (now) => sources.flatMap((advance) => advance(now)) };
}

function createSource({ name, history, additions }: ShowingPortal, from: number) {
  let scannedTo = from - 1;
  let added = 0;
  let hidden: Showing[] = [];

  return (now: number): Showing[] => {
    const found: PlacedEvent[] = additions.slice(added).filter(({ occurredAt }) => occurredAt >= from);
    added = additions.length;
    if (now > scannedTo) {
      for (const eventType of history.eventTypes())
        found.push(...history.scan(eventType, scannedTo + 1, now));
      scannedTo = now;
    }
    const all = [...hidden, ...found.map((event) => showingOf(name, event))];
    hidden = all.filter(({ visibleAt }) => visibleAt > now);
    return all.filter(({ visibleAt }) => visibleAt <= now);
  };
}

function showingOf(portal: string, { eventType, occurredAt, visibleAt, json }: PlacedEvent): Showing {
  return { key: keyOf(portal, json), portal, eventType, occurredAt, visibleAt };
}
