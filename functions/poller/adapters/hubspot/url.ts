import type { ApiVersion } from '../../contract.ts';
import { SECOND_MS, toIso } from '../../core/instant.ts';
import type { PageQuery } from '../../core/reading/paging.ts';

const EVENTS_PATHS = {
  v3: '/events/v3/events',
  '2026-03': '/events/event-occurrences/2026-03',
  '2026-09': '/events/event-occurrences/2026-09',
} as const satisfies Record<ApiVersion, string>;

/** Where OAuth tokens are refreshed; the older paths end in 2027. */
export const OAUTH_PATH = '/oauth/2026-03/token';

/** The URL of one page. No `sort`: ascending is the default, and the only order that pages rightly. */
export function pageUrl(apiUrl: string, version: ApiVersion, query: PageQuery): URL {
  const url = endpoint(apiUrl, EVENTS_PATHS[version]);
  const { eventType, objectType, objectId, objectProperty } = query.query;
  const parameters: [string, string | undefined][] = [
    ['eventType', eventType],
    ['objectType', objectType],
    ['objectId', objectId],
    [`objectProperty.${objectProperty?.name}`, objectProperty?.value],
    // Whether HubSpot's bounds are inclusive, and whether it compares them by the millisecond or by the second, is
    // unknown: whole seconds, and a millisecond more before them, are right under all.
    ['occurredAfter', toIso(Math.floor(query.from / SECOND_MS) * SECOND_MS - 1)],
    ['occurredBefore', toIso(Math.ceil((query.to + 1) / SECOND_MS) * SECOND_MS)],
    ['limit', String(query.limit)],
    ['after', query.cursor],
  ];
  for (const [name, value] of parameters) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

export function eventTypesUrl(apiUrl: string, version: ApiVersion): URL {
  return endpoint(apiUrl, `${EVENTS_PATHS[version]}/event-types`);
}

export function oauthUrl(apiUrl: string): URL {
  return endpoint(apiUrl, OAUTH_PATH);
}

/**
 * The cursor as it is meant: HubSpot hands it out already percent-encoded when its base64 is padded, about two
 * times in three (HubSpot/hubspot-api-nodejs issue 480). Decoded once here, it is encoded once in the URL.
 */
export function decodeCursor(after: string): string {
  try {
    return decodeURIComponent(after);
  } catch {
    // A lone percent sign: it was not encoded at all.
    return after;
  }
}

function endpoint(apiUrl: string, path: string): URL {
  return new URL(apiUrl.replace(/\/+$/, '') + path);
}
