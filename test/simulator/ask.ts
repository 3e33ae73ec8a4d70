/** Requests to the simulated portal without sockets. */
import { z } from 'zod';
import { answerHubSpot, type PortalState } from '../../infra/simulator/answer.ts';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import type { SimulatedEvent } from '../../infra/simulator/simulated-event.ts';

export const EVENTS = '/events/v3/events';
/** A Tuesday morning. */
export const NOW = Date.UTC(2026, 10, 10, 9);

const pageSchema = z.object({
  results: z.array(z.object({ id: z.string(), eventType: z.string(), occurredAt: z.string() })),
  paging: z.object({ next: z.object({ after: z.string(), link: z.string() }) }).optional(),
});
/** Gives the page that a body holds. @throws where it holds none. */
export function readPage(text: string): Page {
  return pageSchema.parse(JSON.parse(text));
}

export type Page = z.output<typeof pageSchema>;

export interface Asked {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Gives the answer to a GET; the token is the one that a portal accepts by default. */
export function ask(state: PortalState, url: string, now = NOW, token = SIMULATED_TOKEN): Asked {
  const { status, headers, body } = answerHubSpot(
    state,
    { method: 'GET', url, authorization: `Bearer ${token}` },
    now,
  );
  return { status, headers, body: JSON.parse(body) };
}

/** Gives the answer's text. */
export function askText(state: PortalState, url: string, now = NOW): string {
  return answerHubSpot(state, { method: 'GET', url, authorization: `Bearer ${SIMULATED_TOKEN}` }, now).body;
}

/** Gives the page of a query of `eventType` `e_a`. @throws where the answer is none. */
export function askPage(
  state: PortalState,
  query: Readonly<Record<string, string | number>>,
  now = NOW,
): Page {
  const parameters = new URLSearchParams({ eventType: 'e_a' });
  for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
  return readPage(askText(state, `${EVENTS}?${parameters}`, now));
}

/** Gives the ids of all pages, the cursor decoded once and encoded once. */
export function readAllIds(
  state: PortalState,
  query: Readonly<Record<string, string | number>>,
  now = NOW,
): string[] {
  const ids: string[] = [];
  let after: { after?: string } = {};
  for (let pages = 0; pages < 1_000; pages++) {
    const page = askPage(state, { ...query, ...after }, now);
    ids.push(...page.results.map(({ id }) => id));
    if (page.paging === undefined) return ids;
    after = { after: decodeURIComponent(page.paging.next.after) };
  }
  throw new Error('Reading all pages: they must end; 1,000 were read');
}

/** Gives so many events of `e_a`, a second apart, the last one a minute before `NOW`. */
export function makeEvents(count: number, changes: Partial<SimulatedEvent> = {}): SimulatedEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    eventType: 'e_a',
    id: `id-${i}`,
    occurredAt: NOW - 60_000 - (count - 1 - i) * 1_000,
    objectId: String(50 + i),
    ...changes,
  }));
}

/** Gives a portal's event ids as `makeEvents` numbers them. */
export function idsTo(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `id-${i}`);
}
