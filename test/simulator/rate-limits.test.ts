import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPortalState } from '../../infra/simulator/answer.ts';
import { DEFAULT_LIMITS, type Limits } from '../../infra/simulator/behaviour.ts';
import { ask, EVENTS, NOW } from './ask.ts';

const URL_OF_TYPE = `${EVENTS}?eventType=e_a`;

function portalWith(limits: Partial<Limits>) {
  return createPortalState({ limits: { ...DEFAULT_LIMITS, ...limits } });
}

describe('ten-second limit', () => {
  test('is never exceeded in any ten seconds, however requests come', () => {
    const gaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 9_000 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 12 }), (steps, per10Seconds) => {
        const state = portalWith({ per10Seconds });
        let now = NOW;
        const served: number[] = [];
        for (const step of steps) {
          now += step;
          if (ask(state, URL_OF_TYPE, now).status === 200) served.push(now);
        }
        for (const start of served) {
          expect(served.filter((at) => at >= start && at < start + 10_000).length).toBeLessThanOrEqual(
            per10Seconds,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  test('answers 429 with its policy, and again 200 when the window has moved on', () => {
    const state = portalWith({ per10Seconds: 2 });
    const statuses = [0, 4_000, 9_999, 10_000, 10_001].map((ms) => ask(state, URL_OF_TYPE, NOW + ms));
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 429, 200, 429]);
    expect(statuses[2]?.body).toMatchObject({
      status: 'error',
      errorType: 'RATE_LIMIT',
      policyName: 'TEN_SECONDLY_ROLLING',
      correlationId: expect.any(String),
    });
  });

  test('shows itself in the headers', () => {
    const { headers } = ask(portalWith({}), URL_OF_TYPE);
    expect(headers).toMatchObject({
      'x-hubspot-ratelimit-max': '190',
      'x-hubspot-ratelimit-remaining': '189',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
      'x-hubspot-ratelimit-daily': '650000',
      'x-hubspot-ratelimit-daily-remaining': '649999',
    });
  });

  test('shrinks by what other apps use', () => {
    const otherApps = (now: number) => ({ last10Seconds: now < NOW + 5_000 ? 0 : 188, today: 0 });
    const state = portalWith({ otherApps });
    expect(ask(state, URL_OF_TYPE).headers['x-hubspot-ratelimit-remaining']).toBe('189');
    expect(ask(state, URL_OF_TYPE, NOW + 5_000).headers['x-hubspot-ratelimit-remaining']).toBe('0');
    expect(ask(state, URL_OF_TYPE, NOW + 5_001).status).toBe(429);
  });

  test.each([
    ['none', undefined],
    ['seconds', '7'],
    ['date', new Date(NOW + 10_000).toUTCString()],
  ] as const)('writes Retry-After: %s', (retryAfter, header) => {
    const state = portalWith({ per10Seconds: 1, retryAfter });
    ask(state, URL_OF_TYPE, NOW);
    expect(ask(state, URL_OF_TYPE, NOW + 3_000).headers['retry-after']).toBe(header);
  });
});

describe('daily limit', () => {
  test('refuses until midnight in the account’s time zone', () => {
    const state = portalWith({ perDay: 1, zoneOffsetMinutes: 60 });
    const midnight = Date.UTC(2026, 10, 10, 23);
    expect(ask(state, URL_OF_TYPE, midnight - 2_000).status).toBe(200);
    expect(ask(state, URL_OF_TYPE, midnight - 1)).toMatchObject({
      status: 429,
      body: { policyName: 'DAILY' },
    });
    expect(ask(state, URL_OF_TYPE, midnight).status).toBe(200);
  });

  test('of an OAuth app is none, and has no headers', () => {
    const { headers } = ask(portalWith({ per10Seconds: 110, perDay: null }), URL_OF_TYPE);
    expect(Object.keys(headers).filter((name) => name.includes('daily'))).toEqual([]);
  });
});

test('secondly limit answers 429 with its policy and, where asked, the category', () => {
  const state = portalWith({ perSecond: 1, category: true });
  ask(state, URL_OF_TYPE);
  expect(ask(state, URL_OF_TYPE, NOW + 999).body).toMatchObject({
    policyName: 'SECONDLY',
    category: 'RATE_LIMITS',
  });
  expect(ask(state, URL_OF_TYPE, NOW + 1_000).status).toBe(200);
});
