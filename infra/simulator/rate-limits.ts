/** HubSpot's limits: a strict sliding window of ten seconds, a day, and on some endpoints a second. */
import type { Limits } from './behaviour.ts';
import { type Answer, answerError } from './faults/error-answer.ts';

/** The requests that were let through. Instants in UNIX ms, ascending. */
export interface Usage {
  sentAt: number[];
  day: number;
  today: number;
}

export type Policy = 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY';

const WINDOW_MS = 10_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export function createUsage(): Usage {
  return { sentAt: [], day: 0, today: 0 };
}

/** Counts the request where every limit allows it, and gives the policy that refuses it where one does. */
export function admitRequest(usage: Usage, limits: Limits, now: number): Policy | undefined {
  forgetOld(usage, limits, now);
  const others = limits.otherApps?.(now) ?? { last10Seconds: 0, today: 0 };
  if (limits.perDay !== null && usage.today + others.today >= limits.perDay) return 'DAILY';
  if (usage.sentAt.length + others.last10Seconds >= limits.per10Seconds) return 'TEN_SECONDLY_ROLLING';
  if (limits.perSecond !== null && countSince(usage, now - SECOND_MS) >= limits.perSecond) return 'SECONDLY';
  usage.sentAt.push(now);
  usage.today += 1;
  return undefined;
}

/** Gives the `X-HubSpot-RateLimit-*` headers. */
export function writeRateLimitHeaders(usage: Usage, limits: Limits, now: number): Record<string, string> {
  forgetOld(usage, limits, now);
  const others = limits.otherApps?.(now) ?? { last10Seconds: 0, today: 0 };
  const headers: Record<string, string> = {
    'x-hubspot-ratelimit-max': String(limits.per10Seconds),
    'x-hubspot-ratelimit-remaining': remaining(
      limits.per10Seconds,
      usage.sentAt.length + others.last10Seconds,
    ),
    'x-hubspot-ratelimit-interval-milliseconds': String(WINDOW_MS),
  };
  if (limits.perSecond !== null) {
    headers['x-hubspot-ratelimit-secondly'] = String(limits.perSecond);
    headers['x-hubspot-ratelimit-secondly-remaining'] = remaining(
      limits.perSecond,
      countSince(usage, now - SECOND_MS),
    );
  }
  if (limits.perDay !== null) {
    headers['x-hubspot-ratelimit-daily'] = String(limits.perDay);
    headers['x-hubspot-ratelimit-daily-remaining'] = remaining(limits.perDay, usage.today + others.today);
  }
  return headers;
}

/** Gives the 429 of a policy. */
export function answerOverLimit(
  policy: Policy,
  usage: Usage,
  limits: Limits,
  now: number,
  index: number,
): Answer {
  const fields = {
    message: `You have reached your ${policy.toLowerCase()} limit.`,
    errorType: 'RATE_LIMIT',
    policyName: policy,
    ...(limits.category ? { category: 'RATE_LIMITS' } : {}),
  };
  const answer = answerError(429, fields, index);
  if (limits.retryAfter === 'none') return answer;
  const freeAt = now + waitMs(policy, usage, limits, now);
  const seconds = Math.ceil((freeAt - now) / SECOND_MS);
  const date = new Date(Math.ceil(freeAt / SECOND_MS) * SECOND_MS).toUTCString();
  const retryAfter = limits.retryAfter === 'seconds' ? String(seconds) : date;
  return { ...answer, headers: { ...answer.headers, 'retry-after': retryAfter } };
}

function waitMs(policy: Policy, usage: Usage, limits: Limits, now: number): number {
  switch (policy) {
    case 'DAILY':
      return DAY_MS - ((now + limits.zoneOffsetMinutes * MINUTE_MS) % DAY_MS);
    case 'SECONDLY':
      return SECOND_MS;
    case 'TEN_SECONDLY_ROLLING':
      return WINDOW_MS - (now - (usage.sentAt[0] ?? now));
    default:
      return policy satisfies never;
  }
}

function forgetOld(usage: Usage, limits: Limits, now: number): void {
  const kept = usage.sentAt.findIndex((sentAt) => sentAt > now - WINDOW_MS);
  if (kept !== 0) usage.sentAt = kept < 0 ? [] : usage.sentAt.slice(kept);
  const day = Math.floor((now + limits.zoneOffsetMinutes * MINUTE_MS) / DAY_MS);
  if (day === usage.day) return;
  usage.day = day;
  usage.today = 0;
}

function countSince(usage: Usage, since: number): number {
  return usage.sentAt.filter((sentAt) => sentAt > since).length;
}

function remaining(limit: number, used: number): string {
  return String(Math.max(0, limit - used));
}
