/** The simulated portal on a port of this machine. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { readBody, startLoopbackServer } from '../local/loopback.ts';
import { answerHubSpot, createPortalState, type PortalState } from './answer.ts';
import type { AcceptedToken, PortalBehaviour } from './behaviour.ts';
import type { EventHistory } from './event-log.ts';
import { deliverAnswer } from './faults/delivery.ts';
import type { Answer } from './faults/error-answer.ts';
import type { PlacedEvent, SimulatedEvent } from './simulated-event.ts';

export interface HubSpotPortalOptions {
  readonly behaviour?: Partial<PortalBehaviour>;
  /** Events that happen by themselves; none where not given. */
  readonly history?: EventHistory;
  readonly events?: Iterable<SimulatedEvent>;
  /** Time from request to answer; 0 where not given. */
  readonly latencyMs?: number;
  /** The clock, UNIX ms; the machine's where not given. */
  readonly now?: () => number;
  /** How many of the last requests are kept; 10,000 where not given. */
  readonly recordedRequests?: number;
  /** A free port where not given. */
  readonly port?: number;
}

/** A request as the portal saw it: whether it had credentials, never which. */
export interface RecordedRequest {
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly authorized: boolean;
  /** 0 where the connection was broken, or left, without an answer. */
  readonly status: number;
  readonly correlationId: string;
}

export interface HubSpotPortal extends AsyncDisposable {
  readonly url: string;
  /** The last requests, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** How many there were in all. */
  readonly requestCount: () => number;
  /** What was added, in that order: the portal's own log. */
  readonly additions: readonly PlacedEvent[];
  readonly addEvents: (events: Iterable<SimulatedEvent>) => void;
  /** Replaces the accepted tokens: a rotation. */
  readonly setTokens: (tokens: readonly (string | AcceptedToken)[]) => void;
  /** Changes any of the portal's behaviour from the next request on. */
  readonly change: (behaviour: Partial<PortalBehaviour>) => void;
  /** Ends at once; connections and waiting answers are broken. */
  readonly close: () => Promise<void>;
}

const KEPT_REQUESTS = 10_000;

/** Gives the portal once it listens on 127.0.0.1. @throws where the port is taken. */
export async function startHubSpotPortal(options: HubSpotPortalOptions = {}): Promise<HubSpotPortal> {
  const { now = Date.now, latencyMs = 0, recordedRequests = KEPT_REQUESTS } = options;
  const state = createPortalState(options.behaviour, options.history);
  if (options.events !== undefined) state.log.add(options.events);
  const requests: RecordedRequest[] = [];
  const ending = new AbortController();

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = incoming.method === 'POST' ? await readBody(incoming) : '';
    const at = now();
    const { method = 'GET', url = '/' } = incoming;
    const { authorization } = incoming.headers;
    const answer = answerHubSpot(state, { method, url, authorization, body }, at);
    if (recordedRequests > 0) requests.push(record(state, incoming, answer, at));
    if (requests.length > recordedRequests) requests.shift();
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal: ending.signal });
    await deliverAnswer(answer, incoming, response, ending.signal);
  }

  // No key of its own: the portal checks the token of every request, as HubSpot does.
  const server = await startLoopbackServer(serve, { port: options.port });
  state.origin = server.url;
  const close = () => {
    ending.abort();
    return server.close();
  };
  return {
    url: state.origin,
    requests,
    requestCount: () => state.requests,
    additions: state.log.additions,
    addEvents: (events) => state.log.add(events),
    setTokens: (tokens) => {
      const accepted = tokens.map((token) => (typeof token === 'string' ? { token } : token));
      state.behaviour = { ...state.behaviour, tokens: accepted };
    },
    change: (behaviour) => {
      state.behaviour = { ...state.behaviour, ...behaviour };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function record(state: PortalState, incoming: IncomingMessage, answer: Answer, at: number): RecordedRequest {
  const { method = 'GET', url = '/', headers } = incoming;
  const { pathname, searchParams } = new URL(url, state.origin);
  return {
    at,
    method,
    url,
    path: pathname,
    query: Object.fromEntries(searchParams),
    authorized: headers.authorization !== undefined,
    status: answer.status,
    correlationId: answer.headers['x-hubspot-correlation-id'] ?? '',
  };
}
