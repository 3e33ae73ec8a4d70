/**
 * The loop a user would write on an afternoon: one type after the other, one page after the other, ten events to
 * the bus, the checkpoint at the end. Nothing is fetched ahead, no failed entry is looked at, no event is known again.
 */
import { z } from 'zod';

export interface NaivePorts {
  /** A page as HubSpot's own client gives it: the answer, parsed. */
  readonly readPage: (
    eventType: string,
    occurredAfter: string,
    after: string | undefined,
  ) => Promise<unknown>;
  readonly putEvents: (events: readonly NaiveEvent[]) => Promise<unknown>;
  readonly saveCheckpoint: (eventType: string, occurredAt: string) => Promise<unknown>;
  /** True where the function's time is nearly over. */
  readonly isOver: () => boolean;
}

const eventSchema = z.looseObject({ eventType: z.string(), occurredAt: z.string() });
const pageSchema = z.object({
  results: z.array(eventSchema),
  paging: z.object({ next: z.object({ after: z.string() }) }).optional(),
});

export type NaiveEvent = z.output<typeof eventSchema>;

/** Reads every type's events since `from`; gives how many there were. */
export async function runNaiveLoop(
  eventTypes: readonly string[],
  from: string,
  ports: NaivePorts,
): Promise<number> {
  let published = 0;
  for (const eventType of eventTypes) {
    let after: string | undefined;
    let last = from;
    do {
      if (ports.isOver()) return published;
      const { results, paging } = pageSchema.parse(await ports.readPage(eventType, from, after));
      for (let at = 0; at < results.length; at += 10) await ports.putEvents(results.slice(at, at + 10));
      published += results.length;
      last = results.at(-1)?.occurredAt ?? last;
      // Whoever knows of HubSpot's percent-encoded cursors decodes them; the others lose everything after page one.
      after = paging === undefined ? undefined : decodeURIComponent(paging.next.after);
    } while (after !== undefined);
    await ports.saveCheckpoint(eventType, last);
  }
  return published;
}
