import { parseJson } from '../../core/event/json.ts';
import { type Instant, parseInstant } from '../../core/instant.ts';
import * as z from '../../core/schema.ts';
import type { FailureCode } from '../../errors.ts';

/** An answer of HubSpot, or of what stands before it. Header names in lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What to do about an answer that is no success. */
export type Reaction =
  /** Ask again, no sooner than `afterMs` (undefined: as the backoff says). */
  | {
      readonly kind: 'retry';
      readonly code: FailureCode;
      readonly afterMs: number | undefined;
      /** The whole portal waits, not this request alone. */
      readonly isThrottle: boolean;
      /** Ask for a smaller page. */
      readonly isTooSlow: boolean;
    }
  /** The token is refused: once more with a fresh one. */
  | { readonly kind: 'credentials' }
  | { readonly kind: 'fail'; readonly code: FailureCode };

/** What is known of an error. Every field of HubSpot's error bodies is optional, and gateways answer in HTML. */
export interface ErrorBody {
  readonly message: string;
  readonly correlationId: string | undefined;
  readonly category: string;
  readonly policyName: string;
  readonly scopes: readonly string[];
}

const REFUSED_TYPE = 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS';

/** How long a 429 is waited for where neither Retry-After nor the interval's header tells. */
const THROTTLE_MS = 10_000;

/** A 423 asks for at least two seconds (HubSpot, error handling guide, 2026-11). */
const LOCKED_MS = 2_000;

const text = z.catch(z.optional(z.string()), undefined);
const context = z.catch(z.optional(z.record(z.string(), z.catch(z.array(z.string()), []))), undefined);

const errorSchema = z.object({
  message: text,
  correlationId: text,
  category: text,
  subCategory: text,
  policyName: text,
  errors: z.catch(z.optional(z.array(z.catch(z.object({ context }), {}))), undefined),
  context,
});

/** Reads what can be read of an error's body; the text is HubSpot's own message, never an event. */
export function readErrorBody(body: string): ErrorBody {
  const parsed = errorSchema.safeParse(parseOrUndefined(body));
  if (!parsed.success)
    return { message: '', correlationId: undefined, category: '', policyName: '', scopes: [] };
  const {
    message = '',
    correlationId,
    category = '',
    subCategory = '',
    policyName = '',
    errors = [],
    context,
  } = parsed.data;
  const contexts = [context, ...errors.map((error) => error.context)];
  const scopes = contexts.flatMap((found) => [
    ...(found?.['requiredGranularScopes'] ?? []),
    ...(found?.['missingScopes'] ?? []),
  ]);
  return {
    message,
    correlationId,
    category: `${category} ${subCategory}`.trim(),
    policyName,
    scopes: [...new Set(scopes)],
  };
}

/** What to do about an answer that is no 200. Total: an unknown status is a failure, not a reason to ask again. */
export function classifyResponse({ status, headers, body }: HttpResponse, now: Instant): Reaction {
  const retryAfterMs = readRetryAfter(headers['retry-after'], now);
  switch (status) {
    case 400:
      return {
        kind: 'fail',
        code: body.includes(REFUSED_TYPE) ? 'hubspot-type-refused' : 'hubspot-bad-request',
      };
    case 401:
    case 530:
      return { kind: 'credentials' };
    case 403:
      return { kind: 'fail', code: 'hubspot-forbidden' };
    case 423:
      return retryAfter('hubspot-unavailable', Math.max(LOCKED_MS, retryAfterMs ?? 0));
    case 429:
      return classifyThrottle(readErrorBody(body), headers, retryAfterMs);
    case 477:
      return { kind: 'fail', code: 'hubspot-moving' };
    case 524:
      return { ...retryAfter('hubspot-unavailable', retryAfterMs), isTooSlow: true };
    case 525:
    case 526:
      return { kind: 'fail', code: 'hubspot-tls' };
    default:
      if (status === 408 || status >= 500) return retryAfter('hubspot-unavailable', retryAfterMs);
      return { kind: 'fail', code: 'hubspot-bad-request' };
  }
}

function classifyThrottle(
  error: ErrorBody,
  headers: HttpResponse['headers'],
  retryAfterMs: number | undefined,
): Reaction {
  if (error.policyName === 'DAILY') return { kind: 'fail', code: 'hubspot-daily-limit' };
  const byPolicyMs =
    error.policyName === 'SECONDLY'
      ? 1_000
      : (readNumber(headers['x-hubspot-ratelimit-interval-milliseconds']) ?? THROTTLE_MS);
  return { ...retryAfter('hubspot-throttled', retryAfterMs ?? byPolicyMs), isThrottle: true };
}

function retryAfter(code: FailureCode, afterMs: number | undefined): Extract<Reaction, { kind: 'retry' }> {
  return { kind: 'retry', code, afterMs, isThrottle: false, isTooSlow: false };
}

/** A header's whole number, or undefined. */
export function readNumber(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/.test(header.trim()) ? Number(header) : undefined;
}

/** Retry-After in seconds or as an HTTP date, as milliseconds from now. */
export function readRetryAfter(header: string | undefined, now: Instant): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,15}(\.\d+)?$/.test(header.trim())) return Math.ceil(Number(header)) * 1000;
  // JavaScript takes "-1" and "10, 10" for dates, too.
  const at = /[A-Za-z]{3}/.test(header) ? parseInstant(Date.parse(header)) : undefined;
  return at === undefined ? undefined : Math.max(0, at - now);
}

function parseOrUndefined(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // No JSON: a gateway's HTML. The status says what there is to say.
    return undefined;
  }
}
