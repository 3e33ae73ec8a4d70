/**
 * HubSpot's answer to a request: no sockets, no clock. The server and the simulations both ask here.
 *
 *   request ─▶ fault before? ─▶ credentials ─▶ limits ─▶ refusals ─▶ page ─▶ fault of the answer? ─▶ answer
 */
import { type ApiVersion, DEFAULT_BEHAVIOUR, type PortalBehaviour } from './behaviour.ts';
import { type IssuedTokens, refreshToken, refuseCredentials } from './credentials.ts';
import { createEventLog, type EventHistory, type EventLog } from './event-log.ts';
import { answerEvents, createPageTrail, type PageTrail } from './events-answer.ts';
import {
  type Answer,
  answerError,
  answerMistake,
  answerRefusal,
  correlationIdOf,
  JSON_TYPE,
} from './faults/error-answer.ts';
import { answerFaulty } from './faults/fault-answer.ts';
import {
  admitRequest,
  answerOverLimit,
  createUsage,
  type Usage,
  writeRateLimitHeaders,
} from './rate-limits.ts';

export interface ApiRequest {
  readonly method: string;
  /** Path and query string. */
  readonly url: string;
  readonly authorization?: string | undefined;
  /** Of a form. */
  readonly body?: string;
}

/** All that the portal remembers between requests. */
export interface PortalState {
  behaviour: PortalBehaviour;
  readonly log: EventLog;
  readonly histories: readonly EventHistory[];
  readonly usage: Usage;
  readonly issued: IssuedTokens;
  readonly trail: PageTrail;
  /** Where the portal is reached, such as `http://127.0.0.1:3000`. */
  origin: string;
  requests: number;
}

/** Gives a portal that has the history's events, if one is given, and those that are added to its log. */
export function createPortalState(
  behaviour: Partial<PortalBehaviour> = {},
  history?: EventHistory,
): PortalState {
  const log = createEventLog();
  return {
    behaviour: { ...DEFAULT_BEHAVIOUR, ...behaviour },
    log,
    histories: history === undefined ? [log] : [history, log],
    usage: createUsage(),
    issued: new Map(),
    trail: createPageTrail(),
    origin: 'https://api.hubapi.com',
    requests: 0,
  };
}

/** Gives the answer at `now` (UNIX ms), and counts the request. Every answer names its correlation id. */
export function answerHubSpot(state: PortalState, request: ApiRequest, now: number): Answer {
  const index = state.requests++;
  const url = new URL(request.url, state.origin);
  const fault = state.behaviour.fault?.({
    index,
    at: now,
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
  });
  const serve = () => route(state, request, url, now, index);
  const answer = fault ? answerFaulty(fault, serve, { url, trail: state.trail, index }) : serve();
  return { ...answer, headers: { 'x-hubspot-correlation-id': correlationIdOf(index), ...answer.headers } };
}

const EVENT_PATHS: ReadonlyMap<string, ApiVersion> = new Map([
  ['/events/v3/events', 'v3'],
  ['/events/event-occurrences/2026-03', '2026-03'],
  ['/events/event-occurrences/2026-09', '2026-09'],
]);
/** HubSpot's own clients ask for v1, which HubSpot ends in February 2027. */
const TOKEN_PATHS = new Set(['/oauth/2026-03/token', '/oauth/v3/token', '/oauth/v1/token']);

function route(state: PortalState, request: ApiRequest, url: URL, now: number, index: number): Answer {
  const { behaviour } = state;
  if (TOKEN_PATHS.has(url.pathname)) {
    if (request.method !== 'POST') return answerMethod(index);
    return refreshToken(new URLSearchParams(request.body ?? ''), behaviour.oauth, state.issued, now, index);
  }
  const lists = url.pathname.endsWith('/event-types');
  const version = EVENT_PATHS.get(url.pathname.replace(/\/(event-types)?$/, ''));
  if (version === undefined || behaviour.endedVersions.includes(version)) return answerNotFound(url, index);
  if (request.method !== 'GET') return answerMethod(index);
  if (url.searchParams.has('hapikey')) {
    const message = 'API keys are no longer supported; use a private app access token';
    return answerError(401, { message, category: 'INVALID_AUTHENTICATION' }, index);
  }
  const refused = refuseCredentials(request.authorization, behaviour, state.issued, now, index);
  if (refused !== undefined) return refused;
  const policy = admitRequest(state.usage, behaviour.limits, now);
  const answer =
    policy === undefined
      ? read(state, url, version, lists, now, index)
      : answerOverLimit(policy, state.usage, behaviour.limits, now, index);
  return {
    ...answer,
    headers: { ...answer.headers, ...writeRateLimitHeaders(state.usage, behaviour.limits, now) },
  };
}

const SCOPES = ['business-intelligence'] as const;

function read(
  state: PortalState,
  url: URL,
  version: ApiVersion,
  lists: boolean,
  now: number,
  index: number,
): Answer {
  const { behaviour } = state;
  if (behaviour.accountRefusal !== null) return answerRefusal(behaviour.accountRefusal, SCOPES, index);
  if (lists) return answerEventTypes(state);
  const outcome = answerEvents({ ...state, url, version, now });
  switch (outcome.kind) {
    case 'answer':
      return outcome.answer;
    case 'mistake':
      return answerMistake(outcome.message, outcome.where, index);
    case 'refusal':
      return answerRefusal(outcome.refusal, SCOPES, index);
    default:
      return outcome satisfies never;
  }
}

function answerEventTypes({ behaviour, histories }: PortalState): Answer {
  const found = histories.flatMap((history) => history.eventTypes());
  const eventTypes = behaviour.listedTypes ?? [...new Set([...found, ...behaviour.silentTypes])];
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify({ eventTypes }) };
}

function answerNotFound(url: URL, index: number): Answer {
  return answerError(
    404,
    { message: `resource not found: ${url.pathname}`, category: 'OBJECT_NOT_FOUND' },
    index,
  );
}

function answerMethod(index: number): Answer {
  return answerError(405, { message: 'Method not allowed', category: 'VALIDATION_ERROR' }, index);
}
