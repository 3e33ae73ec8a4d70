/** Which events HubSpot has shown, and which of them are on the bus or in the dead letters. */
import { parseEntry } from '../../functions/poller/core/event.ts';
import { isJsonObject } from '../../functions/poller/core/json.ts';
import type { PlannedEvent } from './event-plan.ts';
import type { RunFacts, World } from './world.ts';

/** Takes note of a page that reached a run. */
export function noteShown(world: World, run: RunFacts, body: string): void {
  for (const key of keysOf(body)) {
    const planned = plannedByKey(world).get(key);
    if (planned === undefined || world.resolved.has(key)) continue;
    const { stream, occurredAt } = planned;
    const known = world.unresolved.get(key) ?? { stream, occurredAt, shownTo: new Set<RunFacts>() };
    known.shownTo.add(run);
    world.unresolved.set(key, known);
  }
}

export function noteResolved(world: World, key: string): void {
  world.resolved.add(key);
  world.unresolved.delete(key);
}

const plans = new WeakMap<World, ReadonlyMap<string, PlannedEvent>>();

export function plannedByKey(world: World): ReadonlyMap<string, PlannedEvent> {
  const known = plans.get(world);
  if (known !== undefined) return known;
  const made = new Map(world.schedule.events.map((event) => [event.key, event]));
  plans.set(world, made);
  return made;
}

function keysOf(body: string): string[] {
  let page: unknown;
  try {
    page = JSON.parse(body);
  } catch {
    // A fault's answer: it shows nothing.
    return [];
  }
  const results = isJsonObject(page) ? page['results'] : undefined;
  if (!Array.isArray(results)) return [];
  return results.map((entry: unknown) => {
    const parsed = parseEntry(entry);
    return parsed.kind === 'event' ? `${parsed.eventType}/${parsed.id}` : JSON.stringify(entry);
  });
}
