/** What each answer of HubSpot does to a run: requests, waits, the watermark, the metrics, the sentence in the log. */
import { describe, expect, test } from 'vitest';
import type { FailureCode } from '../../../functions/poller/errors.ts';
import type { Fault } from '../../../infra/simulator/faults/fault.ts';
import { PORTAL } from '../../support/rig.ts';
import { HOUR, makeEvents, NOON } from './hubspot-rig.ts';
import { createPolledPortal } from './polled-portal.ts';

const EVENTS = 3;

/** The waits of eight tries, with a jitter of half its bound. */
const BACKOFF = [250, 500, 1_000, 2_000, 4_000, 7_500, 7_500];

const status = (code: number, more: object = {}): Fault => ({ kind: 'status', status: code, ...more });
const html = (code: number): Fault => status(code, { body: 'html' });

/** Polls a portal of one stream, an hour behind, whose first `amount` answers are the fault. */
async function pollWith(fault: Fault, amount: number) {
  let left = amount;
  const hook = () => {
    left -= 1;
    return left >= 0 ? fault : null;
  };
  const behaviour = { fault: hook };
  const impatientRequests = fault.kind === 'silent' || fault.kind === 'slow' ? amount : 0;
  await using polled = await createPolledPortal(
    { events: makeEvents(EVENTS), impatientRequests, behaviour },
    { sweepEveryMinutes: 0 },
  );
  const { failure, report } = await polled.run();
  const { watermark } = polled.state.checkpoints.get(`${PORTAL}/e_a`) ?? {};
  const told = polled.log.lines.filter(({ level }) => level !== 'info');
  return {
    requests: polled.hubspot.portal.requestCount(),
    waits: polled.hubspot.clock.waits,
    published: polled.bus.accepted.length,
    watermark: watermark === NOON ? 'moved' : watermark === NOON - HOUR ? 'kept' : watermark,
    failing: report?.streamsFailing,
    throttled: report?.tally.hubSpotThrottled,
    lagSeconds: report?.lagSeconds,
    metricRequests: report?.tally.hubSpotRequests,
    runEnds: failure?.code,
    told: told.map(({ message }) => message),
    sentence: told.at(-1)?.fields['reason'],
    correlationId: told.at(-1)?.fields['correlationId'],
    status: told.at(-1)?.fields['status'],
  };
}

