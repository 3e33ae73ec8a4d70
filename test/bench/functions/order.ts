/** What the functions that are compared with the poller read of its request. */
import * as z from 'zod';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';

export const TOKEN = SIMULATED_TOKEN;

const orderSchema = z.object({
  apiUrl: z.string(),
  eventTypes: z.array(z.string()),
  startFrom: z.string(),
  pageSize: z.number().default(1_000),
});

/** What the function is to read. */
export function readOrder(event: unknown): z.output<typeof orderSchema> {
  return orderSchema.parse(event);
}

/** The address of a page. */
export function pageAddress(
  apiUrl: string,
  eventType: string,
  occurredAfter: string,
  after: string | undefined,
  limit = 1_000,
): string {
  const query = new URLSearchParams({ eventType, occurredAfter, limit: String(limit) });
  if (after !== undefined) query.set('after', after);
  return `${apiUrl}/events/v3/events?${query}`;
}
