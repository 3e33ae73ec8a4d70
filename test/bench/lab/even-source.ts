/**
 * A backlog as a source of pages without JSON: for a day of ten million events, whose pages would take longer to write
 * than to read. Latency and the rate limit are HubSpot's, in virtual time.
 */
import { outOfTime } from '../../../functions/poller/errors.ts';
import type { EventSource } from '../../../functions/poller/ports.ts';
import type { VirtualTime } from '../../support/virtual-time.ts';

/** A type whose events are so far apart; 1 ms or more. */
export interface EvenType {
  readonly eventType: string;
  readonly everyMs: number;
}

export interface EvenSourceOptions {
  readonly types: readonly EvenType[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly delayMs: number;
  readonly latencyMs: number;
  readonly maxRequestsPer10Seconds: number;
}

const WINDOW_MS = 10_000;

/** What a page takes for each of its events, as JSON. */
const ENTRY_BYTES = 200;

export interface EvenSource {
  readonly create: (time: VirtualTime) => EventSource;
  readonly requests: () => number;
}

export function createEvenSource(options: EvenSourceOptions): EvenSource {
  const { types, startsAt, endsAt, delayMs, latencyMs, maxRequestsPer10Seconds } = options;
  const sentAt: number[] = [];
  const intervals = new Map(types.map(({ eventType, everyMs }) => [eventType, everyMs]));
  let requests = 0;
  return {
    requests: () => requests,
    create: (time) => ({
      authorize: async () => undefined,
      listEventTypes: async () => types.map(({ eventType }) => eventType),
      readPage: async ({ query, from, to, cursor, limit }, until) => {
        // The request that stands so many before this one must have left HubSpot's ten seconds.
        const slotAt = (sentAt[requests - maxRequestsPer10Seconds] ?? Number.NEGATIVE_INFINITY) + WINDOW_MS;
        if (slotAt >= until) throw outOfTime('Reading a page');
        sentAt[requests] = Math.max(time.now(), slotAt);
        requests += 1;
        if (slotAt > time.now()) await time.sleep(slotAt - time.now());
        await time.sleep(latencyMs / 2);
        const eventType = query.eventType ?? '';
        const everyMs = intervals.get(eventType) ?? Number.POSITIVE_INFINITY;
        const visibleTo = Math.min(to, endsAt - 1, time.now() - delayMs);
        const first =
          cursor === undefined ? Math.max(0, Math.ceil((from - startsAt) / everyMs)) : Number(cursor);
        const entries: object[] = [];
        let index = first;
        for (; entries.length < limit; index += 1) {
          const occurredAt = Math.floor(startsAt + index * everyMs);
          if (!(occurredAt <= visibleTo)) break;
          entries.push(eventOf(eventType, index, occurredAt));
        }
        const hasMore = Math.floor(startsAt + index * everyMs) <= visibleTo;
        await time.sleep(latencyMs / 2);
        return {
          entries,
          cursor: hasMore ? String(index) : undefined,
          limit,
          reduced: undefined,
          bytes: ENTRY_BYTES * entries.length,
          tookMs: latencyMs,
        };
      },
    }),
  };
}

/** The event as a page holds it; small, since its bytes are not what is measured. */
export function eventOf(eventType: string, index: number, occurredAt: number): object {
  return {
    id: `leviathan-${index}`,
    eventType,
    objectType: 'CONTACT',
    objectId: '51',
    occurredAt: new Date(occurredAt).toISOString(),
    properties: { hs_url: 'https://www.example.com/' },
  };
}
