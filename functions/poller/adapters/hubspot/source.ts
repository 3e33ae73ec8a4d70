import { z } from 'zod';
import type { ApiVersion } from '../../contract.ts';
import type { Instant } from '../../core/instant.ts';
import { parseJson } from '../../core/json.ts';
import type { PageAnswer, PageQuery } from '../../core/paging.ts';
import { PollerError, toPollerError } from '../../errors.ts';
import type { EventSource } from '../../ports.ts';
import { detailsOf, type HubSpotGet, TooSlowError } from './client.ts';
import type { HttpAnswer } from './response.ts';
import { decodeCursor, eventTypesUrl, pageUrl } from './url.ts';

/** The page size where HubSpot refuses the configured one: the largest that all its public clients use. */
const SAFE_PAGE_SIZE = 100;

/** The smallest page that is asked for where answers take too long. */
const LEAST_PAGE_SIZE = 10;

const pageSchema = z.object({
  results: z.array(z.unknown()),
  paging: z.object({ next: z.object({ after: z.string().min(1) }).nullish() }).nullish(),
});

const eventTypesSchema = z.object({ eventTypes: z.array(z.string().min(1)) });

/** HubSpot's Events API as a source of pages. */
export function createEventSource(get: HubSpotGet, apiUrl: string, version: ApiVersion): EventSource {
  async function readOnce(query: PageQuery, until: Instant, stop?: AbortSignal): Promise<PageAnswer> {
    const action = `Reading a page of ${query.query.eventType ?? 'an object'}`;
    const answer = await get(pageUrl(apiUrl, version, query), action, until, stop);
    const { results, paging } = parseAnswer(pageSchema, action, answer);
    const after = paging?.next?.after;
    return {
      entries: results,
      cursor: after === undefined ? undefined : decodeCursor(after),
      limit: query.limit,
    };
  }

  /** A page that took HubSpot too long is asked for again, smaller; later ones have their size again. */
  async function readPatiently(query: PageQuery, until: Instant, stop?: AbortSignal): Promise<PageAnswer> {
    for (let limit = query.limit; ; limit = Math.max(LEAST_PAGE_SIZE, Math.ceil(limit / 4))) {
      try {
        const answer = await readOnce({ ...query, limit }, until, stop);
        return { ...answer, limit: query.limit };
      } catch (thrown) {
        if (!(thrown instanceof TooSlowError) || limit <= LEAST_PAGE_SIZE) throw thrown;
      }
    }
  }

  return {
    async listEventTypes(until) {
      const action = 'Listing event types';
      const answer = await get(eventTypesUrl(apiUrl, version), action, until);
      return [...new Set(parseAnswer(eventTypesSchema, action, answer).eventTypes)];
    },

    async readPage(query, until, stop) {
      try {
        return await readPatiently(query, until, stop);
      } catch (thrown) {
        const error = toPollerError(thrown);
        if (error.code !== 'hubspot-bad-request' || error.status !== 400 || query.limit <= SAFE_PAGE_SIZE)
          throw error;
        // The maximum is undocumented. Should this be refused as well, the size was not what was wrong.
        return readPatiently({ ...query, limit: SAFE_PAGE_SIZE }, until, stop);
      }
    },
  };
}

function parseAnswer<T>(schema: z.ZodType<T>, action: string, answer: HttpAnswer): T {
  const { body } = answer;
  // A page may be a megabyte of events: of those nothing is read for an error's sake.
  const details = detailsOf({ ...answer, body: '' });
  let value: unknown;
  try {
    value = parseJson(body);
  } catch {
    // The parser's own message quotes the page, and with it somebody's properties.
    const found = body === '' ? 'an empty body' : `${body.length} characters of something else`;
    const text = `${action}: the answer must be JSON, found ${found}.`;
    throw new PollerError('hubspot-malformed-answer', text, details);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const found = result.error.issues
    .map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`)
    .join('; ');
  const text = `${action}: the answer is not as HubSpot documents it: ${found}`;
  throw new PollerError('hubspot-malformed-answer', text, details);
}
