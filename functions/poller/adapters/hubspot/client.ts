/**
 * One request to HubSpot, with everything around it:
 *
 *   token ─▶ rate window ─▶ send ─▶ headers noted ─▶ 200: the answer
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
import { describeNetworkFailure, type HttpSend } from './http.ts';
import type { BurstHeaders, EndRequest, RateWindow } from './rate-limiter.ts';
import { type HttpAnswer, judgeAnswer, readErrorBody, readNumber, type Verdict } from './response.ts';
import type { GetToken } from './tokens.ts';

/** Below the 100 s after which HubSpot's edge gives up by itself (524). */
const REQUEST_TIMEOUT_MS = 30_000;

/** The most tries of one request. */
const ATTEMPTS = 8;

const BACKOFF = { baseMs: 500, capMs: 15_000 };

/** Whoever is told to wait for longer does not: that is a failure to be told of, not the end of a run's time. */
const LONGEST_WAIT_MS = 60_000;

/** HubSpot answers, and its edge refuses, what it takes for no browser and no named client. */
const USER_AGENT = 'hubspot-events-to-eventbridge';

export interface ClientOptions {
  readonly send: HttpSend;
  readonly getToken: GetToken;
  readonly rateWindow: RateWindow;
  readonly clock: Clock;
  readonly random: Random;
  readonly tally: Tally;
}

/** A request that took too long: the same one for a smaller page may do better. */
export class TooSlowError extends PollerError {}

/** What one try gave; without an answer, why. */
interface Attempt {
  readonly answer?: HttpAnswer;
  readonly isTimeout: boolean;
  readonly found: string;
}

/** Gives the answer to a GET, always a 200. @throws PollerError, TooSlowError */
export type HubSpotGet = (
  url: URL,
  action: string,
  until: Instant,
  stop?: AbortSignal,
) => Promise<HttpAnswer>;

export function createHubSpotGet(options: ClientOptions): HubSpotGet {
  const { send, getToken, rateWindow, clock, random, tally } = options;

  /** One try; a failure to get any answer becomes a verdict too. */
  async function attempt(url: URL, token: string, timeoutMs: number): Promise<Attempt> {
    try {
      const headers = {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': USER_AGENT,
      };
      const answer = await send({ method: 'GET', url, headers, timeoutMs });
      // Whatever a refusal quotes, it goes into the log.
      const body = answer.status === 200 ? answer.body : answer.body.replaceAll(token, '…');
      return { answer: { ...answer, body }, isTimeout: false, found: `status ${answer.status}` };
    } catch (thrown) {
      const isTimeout = thrown instanceof Error && thrown.name === 'TimeoutError';
      return { isTimeout, found: describeNetworkFailure(thrown) };
    }
  }

  return async (url, action, until, stop) => {
    let token = await getToken(until);
    let isFresh = false;
    for (let tries = 1; ; tries += 1) {
      const endRequest = await takeSlot(options, action, until, stop);
      const timeoutMs = Math.min(REQUEST_TIMEOUT_MS, until - clock.now());
      tally.hubSpotRequests += 1;
      const { answer, isTimeout, found } = await attempt(url, token, timeoutMs);
      const now = clock.now();
      endRequest(now, answer && burstOf(answer));
      if (answer !== undefined) noteDaily(tally, answer);
      if (answer?.status === 200) return answer;
      if (answer?.status === 429) tally.hubSpotThrottled += 1;
      const verdict = answer === undefined ? NO_ANSWER : judgeAnswer(answer, now);
      if (verdict.kind === 'fail') throw failure(verdict.code, action, answer);
      if (verdict.kind === 'credentials') {
        if (isFresh) throw failure('hubspot-unauthorized', action, answer);
        isFresh = true;
        token = await getToken(until, token);
        continue;
      }
      if (isTimeout && now >= until) throw outOfTime(action);
      if (verdict.isTooSlow || isTimeout) {
        const text = `${action}: HubSpot must answer in time, found ${found}.`;
        throw new TooSlowError(verdict.code, text, detailsOf(answer));
      }
      const { afterMs = 0, isThrottle } = verdict;
      if (isThrottle) rateWindow.pause(now + afterMs);
      if (afterMs > LONGEST_WAIT_MS || tries >= ATTEMPTS) {
        const told = afterMs > LONGEST_WAIT_MS ? ` and a Retry-After of ${Math.ceil(afterMs / 1000)} s` : '';
        throw failure(verdict.code, action, answer, `found after ${tries} tries: ${found}${told}`);
      }
      const jitterMs = backoffMs(tries, BACKOFF, random);
      const waitMs = verdict.afterMs === undefined ? jitterMs : afterMs + Math.min(jitterMs, 1_000);
      if (now + waitMs >= until) throw outOfTime(action);
      await clock.sleep(waitMs);
    }
  };
}

const NO_ANSWER: Extract<Verdict, { kind: 'again' }> = {
  kind: 'again',
  code: 'hubspot-unavailable',
  afterMs: undefined,
  isThrottle: false,
  isTooSlow: false,
};

/** Waits for a place in the rate window, and takes it. @throws PollerError `out-of-time` */
async function takeSlot(
  { rateWindow, clock }: ClientOptions,
  action: string,
  until: Instant,
  stop: AbortSignal | undefined,
): Promise<EndRequest> {
  for (;;) {
    const now = clock.now();
    const slotAt = rateWindow.nextAt(now);
    if (slotAt >= until || now >= until || stop?.aborted === true) throw outOfTime(action);
    if (slotAt <= now) return rateWindow.take(now);
    await clock.sleep(slotAt - now);
  }
}

function burstOf({ headers }: HttpAnswer): BurstHeaders {
  return {
    max: readNumber(headers['x-hubspot-ratelimit-max']),
    remaining: readNumber(headers['x-hubspot-ratelimit-remaining']),
    intervalMs: readNumber(headers['x-hubspot-ratelimit-interval-milliseconds']),
  };
}

function noteDaily(tally: Tally, { headers }: HttpAnswer): void {
  tally.hubSpotDailyLimit = readNumber(headers['x-hubspot-ratelimit-daily']) ?? tally.hubSpotDailyLimit;
  tally.hubSpotDailyRemaining =
    readNumber(headers['x-hubspot-ratelimit-daily-remaining']) ?? tally.hubSpotDailyRemaining;
}

function failure(
  code: FailureCode,
  action: string,
  answer: HttpAnswer | undefined,
  found?: string,
): PollerError {
  const error = readErrorBody(answer?.body ?? '');
  const text = `${action}: ${explainFailure(code, answer?.status, error, found)}`;
  return new PollerError(code, text, detailsOf(answer));
}

/** What HubSpot's support asks for. A gateway's HTML has no correlation id, its headers may. */
export function detailsOf(answer: HttpAnswer | undefined): Pick<FailureDetails, 'status' | 'correlationId'> {
  const { correlationId } = readErrorBody(answer?.body ?? '');
  return {
    status: answer?.status,
    correlationId: correlationId ?? answer?.headers['x-hubspot-correlation-id'],
  };
}
