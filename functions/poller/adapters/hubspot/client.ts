/**
 * One request to HubSpot, with everything around it:
 *
 *   token ─▶ rate limiter ─▶ send ─▶ headers noted ─▶ 200: the answer
 *     ▲          ▲                        │
 *     │          └── wait, again ◀── 429, 423, 5xx, nothing: backoff, Retry-After, within the time
 *     └───── once with a fresh token ◀── 401
 */

import type { Instant } from '../../core/instant.ts';
import type { Tally } from '../../core/tally.ts';
import { type FailureCode, type FailureDetails, outOfTime, PollerError } from '../../errors.ts';
import type { Clock, Random } from '../../ports.ts';
import { backoffMs } from '../backoff.ts';
import { explainFailure } from './explain.ts';
import { BodyTooLargeError, describeNetworkFailure, type HttpSend } from './http.ts';
import type { BurstHeaders, EndRequest, RateLimiter } from './rate-limiter.ts';
import { classifyResponse, type HttpResponse, type Reaction, readErrorBody, readNumber } from './response.ts';
import type { GetToken } from './tokens.ts';

/** Below the 100 s after which HubSpot's edge gives up by itself (524). */
const REQUEST_TIMEOUT_MS = 30_000;

/** The most tries of one request. */
const ATTEMPTS = 8;

const BACKOFF = { baseMs: 500, capMs: 15_000 };

/** A Retry-After that is longer is a failure to be told of: it is not waited for. */
const LONGEST_WAIT_MS = 60_000;

/** The same for the whole portal: after so long HubSpot is asked again, whatever it said. */
const LONGEST_PAUSE_MS = 15 * 60_000;

/** HubSpot's edge refuses requests without a browser's or a named client's User-Agent. */
const USER_AGENT = 'hubspot-events-to-eventbridge';

export interface ClientOptions {
  readonly send: HttpSend;
  readonly getToken: GetToken;
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  readonly random: Random;
  readonly tally: Tally;
}

/** A page that took too long, or whose text is too large: a smaller one may do better. */
export class PageTooLargeError extends PollerError {
  readonly reason: 'slow' | 'large';

  constructor(reason: 'slow' | 'large', code: FailureCode, message: string, details: FailureDetails = {}) {
    super(code, message, details);
    this.reason = reason;
  }
}

/** What one try gave; without an answer, why. */
interface Attempt {
  readonly answer?: HttpResponse;
  readonly isTimeout: boolean;
  readonly isTooLarge: boolean;
  readonly found: string;
}

/** Gives the answer to a GET, always a 200. @throws PollerError, PageTooLargeError */
export type HubSpotGet = (
  url: URL,
  action: string,
  limits: { readonly until: Instant; readonly maxBytes: number; readonly stop?: AbortSignal | undefined },
) => Promise<HttpResponse>;

export function createHubSpotGet(options: ClientOptions): HubSpotGet {
  const { send, getToken, rateLimiter, clock, random, tally } = options;

  /** One try; a failure to get any answer becomes a reaction too. */
  async function attempt(url: URL, token: string, timeoutMs: number, maxBytes: number): Promise<Attempt> {
    try {
      const headers = {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': USER_AGENT,
      };
      const answer = await send({ method: 'GET', url, headers, timeoutMs, maxBytes });
      // Whatever a refusal quotes, it goes into the log.
      const body = answer.status === 200 ? answer.body : answer.body.replaceAll(token, '…');
      return {
        answer: { ...answer, body },
        isTimeout: false,
        isTooLarge: false,
        found: `status ${answer.status}`,
      };
    } catch (thrown) {
      const isTimeout = thrown instanceof Error && thrown.name === 'TimeoutError';
      const isTooLarge = thrown instanceof BodyTooLargeError;
      return { isTimeout, isTooLarge, found: describeNetworkFailure(thrown) };
    }
  }

  return async (url, action, { until, maxBytes, stop }) => {
    let token = await getToken(until);
    let isFresh = false;
    for (let tries = 1; ; tries += 1) {
      const endRequest = await takeSlot(options, action, until, stop);
      const timeoutMs = Math.min(REQUEST_TIMEOUT_MS, until - clock.now());
      tally.hubSpotRequests += 1;
      const { answer, isTimeout, isTooLarge, found } = await attempt(url, token, timeoutMs, maxBytes);
      const now = clock.now();
      endRequest(now, answer && burstOf(answer));
      if (answer !== undefined) noteDaily(tally, answer);
      if (answer?.status === 200) return answer;
      if (isTooLarge) {
        const text = `${action}: the answer must have at most ${maxBytes} bytes, found more.`;
        throw new PageTooLargeError('large', 'hubspot-page-too-large', text);
      }
      if (answer?.status === 429) tally.hubSpotThrottled += 1;
      const reaction = answer === undefined ? NO_ANSWER : classifyResponse(answer, now);
      if (reaction.kind === 'fail') throw failure(reaction.code, action, answer);
      if (reaction.kind === 'credentials') {
        if (isFresh) throw failure('hubspot-unauthorized', action, answer);
        isFresh = true;
        token = await getToken(until, token);
        continue;
      }
      if (isTimeout && now >= until) throw outOfTime(action);
      if (reaction.isTooSlow || isTimeout) {
        const text = `${action}: HubSpot must answer in time, found ${found}.`;
        throw new PageTooLargeError('slow', reaction.code, text, detailsOf(answer));
      }
      const { afterMs = 0, isThrottle } = reaction;
      if (isThrottle) rateLimiter.pause(now + Math.min(afterMs, LONGEST_PAUSE_MS));
      if (isThrottle && afterMs > LONGEST_WAIT_MS) throw askedToWait(action, afterMs, answer);
      if (afterMs > LONGEST_WAIT_MS || tries >= ATTEMPTS) {
        const told = afterMs > LONGEST_WAIT_MS ? ` and a Retry-After of ${Math.ceil(afterMs / 1000)} s` : '';
        throw failure(reaction.code, action, answer, `found after ${tries} tries: ${found}${told}`);
      }
      const jitterMs = backoffMs(tries, BACKOFF, random);
      const waitMs = reaction.afterMs === undefined ? jitterMs : afterMs + Math.min(jitterMs, 1_000);
      if (now + waitMs >= until) throw outOfTime(action);
      await clock.sleep(waitMs);
    }
  };
}

