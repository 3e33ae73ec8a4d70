/** Which events HubSpot has shown, and which of them are on the bus or in the dead letters. */
import { parseEntry } from '../../../functions/poller/core/event/event.ts';
import type { PlannedEvent } from '../schedule/event-plan.ts';
import type { RunFacts } from '../world/run-facts.ts';

export interface Unresolved {
  readonly occurredAt: number;
  readonly shownTo: Set<RunFacts>;
}

export interface Resolution {
  readonly planned: ReadonlyMap<string, PlannedEvent>;
  /** When each was first on the bus or in the dead letters. */
  readonly resolvedAt: Map<string, number>;
  /** What HubSpot showed and neither bus nor dead letters have yet: stream → key → whom it was shown. */
  readonly unresolved: Map<string, Map<string, Unresolved>>;
  /** The events that HubSpot shows no later than they occur, by stream, ascending. */
  readonly prompt: ReadonlyMap<string, PlannedEvent[]>;
}

export function createResolution(events: readonly PlannedEvent[]): Resolution {
  const prompt = events.filter(({ occurredAt, visibleAt }) => visibleAt <= occurredAt);
  return {
    planned: new Map(events.map((event) => [event.key, event])),
    resolvedAt: new Map(),
    unresolved: new Map(),
    prompt: Map.groupBy(
      prompt.toSorted((a, b) => a.occurredAt - b.occurredAt),
      ({ stream }) => stream,
    ),
  };
}

/** Takes note of a page that reached a run. */
export function noteShown(
  resolution: Resolution,
  run: RunFacts,
  stream: string,
  entries: readonly unknown[],
): void {
  const { planned, resolvedAt, unresolved } = resolution;
  for (const entry of entries) {
    const key = keyOf(stream, entry);
    if (resolvedAt.has(key)) continue;
    const event = planned.get(key);
    if (event === undefined) continue;
    const ofStream = unresolved.get(event.stream) ?? new Map<string, Unresolved>();
    unresolved.set(event.stream, ofStream);
    const known = ofStream.get(key) ?? { occurredAt: event.occurredAt, shownTo: new Set<RunFacts>() };
    known.shownTo.add(run);
    ofStream.set(key, known);
  }
}

export function noteResolved({ planned, resolvedAt, unresolved }: Resolution, key: string, at: number): void {
  if (!resolvedAt.has(key)) resolvedAt.set(key, at);
  unresolved.get(planned.get(key)?.stream ?? '')?.delete(key);
}

function keyOf(stream: string, entry: unknown): string {
  const parsed = parseEntry(entry);
  return parsed.kind === 'event' ? `${parsed.eventType}/${parsed.id}` : `${stream} ${JSON.stringify(entry)}`;
}

/** The first event from an instant on, up to another, that is not resolved and was shown as soon as it occurred. */
export function firstUnresolved(
  { prompt, resolvedAt }: Resolution,
  stream: string,
  from: number,
  to: number,
): PlannedEvent | undefined {
  const events = prompt.get(stream);
  if (events === undefined) return undefined;
  // What is resolved at the front is never looked at again.
  while (events[0] !== undefined && resolvedAt.has(events[0].key)) events.shift();
  for (const event of events) {
    if (event.occurredAt > to) return undefined;
    if (event.occurredAt >= from && !resolvedAt.has(event.key)) return event;
  }
  return undefined;
}
