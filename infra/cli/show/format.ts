/** Times, durations and counts as people read them. */

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 24 * HOUR;

/** From so many seconds on an age is told in this unit: two of a unit before it tells more than one of the next. */
const AGES = [
  { unit: 'year', seconds: 365 * DAY, from: 2 * 365 * DAY },
  { unit: 'month', seconds: 30 * DAY, from: 60 * DAY },
  { unit: 'day', seconds: DAY, from: 2 * DAY },
  { unit: 'hour', seconds: HOUR, from: 0 },
] as const;

/** A duration: `0.3s`, `12s`, `5m 10s`, and from an hour on `3 hours`, `12 days`, `10 months`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${whole % MINUTE}s`;
  const age = AGES.find(({ from }) => whole >= from) ?? AGES[3];
  return plural(Math.floor(whole / age.seconds), age.unit);
}

/** How long ago an instant was: `12s ago`; empty where there is none. */
export function formatAgo(at: number | undefined, now: number): string {
  return at === undefined ? '' : `${formatDuration((now - at) / 1000)} ago`;
}

/** `1 portal`, `1,200 portals`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

/** `1,200`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** An instant to the second: `2026-11-23T22:10:12Z`. */
export function formatInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** An instant as JSON has it; null where there is none. */
export function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

/** Seconds to the millisecond; null where there are none. */
export function roundedOrNull(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 1000) / 1000;
}
