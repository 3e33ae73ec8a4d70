import { toBusEntry } from '../../functions/poller/core/event/bus-entry.ts';
import { parseEntry } from '../../functions/poller/core/event/event.ts';
import { parseJson } from '../../functions/poller/core/event/json.ts';
import { toEnvelope } from '../../infra/local/aws/event-bus.ts';

/** An entry of HubSpot's page as a rule's target gets it, by way of the poller and the bus. */
export function deliveredFrom(entry: object | string, portal = 'main'): object {
  const parsed = parseEntry(parseJson(typeof entry === 'string' ? entry : JSON.stringify(entry)));
  if (parsed.kind === 'poison')
    throw new Error(`Delivering an event: it must be one, found ${parsed.reason}`);
  const { source, detailType, detail, time, resources } = toBusEntry(parsed, {
    portal,
    stream: parsed.eventType,
    pass: 'live',
  });
  const event = { id: 'e1', busName: 'hubspot-events', source, detailType, detail, resources };
  return toEnvelope({ ...event, time: new Date(time) }, 'us-east-1', '000000000000');
}

export const PAGE_VIEW = {
  id: '7f1c',
  eventType: 'e_visited_page',
  occurredAt: '2026-11-10T12:00:00.123Z',
  objectType: 'CONTACT',
  objectId: '151',
  properties: { hs_url_path: '/pricing', hs_city: 'Lyon' },
  added: { later: true },
};
