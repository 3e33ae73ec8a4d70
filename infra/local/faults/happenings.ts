/** Events that HubSpot shows at an inconvenient time or in an inconvenient form. */
import { SIMULATED_PORTAL_ID } from '../../simulator/generated-history.ts';
import type { SimulatedEvent } from '../../simulator/simulated-event.ts';
import { BURST_EVENTS, DAY_EVENTS } from './catalogue.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LARGE_CHARACTERS = 300 * 1024;
const BURST_MS = 5_000;
/** HubSpot shows at once what somebody adds here. */
const TYPE = 'e_visited_page';

/** An event that happened so long ago and shows only now; `n` makes its id one of its own. */
export function lateEvent(now: number, lateMinutes: number, n: string): SimulatedEvent {
  const occurredAt = now - lateMinutes * MINUTE_MS;
  const properties = { hs_url: 'https://www.example.com/late', shown: `${lateMinutes} minutes late` };
  return { eventType: TYPE, id: `late-${lateMinutes}-${n}`, occurredAt, visibleAt: now, properties };
}

/** An entry that no event can be: it has no id, no type and no time. */
export function noEvent(now: number, n: string): SimulatedEvent {
  const json = JSON.stringify({ note: 'this is no event', n, markup: '<script>alert(1)</script>' });
  return { eventType: TYPE, id: `none-${n}`, occurredAt: now, visibleAt: now, json };
}

/** An event of 300 KB, whose properties hold what a browser must never run. */
export function largeEvent(now: number, n: string): SimulatedEvent {
  const properties = {
    hs_page_title: '<img src=x onerror="alert(1)"><script>alert(1)</script>',
    text: 'All of it arrives. '.repeat(Math.ceil(LARGE_CHARACTERS / 19)).slice(0, LARGE_CHARACTERS),
  };
  return { eventType: TYPE, id: `large-${n}`, occurredAt: now, visibleAt: now, properties };
}

export function burst(now: number, n: string): SimulatedEvent[] {
  return Array.from({ length: BURST_EVENTS }, (_, index) => ({
    eventType: TYPE,
    id: `burst-${n}-${index}`,
    occurredAt: now - BURST_MS + Math.floor((index * BURST_MS) / BURST_EVENTS),
    visibleAt: now,
    objectId: String(1_000 + (index % 500)),
    properties: { hs_url: 'https://www.example.com/launch' },
  }));
}

/** Events of a type that the portal did not list before. */
export function newType(now: number, n: string): SimulatedEvent[] {
  return Array.from({ length: 12 }, (_, index) => ({
    eventType: `pe${SIMULATED_PORTAL_ID}_feature_${n}`,
    id: `feature-${n}-${index}`,
    occurredAt: now - index * 1_000,
    visibleAt: now,
    properties: { feature: n },
  }));
}

/** What happened in the day that the poller was off, over the portal's event types. */
export function dayOffline(now: number, n: string, eventTypes: readonly string[]): SimulatedEvent[] {
  return Array.from({ length: DAY_EVENTS }, (_, index) => ({
    eventType: eventTypes[index % eventTypes.length] ?? TYPE,
    id: `offline-${n}-${index}`,
    occurredAt: now - DAY_MS + MINUTE_MS + Math.floor((index * (DAY_MS - 10 * MINUTE_MS)) / DAY_EVENTS),
    visibleAt: now,
    objectId: String(1_000 + (index % 500)),
    properties: { hs_url: 'https://www.example.com/while-you-were-out' },
  }));
}