describe('an answer that passes leaves nothing behind but its waits', () => {
  const NO_WAIT: readonly number[] = [];
  test.each<[string, Fault, readonly number[], number]>([
    ['401', status(401), NO_WAIT, 0],
    ['408', status(408), [250], 0],
    ['423, for two seconds at least', status(423), [2_250], 0],
    ['429 without Retry-After, for ten seconds', status(429), [10_250], 1],
    ['429 of a policy by the second', status(429, { fields: { policyName: 'SECONDLY' } }), [1_250], 1],
    ['429 with Retry-After in seconds', status(429, { retryAfter: 7 }), [7_250], 1],
    ['429 with a date', status(429, { retryAfter: 'Tue, 10 Nov 2026 12:00:05 GMT' }), [5_250], 1],
    ['429 with a date that is past', status(429, { retryAfter: 'Tue, 10 Nov 2026 11:00:00 GMT' }), [250], 1],
    [
      '429 with the interval in a header',
      status(429, { headers: { 'x-hubspot-ratelimit-interval-milliseconds': '4000' } }),
      [4_250],
      1,
    ],
    ['429 in HTML', html(429), [10_250], 1],
    ['429 without a body', status(429, { body: 'empty' }), [10_250], 1],
    ['500', status(500), [250], 0],
    ['502 in HTML', html(502), [250], 0],
    ['503 with Retry-After', status(503, { retryAfter: 3 }), [3_250], 0],
    ['504 without a body', status(504, { body: 'empty' }), [250], 0],
    ['520', html(520), [250], 0],
    ['521', html(521), [250], 0],
    ['522', html(522), [250], 0],
    ['523', html(523), [250], 0],
    ['524, with a smaller page', html(524), NO_WAIT, 0],
    ['530, with the secret read again', html(530), NO_WAIT, 0],
    ['a reset before the answer', { kind: 'reset', when: 'before-answer' }, [250], 0],
    ['a reset in the body', { kind: 'reset', when: 'in-body' }, [250], 0],
    ['no answer at all, with a smaller page', { kind: 'silent' }, NO_WAIT, 0],
    ['a 200 that is cut', { kind: 'truncated' }, NO_WAIT, 0],
    ['a 200 that is a gateway’s', { kind: 'body', body: '<html></html>' }, NO_WAIT, 0],
    ['a body that stops half-way', { kind: 'slow', when: 'in-body', delayMs: 9_000 }, NO_WAIT, 0],
  ])('%s', async (_what, fault, waits, throttled) => {
    const sleptMs = waits.reduce((sum, wait) => sum + wait, 0);
    expect(await pollWith(fault, 1)).toMatchObject({
      requests: 2,
      metricRequests: 2,
      waits,
      throttled,
      published: EVENTS,
      watermark: 'moved',
      lagSeconds: sleptMs / 1_000,
      failing: 0,
      runEnds: undefined,
      told: [],
    });
  });

  test('another content type matters to nobody', async () => {
    const fault: Fault = { kind: 'content-type', contentType: 'text/plain' };
    expect(await pollWith(fault, 1)).toMatchObject({
      requests: 1,
      published: EVENTS,
      watermark: 'moved',
      told: [],
    });
  });
});

const TLS = "HubSpot's edge could not make a secure connection";
const PAGE = 'Reading a page of e_a: ';

