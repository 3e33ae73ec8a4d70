/** Builders of HubSpot's events for tests. */
import type { ShownEntry } from './fake-source.ts';
import { STREAM } from './rig.ts';

/** An event of the stream, shown as soon as it occurred. */
export function eventAt(occurredAt: number, id: string, more: Partial<ShownEntry> = {}): ShownEntry {
  const { stream = STREAM, visibleAt = occurredAt } = more;
  const entry = {
    id,
    eventType: stream,
    objectType: 'CONTACT',
    objectId: '51',
    occurredAt: new Date(occurredAt).toISOString(),
    properties: { hs_url: 'https://example.com/' },
  };
  return { stream, occurredAt, visibleAt, entry, ...more };
}

/** So many events of the stream, `apartMs` apart from each other, the last one at `lastAt`. */
export function eventsUpTo(lastAt: number, amount: number, apartMs = 10, prefix = 'event'): ShownEntry[] {
  return Array.from({ length: amount }, (_, index) =>
    eventAt(lastAt - (amount - 1 - index) * apartMs, `${prefix}-${String(index).padStart(5, '0')}`),
  );
}

/** An entry that is no event, in the place of one. */
export function poisonAt(occurredAt: number, entry: unknown): ShownEntry {
  return { stream: STREAM, occurredAt, visibleAt: occurredAt, entry };
}
