/** Events of three types, each at an instant of its own: so HubSpot's order among them is plain. */
import { makeEvents } from '../../end-to-end/rig.ts';

export const EVENTS = makeEvents(3_001).map((event, index) => ({
  ...event,
  occurredAt: Number(event.occurredAt) + index,
}));

/** Those of the type that is read. */
export const PAGES = EVENTS.filter(({ eventType }) => eventType === 'e_visited_page');
