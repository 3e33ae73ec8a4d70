/** HubSpot's refusals, as documented and as users quote them (2026-11). */
import type { Refusal } from '../behaviour.ts';
import { drawUuid, seedRandom } from '../seeded-random.ts';

/** What goes back over the wire, before any fault of the way. Header names in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How the answer travels, where not at once and whole. */
  readonly delivery?: Delivery;
}

export type Delivery =
  | { readonly kind: 'reset'; readonly when: 'before-answer' | 'in-body' }
  | { readonly kind: 'slow'; readonly delayMs: number; readonly when: 'before-answer' | 'in-body' }
  | { readonly kind: 'silent' };

export const JSON_TYPE = 'application/json;charset=utf-8';

/** Gives the id that names the n-th request to HubSpot's support. */
export function correlationIdOf(index: number): string {
  return drawUuid(seedRandom(`correlation ${index}`));
}

/** Gives an error in HubSpot's form: `status: "error"`, the fields, the correlation id. */
export function answerError(
  status: number,
  fields: Readonly<Record<string, unknown>>,
  index: number,
): Answer {
  const body = { status: 'error', ...fields, correlationId: correlationIdOf(index) };
  return { status, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(body) };
}

/** Gives the 400 for a wrong request; `where` is the parameter. */
export function answerMistake(message: string, where: string, index: number): Answer {
  const errors = [{ message, in: where, context: { [where]: [message] } }];
  return answerError(400, { message, category: 'VALIDATION_ERROR', errors }, index);
}

/** Gives the 400 or 403 for what may not be read. */
export function answerRefusal(refusal: Refusal, scopes: readonly string[], index: number): Answer {
  switch (refusal) {
    case 'storage-locations':
      return answerError(400, { category: 'VALIDATION_ERROR', ...nameStorageLocations(index) }, index);
    case 'missing-scopes':
      return answerError(
        403,
        {
          message:
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
          errors: [
            {
              message: 'One or more of the following scopes are required.',
              context: { requiredGranularScopes: scopes },
            },
          ],
          links: { scopes: 'https://developers.hubspot.com/scopes' },
          category: 'MISSING_SCOPES',
        },
        index,
      );
    case 'missing-plan':
      return answerError(
        403,
        {
          message:
            "Your app doesn't have the scopes needed to make this call. Do you have access to the 'business-intelligence' scope? Missing auth details: event-detail-read,web-analytics-api-access",
          category: 'FORBIDDEN',
        },
        index,
      );
    default:
      return refusal satisfies never;
  }
}

/** The code was seen, the rest of the body not (2026-11): each place that HubSpot uses takes its turn. */
function nameStorageLocations(index: number): Readonly<Record<string, unknown>> {
  const code = 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS';
  const message = 'Reads of this event type are not allowed';
  if (index % 3 === 0) return { message: `${message}: ${code}` };
  if (index % 3 === 1) return { message, subCategory: `EventReadError.${code}` };
  return { message, errors: [{ message, code }] };
}

const MESSAGES: ReadonlyMap<number, string> = new Map([
  [423, 'This resource is locked; wait at least 2 seconds before trying again'],
  [429, 'You have reached your ten_secondly_rolling limit.'],
  [477, 'This account is being migrated between data centers'],
  [500, 'internal error'],
  [503, 'Service temporarily unavailable'],
]);

/** Gives what a bare status looks like: JSON from HubSpot, HTML from the gateways before it, or nothing. */
export function answerStatus(
  status: number,
  body: 'json' | 'html' | 'empty',
  fields: Readonly<Record<string, unknown>>,
  index: number,
): Answer {
  if (body === 'json') {
    const policy = status === 429 ? { errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' } : {};
    const message = MESSAGES.get(status) ?? `Status ${status}`;
    return answerError(status, { message, ...policy, ...fields }, index);
  }
  if (body === 'empty') return { status, headers: {}, body: '' };
  const text = `<!DOCTYPE html><html><head><title>api.hubapi.com | ${status}</title></head><body><center><h1>Error code ${status}</h1></center></body></html>`;
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: text };
}
