import type { ApiVersion } from '../../contract.ts';
import { parseJson } from '../../core/event/json.ts';
import { scanJson } from '../../core/event/json-scan.ts';
import { hasRepeatedKey, keepRepeatedKeys } from '../../core/event/json-text.ts';
import type { Instant } from '../../core/instant.ts';
import type { PageAnswer, PageQuery } from '../../core/reading/paging.ts';
import * as z from '../../core/schema.ts';
import { PollerError, toPollerError } from '../../errors.ts';
import type { Clock, EventSource } from '../../ports.ts';
import { detailsOf, type HubSpotGet, PageTooLargeError } from './client.ts';
import type { HttpResponse } from './response.ts';
import type { GetToken } from './tokens.ts';
import { decodeCursor, eventTypesUrl, pageUrl } from './url.ts';

/** The page size where HubSpot refuses the configured one: the largest that all its public clients use. */
const SAFE_PAGE_SIZE = 100;

/** The smallest page that is asked for where answers take too long. */
const LEAST_SLOW_PAGE = 5;

/** A single entry may have as many bytes as this. */
const ENTRY_BYTES = 16 * 1_048_576;

/** The list of event types: some hundred names. */
const LIST_BYTES = 8 * 1_048_576;

/** How often an answer is asked for whose text is malformed: cut, or a gateway's. */
const MALFORMED_TRIES = 3;

const pageSchema = z.object({
  results: z.array(z.unknown()),
  paging: z.nullish(z.object({ next: z.nullish(z.object({ after: z.string().check(z.minLength(1)) })) })),
});

const eventTypesSchema = z.object({ eventTypes: z.array(z.string().check(z.minLength(1))) });

export interface SourceOptions {
  readonly get: HubSpotGet;
  readonly getToken: GetToken;
  readonly apiUrl: string;
  readonly apiVersion: ApiVersion;
  readonly clock: Clock;
}

/** HubSpot's Events API as a source of pages. */
export function createEventSource({ get, getToken, apiUrl, apiVersion, clock }: SourceOptions): EventSource {
  /** A 200's text as what it is documented to be; a malformed one may be a gateway's, and is asked for again. */
  async function getParsed<T>(
    schema: z.ZodMiniType<T>,
    url: URL,
    action: string,
    limits: Parameters<HubSpotGet>[2],
  ): Promise<Parsed<T> & { readonly body: string }> {
    for (let tries = 1; ; tries += 1) {
      const response = await get(url, action, limits);
      try {
        return { ...parseResponse(schema, action, response), body: response.body };
      } catch (thrown) {
        if (tries >= MALFORMED_TRIES) throw thrown;
      }
    }
  }

  async function readOnce(query: PageQuery, until: Instant, stop?: AbortSignal) {
    const { eventType } = query.query;
    const action = `Reading a page of ${eventType ?? 'an object'}`;
    const limits = { until, maxBytes: query.limit === 1 ? ENTRY_BYTES : query.maxBytes, stop };
    const startedAt = clock.now();
    const { value, hasKeyTwice, body } = await getParsed(
      pageSchema,
      pageUrl(apiUrl, apiVersion, query),
      action,
      limits,
    );
    const { results, paging } = value;
    const after = paging?.next?.after;
    return {
      entries: hasKeyTwice ? keepRepeatedKeys(body, 'results', results) : results,
      cursor: after === undefined ? undefined : decodeCursor(after),
      limit: query.limit,
      bytes: Buffer.byteLength(body),
      tookMs: clock.now() - startedAt,
    };
  }

  /** Asks for a smaller page, as long as one takes HubSpot too long or is too large. */
  async function readSmaller(query: PageQuery, until: Instant, stop?: AbortSignal): Promise<PageAnswer> {
    let reduced: PageTooLargeError['reason'] | undefined;
    for (let { limit } = query; ; limit = Math.ceil(limit / 4)) {
      try {
        return { ...(await readOnce({ ...query, limit }, until, stop)), reduced };
      } catch (thrown) {
        if (!(thrown instanceof PageTooLargeError)) throw withSize(thrown, limit, reduced);
        reduced = thrown.reason;
        if (limit <= (reduced === 'slow' ? LEAST_SLOW_PAGE : 1)) throw thrown;
      }
    }
  }

  return {
    async authorize(until) {
      await getToken(until);
    },

    async listEventTypes(until) {
      const action = 'Listing event types';
      const limits = { until, maxBytes: LIST_BYTES };
      const { value } = await getParsed(eventTypesSchema, eventTypesUrl(apiUrl, apiVersion), action, limits);
      return [...new Set(value.eventTypes)];
    },

    async readPage(query, until, stop) {
      try {
        return await readSmaller(query, until, stop);
      } catch (thrown) {
        const error = toPollerError(thrown);
        if (error.code !== 'hubspot-bad-request' || error.status !== 400 || query.limit <= SAFE_PAGE_SIZE)
          throw error;
        // The maximum is undocumented. Should this be refused as well, the size was not what was wrong.
        const answer = await readSmaller({ ...query, limit: SAFE_PAGE_SIZE }, until, stop);
        return { ...answer, reduced: answer.reduced ?? 'refused' };
      }
    },
  };
}

/** Where the time is up on the way to a size that works, the next run is to go on from there. */
function withSize(thrown: unknown, limit: number, reason: PageTooLargeError['reason'] | undefined): unknown {
  const isTimeUp = thrown instanceof PollerError && thrown.nextStep === 'pause';
  if (!isTimeUp || reason === undefined) return thrown;
  return new PollerError(thrown.code, thrown.message, { cause: thrown, reduced: { limit, reason } });
}

interface Parsed<T> {
  readonly value: T;
  readonly hasKeyTwice: boolean;
}

function parseResponse<T>(schema: z.ZodMiniType<T>, action: string, response: HttpResponse): Parsed<T> {
  const { body } = response;
  // A page may be a megabyte of events: of those nothing is read for an error's sake.
  const details = detailsOf({ ...response, body: '' });
  const scan = scanJson(body);
  let raw: unknown;
  try {
    raw = parseJson(body, scan);
  } catch {
    // The parser's own message quotes the page, and with it somebody's properties.
    const found = body === '' ? 'an empty body' : `${body.length} characters of something else`;
    const text = `${action}: the answer must be JSON, found ${found}.`;
    throw new PollerError('hubspot-malformed-answer', text, details);
  }
  const result = schema.safeParse(raw);
  if (result.success) return { value: result.data, hasKeyTwice: hasRepeatedKey(scan, raw) };
  const found = result.error.issues
    .map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`)
    .join('; ');
  const text = `${action}: the answer is not as HubSpot documents it: ${found}`;
  throw new PollerError('hubspot-malformed-answer', text, details);
}
