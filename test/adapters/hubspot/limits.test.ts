/** The client under HubSpot's own limits: many streams at once, other apps beside them. Virtual time, no sockets. */
import { describe, expect, test } from 'vitest';
import { createHubSpotGet } from '../../../functions/poller/adapters/hubspot/client.ts';
import type { HttpSend } from '../../../functions/poller/adapters/hubspot/http.ts';
import { RateLimiter } from '../../../functions/poller/adapters/hubspot/rate-limiter.ts';
import { createEventSource } from '../../../functions/poller/adapters/hubspot/source.ts';
import { startTally } from '../../../functions/poller/core/tally.ts';
import { type PollerError, toPollerError } from '../../../functions/poller/errors.ts';
import { answerHubSpot, createPortalState } from '../../../infra/simulator/answer.ts';
import { DEFAULT_LIMITS, type Limits, SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { seedRandom } from '../../../infra/simulator/seeded-random.ts';
import { createVirtualTime } from '../../support/virtual-time.ts';
import { HOUR, NOON, PAGE } from './hubspot-rig.ts';

/** Sixteen streams ask for page after page for five minutes. */
async function pollHard(limits: Partial<Limits>, maxRequestsPer10Seconds: number, seed: string) {
  const portal = createPortalState({ limits: { ...DEFAULT_LIMITS, ...limits } });
  const time = createVirtualTime(NOON);
  const random = seedRandom(seed);
  const tally = startTally();
  const countedAt: number[] = [];
  const send: HttpSend = async ({ url, headers }) => {
    await time.sleep(random() * 300);
    countedAt.push(time.now());
    const { authorization } = headers;
    const answer = answerHubSpot(portal, { method: 'GET', url: url.href, authorization }, time.now());
    await time.sleep(random() * 200);
    return answer;
  };
  const getToken = async () => SIMULATED_TOKEN;
  const clock = time.clock();
  const get = createHubSpotGet({
    send,
    getToken,
    rateLimiter: new RateLimiter(maxRequestsPer10Seconds),
    clock,
    random,
    tally,
  });
  const source = createEventSource({
    get,
    getToken,
    apiUrl: 'https://api.hubapi.com',
    apiVersion: 'v3',
    clock,
  });
  const until = NOON + HOUR / 12;
  const stream = async () => {
    let error: PollerError | undefined;
    // A refusal that stays ends one reading; the end of the time ends them all.
    while (error?.code !== 'out-of-time')
      error = await source.readPage(PAGE, until).then(() => undefined, toPollerError);
  };
  await time.until(Promise.all(Array.from({ length: 16 }, stream)));
  const most = countedAt.reduce(
    (found, first) => Math.max(found, countedAt.filter((at) => at >= first && at < first + 10_000).length),
    0,
  );
  return { tally, most, share: tally.hubSpotThrottled / tally.hubSpotRequests };
}

describe('sixteen streams at once', () => {
  test('keep to the configured limit in any ten seconds, and use it', async () => {
    const { tally, most, share } = await pollHard({ per10Seconds: 190 }, 90, 'alone');
    expect(most).toBeLessThanOrEqual(90);
    expect(tally.hubSpotRequests).toBeGreaterThan(0.9 * 30 * 90);
    expect(share).toBe(0);
    expect(tally.hubSpotDailyLimit).toBe(650_000);
    expect(tally.hubSpotDailyRemaining).toBe(650_000 - tally.hubSpotRequests);
  });

  test('keep below an account’s limit that is smaller than the configured one', async () => {
    const { share, tally } = await pollHard({ per10Seconds: 50 }, 90, 'small');
    expect(share).toBeLessThan(0.05);
    expect(tally.hubSpotRequests).toBeGreaterThan(30 * 40);
  });

  test.each([30, 60, 80])('leave the account’s other apps the %i of 100 that they use', async (others) => {
    const limits = { per10Seconds: 100, otherApps: () => ({ last10Seconds: others, today: 0 }) };
    const { share, tally } = await pollHard(limits, 90, `others ${others}`);
    expect(share).toBeLessThan(0.05);
    // What is left, less the tenth that is kept free, is used.
    expect(tally.hubSpotRequests).toBeGreaterThan(30 * 0.75 * (90 - others));
  });

  test('meet few refusals where the other apps come in bursts', async () => {
    const burst = (now: number) => (Math.floor((now - NOON) / 30_000) % 2 === 0 ? 10 : 70);
    const limits = {
      per10Seconds: 100,
      otherApps: (now: number) => ({ last10Seconds: burst(now), today: 0 }),
    };
    const { share } = await pollHard(limits, 90, 'bursts');
    expect(share).toBeLessThan(0.05);
  });
});
