import { type Instant, toIso } from '../instant.ts';
import type { EventOrigin } from './bus-entry.ts';
import type { HubSpotEvent, PoisonEntry } from './event.ts';

/** An event given up on, with the reason and the whole text. The dead-letter queue's message body, as JSON. */
export interface DeadLetter {
  readonly reason: string;
  /** EventBridge's error code, or `NotAnEvent`. */
  readonly code: string;
  readonly portal: string;
  readonly stream: string;
  readonly pass: EventOrigin['pass'];
  readonly deadLetteredAt: string;
  readonly eventType: string | null;
  readonly id: string | null;
  /** What HubSpot sent, as JSON text. */
  readonly text: string;
}

export function letterForPoison(entry: PoisonEntry, origin: EventOrigin, now: Instant): DeadLetter {
  return {
    reason: `${entry.reason}.`,
    code: 'NotAnEvent',
    ...origin,
    deadLetteredAt: toIso(now),
    eventType: null,
    id: null,
    text: entry.text,
  };
}

export function letterForRefusal(
  event: HubSpotEvent,
  origin: EventOrigin,
  refusal: { readonly code: string; readonly message: string },
  now: Instant,
): DeadLetter {
  return {
    reason: `EventBridge refused the event for good: ${refusal.code}: ${refusal.message}`,
    code: refusal.code,
    ...origin,
    deadLetteredAt: toIso(now),
    eventType: event.eventType,
    id: event.id,
    text: JSON.stringify(event.body),
  };
}
