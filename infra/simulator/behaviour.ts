/** How the simulated portal behaves: what HubSpot documents, what was observed, and both sides of what is unknown. */
import type { FaultHook } from './faults/fault.ts';

export interface AcceptedToken {
  readonly token: string;
  /** UNIX ms; never where not given. */
  readonly expiresAt?: number;
  /** Scopes that the app behind the token was not granted: every call is refused with `MISSING_SCOPES`. */
  readonly missingScopes?: readonly string[];
}

export interface OAuthApp {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
}

/** Why HubSpot gives nothing: of one type, or (plan and scopes) of the whole account. */
export type Refusal = 'storage-locations' | 'missing-scopes' | 'missing-plan';

/** Requests of the account's other apps, which use up the same limits. */
export interface OtherApps {
  readonly last10Seconds: number;
  readonly today: number;
}

export interface Limits {
  /** Private apps: 100 on Free and Starter, 190 on Professional and Enterprise, 250 with a pack; OAuth 110. */
  readonly per10Seconds: number;
  /** Null: none, and no headers for it, as with OAuth apps. */
  readonly perDay: number | null;
  /** Null: none. */
  readonly perSecond: number | null;
  /** What a 429's `Retry-After` holds; HubSpot does not promise one. */
  readonly retryAfter: 'none' | 'seconds' | 'date';
  /** Whether a 429's body has `category: "RATE_LIMITS"`, as some do. */
  readonly category: boolean;
  /** The daily limit resets at midnight there: minutes east of UTC. */
  readonly zoneOffsetMinutes: number;
  readonly otherApps?: (now: number) => OtherApps;
}

export interface PortalBehaviour {
  readonly tokens: readonly AcceptedToken[];
  readonly oauth: OAuthApp | null;
  /** Every reading is refused for this reason; null: none is. */
  readonly accountRefusal: Refusal | null;
  readonly typeRefusals: Readonly<Record<string, Refusal>>;
  /** Types that the event-types endpoint lists besides those that have events: the account never gets any. */
  readonly silentTypes: readonly string[];
  /** What the event-types endpoint lists instead of what there is; null: what there is. */
  readonly listedTypes: readonly string[] | null;
  /** Paths of these versions answer 404. */
  readonly endedVersions: readonly ApiVersion[];
  readonly limits: Limits;
  readonly occurredAfter: 'inclusive' | 'exclusive';
  readonly occurredBefore: 'inclusive' | 'exclusive';
  /** What both bounds and the events' times are cut to before they are compared. */
  readonly boundsBy: 'millisecond' | 'second';
  readonly mostPerPage: number;
  /** What a `limit` above `mostPerPage` gets: a 400, or fewer events than asked for. */
  readonly aboveMostPerPage: 'refuse' | 'cap';
  /** What `sort=-occurredAt` gets: a 400, or pages that repeat and skip. */
  readonly sort: 'refuse' | 'mess-up';
  /** What a query that names neither an event type nor one object gets. */
  readonly wholePortalQuery: 'refuse' | 'serve';
  /** Every n-th page of the portal that has a next one is empty, 2 or more; 0: none is. */
  readonly emptyPageEvery: number;
  /** So many empty pages stand there in a row, 1 or more. */
  readonly emptyPagesInRow: number;
  readonly percentEncodedCursors: boolean;
  /** Where `paging.next.link` leads; the portal itself where null. */
  readonly linkOrigin: string | null;
  /** Decides each request's fault. */
  readonly fault: FaultHook | null;
}

export type ApiVersion = 'v3' | '2026-03' | '2026-09';

/** The token that is accepted where none is configured. */
export const SIMULATED_TOKEN = 'pat-eu1-5f0e9a52-simulated-portal';

export const DEFAULT_LIMITS: Limits = {
  per10Seconds: 190,
  perDay: 650_000,
  perSecond: null,
  retryAfter: 'none',
  category: false,
  zoneOffsetMinutes: 0,
};

/** No limit at all: where something else is tried or measured. */
export const UNLIMITED: Limits = { ...DEFAULT_LIMITS, per10Seconds: Number.MAX_SAFE_INTEGER, perDay: null };

export const DEFAULT_BEHAVIOUR: PortalBehaviour = {
  tokens: [{ token: SIMULATED_TOKEN }],
  oauth: null,
  accountRefusal: null,
  typeRefusals: {},
  silentTypes: [],
  listedTypes: null,
  endedVersions: [],
  limits: DEFAULT_LIMITS,
  occurredAfter: 'inclusive',
  occurredBefore: 'exclusive',
  boundsBy: 'millisecond',
  mostPerPage: 1_000,
  aboveMostPerPage: 'refuse',
  sort: 'mess-up',
  wholePortalQuery: 'refuse',
  emptyPageEvery: 0,
  emptyPagesInRow: 1,
  percentEncodedCursors: true,
  linkOrigin: null,
  fault: null,
};
