/** The HubSpot adapters over real sockets: a simulated portal on loopback, time that only waits move. */

import type { Credential } from '../../../functions/poller/adapters/credential.ts';
import { createHubSpotGet, type HubSpotGet } from '../../../functions/poller/adapters/hubspot/client.ts';
import { createHttpSend, type HttpRequest } from '../../../functions/poller/adapters/hubspot/http.ts';
import { RateLimiter } from '../../../functions/poller/adapters/hubspot/rate-limiter.ts';
import { createEventSource } from '../../../functions/poller/adapters/hubspot/source.ts';
import { createTokens, type TokenCache } from '../../../functions/poller/adapters/hubspot/tokens.ts';
import type { ApiVersion } from '../../../functions/poller/contract.ts';
import { PAGE_BYTES } from '../../../functions/poller/core/reading/page-size.ts';
import type { PageQuery } from '../../../functions/poller/core/reading/paging.ts';
import { startTally, type Tally } from '../../../functions/poller/core/tally.ts';
import type { EventSource } from '../../../functions/poller/ports.ts';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import {
  type HubSpotPortal,
  type HubSpotPortalOptions,
  startHubSpotPortal,
} from '../../../infra/simulator/portal.ts';
import type { SimulatedEvent } from '../../../infra/simulator/simulated-event.ts';
import { validateRequest } from '../../support/openapi.ts';
import { createSteppingClock, half, type SteppingClock } from '../stepping-clock.ts';

/** 2026-11-10T12:00:00Z */
export const NOON = Date.UTC(2026, 10, 10, 12);
export const HOUR = 3_600_000;

const IMPATIENT_MS = 60;
const SECRET_CACHE_MS = 300_000;

const send = createHttpSend({});

export interface HubSpotRigOptions extends HubSpotPortalOptions {
  readonly version?: ApiVersion;
  readonly maxRequestsPer10Seconds?: number;
  /** So many of the first requests wait for their answer for a moment only, not thirty seconds: it is spent for real. */
  readonly impatientRequests?: number;
}

export interface HubSpotRig extends AsyncDisposable {
  readonly portal: HubSpotPortal;
  readonly clock: SteppingClock;
  readonly tally: Tally;
  /** What the secret holds; read at the first request, and from then on cached for five minutes. */
  credential: Credential;
  /** How the secret was read, time by time: whether past the cache. */
  readonly secretReads: readonly boolean[];
  /** All that was sent, as it was sent. */
  readonly sent: readonly HttpRequest[];
  readonly tokenCache: TokenCache;
  readonly get: HubSpotGet;
  readonly source: EventSource;
  /** Client and source of another run of the same process. */
  nextRun(): { get: HubSpotGet; source: EventSource };
}

export async function createHubSpotRig(options: HubSpotRigOptions = {}): Promise<HubSpotRig> {
  const { version = 'v3', maxRequestsPer10Seconds = 90, impatientRequests = 0, ...ofPortal } = options;
  const clock = createSteppingClock(NOON);
  const portal = await startHubSpotPortal({ now: clock.now, ...ofPortal });
  const tally = startTally();
  const rateLimiter = new RateLimiter(maxRequestsPer10Seconds);
  const tokenCache: TokenCache = { oauth: undefined };
  const secretReads: boolean[] = [];
  const initial: Credential = { kind: 'token', accessToken: SIMULATED_TOKEN };
  let secret: { credential: Credential; readAt: number } = { credential: initial, readAt: -Infinity };
  const sent: HttpRequest[] = [];

  function startRun() {
    const sendNoted = (request: HttpRequest) => {
      sent.push(request);
      const patienceMs = sent.length <= impatientRequests ? IMPATIENT_MS : request.timeoutMs;
      return send({ ...request, timeoutMs: Math.min(request.timeoutMs, patienceMs) });
    };
    const getToken = createTokens({
      apiUrl: portal.url,
      readCredential: async (isFresh) => {
        secretReads.push(isFresh);
        const isOld = clock.now() - secret.readAt >= SECRET_CACHE_MS;
        if (isFresh || isOld) secret = { credential: rig.credential, readAt: clock.now() };
        return secret.credential;
      },
      send: sendNoted,
      clock,
      cache: tokenCache,
    });
    const get = createHubSpotGet({ send: sendNoted, getToken, rateLimiter, clock, random: half, tally });
    return {
      get,
      source: createEventSource({ get, getToken, apiUrl: portal.url, apiVersion: version, clock }),
    };
  }

  const rig: HubSpotRig = {
    portal,
    clock,
    tally,
    secretReads,
    sent,
    tokenCache,
    credential: initial,
    get: (...asked) => first.get(...asked),
    source: {
      authorize: (...asked) => first.source.authorize(...asked),
      listEventTypes: (...asked) => first.source.listEventTypes(...asked),
      readPage: (...asked) => first.source.readPage(...asked),
    },
    nextRun: startRun,
    async [Symbol.asyncDispose]() {
      await portal.close();
      const events = portal.requests.filter(({ path }) => !path.startsWith('/oauth/'));
      const mistakes = events.flatMap(({ method, url }) => validateRequest(method, url));
      if (mistakes.length > 0)
        throw new Error(`Requests must keep to the document; found ${mistakes.join('; ')}`);
    },
  };
  const first = startRun();
  return rig;
}

/** So many events of `e_a`, a second apart, the last one a minute before NOON. */
export function makeEvents(count: number, eventType = 'e_a'): SimulatedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    eventType,
    id: `id-${index}`,
    occurredAt: NOON - 60_000 - (count - 1 - index) * 1_000,
    objectId: String(50 + index),
  }));
}

/** The window of the hour before NOON, from its beginning. */
export const PAGE: PageQuery = {
  query: { eventType: 'e_a' },
  from: NOON - HOUR,
  to: NOON,
  cursor: undefined,
  limit: 1_000,
  maxBytes: PAGE_BYTES,
};

/** The end of a run that starts at NOON. */
export const UNTIL = NOON + 110_000;