describe('an answer that stays fails the stream, and keeps the watermark', () => {
  test.each<[string, Fault, number, readonly number[], string]>([
    ['400', status(400), 2, [], 'HubSpot refused the request (status 400: Status 400).'],
    [
      '400 for where it is stored',
      status(400, { fields: { message: 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS' } }),
      1,
      [],
      'HubSpot does not let this event type be read, for where it is stored (status 400: EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS). It is tried again after half an hour, then once a day.',
    ],
    [
      '404',
      status(404),
      1,
      [],
      'HubSpot has no such path any more (status 404: Status 404). Set a newer apiVersion, or look at apiUrl.',
    ],
    ['408', status(408), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 408.'],
    ['414', html(414), 1, [], 'HubSpot refused the request (status 414).'],
    [
      '423',
      status(423),
      8,
      [2_250, 2_500, 3_000, 3_000, 3_000, 3_000, 3_000],
      'HubSpot must answer, found after 8 tries: status 423.',
    ],
    [
      '429',
      status(429),
      8,
      [10_250, 10_500, 11_000, 11_000, 11_000, 11_000, 11_000],
      "HubSpot's rate limit left no room, found after 8 tries: status 429. Lower maxRequestsPer10Seconds, or the other apps' share.",
    ],
    ['500', status(500), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 500.'],
    ['502', html(502), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 502.'],
    ['503', html(503), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 503.'],
    [
      '503 for an hour',
      status(503, { retryAfter: 3_600 }),
      1,
      [],
      'HubSpot must answer, found after 1 tries: status 503 and a Retry-After of 3600 s.',
    ],
    ['504', html(504), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 504.'],
    ['521', html(521), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 521.'],
    ['522', html(522), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 522.'],
    ['523', html(523), 8, BACKOFF, 'HubSpot must answer, found after 8 tries: status 523.'],
    ['524, down to the smallest page', html(524), 5, [], 'HubSpot must answer in time, found status 524.'],
    [
      'a redirect',
      status(302, { headers: { location: 'https://example.com/' } }),
      1,
      [],
      'HubSpot refused the request (status 302: Status 302).',
    ],
    [
      'resets',
      { kind: 'reset', when: 'before-answer' },
      8,
      BACKOFF,
      'HubSpot must answer, found after 8 tries: no answer (ECONNRESET).',
    ],
    ['silence', { kind: 'silent' }, 5, [], 'HubSpot must answer in time, found no answer (TimeoutError).'],
    [
      'truncated JSON',
      { kind: 'truncated' },
      3,
      [],
      'the answer must be JSON, found 197 characters of something else.',
    ],
    ['an empty body', { kind: 'body', body: '' }, 3, [], 'the answer must be JSON, found an empty body.'],
    [
      'HTML in place of JSON',
      { kind: 'body', body: '<html>maintenance</html>' },
      3,
      [],
      'the answer must be JSON, found 24 characters of something else.',
    ],
    [
      'JSON that is no page',
      { kind: 'no-results' },
      3,
      [],
      'the answer is not as HubSpot documents it: results: Invalid input: expected array, received undefined',
    ],
  ])('%s', async (_what, fault, requests, waits, sentence) => {
    const sleptMs = waits.reduce((sum, wait) => sum + wait, 0);
    const outcome = await pollWith(fault, 1_000);
    const isRefusal = sentence.includes('once a day');
    expect(outcome).toMatchObject({
      requests,
      metricRequests: requests,
      waits,
      throttled: fault.kind === 'status' && fault.status === 429 ? requests : 0,
      published: 0,
      watermark: 'kept',
      // A refused type is set aside: it counts among the failing streams, no longer for the lag.
      lagSeconds: isRefusal ? 0 : 3_600 + sleptMs / 1_000,
      failing: 1,
      runEnds: undefined,
      told: ['A stream failed'],
      sentence: PAGE + sentence,
    });
    if (fault.kind !== 'reset' && fault.kind !== 'silent') {
      expect(outcome.correlationId).toMatch(/^[0-9a-f-]{36}$/);
      expect(outcome.status).toBe(fault.kind === 'status' ? fault.status : 200);
    }
  });
});

describe('an answer about the account ends the run, with every checkpoint as it was', () => {
  test.each<[string, Fault, number, FailureCode, string]>([
    [
      '401',
      status(401),
      2,
      'hubspot-unauthorized',
      'HubSpot must accept the token, and refused it twice (status 401: Status 401). Write a valid token into the secret.',
    ],
    [
      '530',
      html(530),
      2,
      'hubspot-unauthorized',
      'HubSpot must accept the token, and refused it twice (status 530). Write a valid token into the secret.',
    ],
    [
      '429 for the day',
      status(429, { fields: { policyName: 'DAILY', message: 'You have reached your daily limit.' } }),
      1,
      'hubspot-daily-limit',
      "the account's daily limit is spent (status 429: You have reached your daily limit.). Polling goes on when HubSpot resets it, at midnight in the account's time zone.",
    ],
    [
      '477',
      status(477, { retryAfter: 86_400 }),
      1,
      'hubspot-moving',
      'HubSpot is moving the account to another data centre (status 477: This account is being migrated between data centers). Polling goes on when that is done, within a day.',
    ],
    [
      '429 for an hour',
      status(429, { retryAfter: 3_600 }),
      1,
      'hubspot-asks-to-wait',
      'HubSpot asked to wait for 3600 s. It is asked again in 15 minutes.',
    ],
    ['525', html(525), 1, 'hubspot-tls', `${TLS} (status 525).`],
    ['526', html(526), 1, 'hubspot-tls', `${TLS} (status 526).`],
  ])('%s', async (_what, fault, requests, code, sentence) => {
    expect(await pollWith(fault, 1_000)).toMatchObject({
      requests,
      waits: [],
      throttled: fault.kind === 'status' && fault.status === 429 ? 1 : 0,
      published: 0,
      watermark: 'kept',
      lagSeconds: 3_600,
      runEnds: code,
      told: ['The run failed'],
      sentence: PAGE + sentence,
      correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});