const NO_ANSWER: Extract<Reaction, { kind: 'retry' }> = {
  kind: 'retry',
  code: 'hubspot-unavailable',
  afterMs: undefined,
  isThrottle: false,
  isTooSlow: false,
};

/** Waits for a place in the rate limiter, and takes it. @throws PollerError `out-of-time` */
async function takeSlot(
  { rateLimiter, clock }: ClientOptions,
  action: string,
  until: Instant,
  stop: AbortSignal | undefined,
): Promise<EndRequest> {
  for (;;) {
    const now = clock.now();
    const slotAt = rateLimiter.nextAt(now);
    const pauseMs = rateLimiter.pauseMs(now);
    if (pauseMs > LONGEST_WAIT_MS) throw askedToWait(action, pauseMs, undefined);
    if (slotAt >= until || now >= until || stop?.aborted === true) throw outOfTime(action);
    if (slotAt <= now) return rateLimiter.take(now);
    await clock.sleep(slotAt - now);
  }
}

/** HubSpot asked for more patience than a run has: it is told, and asked again within the hour. */
function askedToWait(action: string, forMs: number, answer: HttpResponse | undefined): PollerError {
  const minutes = Math.ceil(Math.min(forMs, LONGEST_PAUSE_MS) / 60_000);
  const text = `${action}: HubSpot asked to wait for ${Math.ceil(forMs / 1000)} s. It is asked again in ${minutes} minutes.`;
  return new PollerError('hubspot-asks-to-wait', text, detailsOf(answer));
}

function burstOf({ headers }: HttpResponse): BurstHeaders {
  return {
    max: readNumber(headers['x-hubspot-ratelimit-max']),
    remaining: readNumber(headers['x-hubspot-ratelimit-remaining']),
    intervalMs: readNumber(headers['x-hubspot-ratelimit-interval-milliseconds']),
  };
}

function noteDaily(tally: Tally, { headers }: HttpResponse): void {
  tally.hubSpotDailyLimit = readNumber(headers['x-hubspot-ratelimit-daily']) ?? tally.hubSpotDailyLimit;
  tally.hubSpotDailyRemaining =
    readNumber(headers['x-hubspot-ratelimit-daily-remaining']) ?? tally.hubSpotDailyRemaining;
}

function failure(
  code: FailureCode,
  action: string,
  answer: HttpResponse | undefined,
  found?: string,
): PollerError {
  const error = readErrorBody(answer?.body ?? '');
  const text = `${action}: ${explainFailure(code, answer?.status, error, found)}`;
  return new PollerError(code, text, detailsOf(answer));
}

/** What HubSpot's support asks for. A gateway's HTML has no correlation id, its headers may. */
export function detailsOf(
  answer: HttpResponse | undefined,
): Pick<FailureDetails, 'status' | 'correlationId'> {
  const { correlationId } = readErrorBody(answer?.body ?? '');
  return {
    status: answer?.status,
    correlationId: correlationId ?? answer?.headers['x-hubspot-correlation-id'],
  };
}
