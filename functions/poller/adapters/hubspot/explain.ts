import type { FailureCode } from '../../errors.ts';
import type { ErrorBody } from './response.ts';

/** What a 403 names where the account's plan, not a scope, lacks the API (seen 2026-11). */
const PLAN_MARKS = /event-detail-read|web-analytics-api-access|business-intelligence/;

/** What the poller asks for where HubSpot refuses the token that the secret holds. */
export const WRITE_TOKEN = 'Write a valid token into the secret.';

/** What HubSpot's refusal means and what to do about it, as the end of a sentence that says what was being done. */
export function explainFailure(
  code: FailureCode,
  status: number | undefined,
  error: ErrorBody,
  found: string | undefined,
): string {
  const said =
    error.message === '' ? `status ${status ?? 'none'}` : `status ${status ?? 'none'}: ${error.message}`;
  switch (code) {
    case 'hubspot-unauthorized':
      return `HubSpot must accept the token, and refused it twice (${said}). ${WRITE_TOKEN}`;
    case 'hubspot-forbidden':
      return explainForbidden(error, said);
    case 'hubspot-type-refused':
      return `HubSpot does not let this event type be read, for where it is stored (${said}). It is tried again after half an hour, then once a day.`;
    case 'hubspot-daily-limit':
      return `the account's daily limit is spent (${said}). Polling goes on when HubSpot resets it, at midnight in the account's time zone.`;
    case 'hubspot-moving':
      return `HubSpot is moving the account to another data centre (${said}). Polling goes on when that is done, within a day.`;
    case 'hubspot-tls':
      return `HubSpot's edge could not make a secure connection (${said}).`;
    case 'hubspot-throttled':
      return `HubSpot's rate limit left no room, ${found ?? said}. Lower maxRequestsPer10Seconds, or the other apps' share.`;
    case 'hubspot-unavailable':
      return `HubSpot must answer, ${found ?? said}.`;
    default:
      // A path that is gone, not an object: the poller asks for none by path.
      if (status === 404 || status === 410)
        return `HubSpot has no such path any more (${said}). Set a newer apiVersion, or look at apiUrl.`;
      return `HubSpot refused the request (${said}).`;
  }
}

function explainForbidden(error: ErrorBody, said: string): string {
  const names = error.scopes.join(', ');
  const isPlan = PLAN_MARKS.test(`${error.message} ${names}`) && !error.category.includes('MISSING_SCOPES');
  if (isPlan)
    return `the account's plan lacks the Events API, which needs the Enterprise tier of a Hub; no scope mends that (${said}).`;
  if (names !== '')
    return `the token lacks the scopes ${names} (${said}). Add them to the app, and write its new token.`;
  return `the token may not read this (${said}). Look at the app's scopes and at the account's plan.`;
}
