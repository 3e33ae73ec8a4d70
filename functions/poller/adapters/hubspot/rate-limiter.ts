import type { Instant } from '../../core/instant.ts';

/** What HubSpot's headers say of the account's burst limit; undefined what they leave out. */
export interface BurstHeaders {
  readonly max: number | undefined;
  readonly remaining: number | undefined;
  readonly intervalMs: number | undefined;
}

const WINDOW_MS = 10_000;

/** The share of the account's limit that all its apps together may have used up by this one's requests. */
const USABLE_SHARE = 0.9;

/** The headers never take the limit below this share of the configured one: beyond it 429 answers tell. */
const LEAST_SHARE = 0.1;

/** No pause is longer: one that seems to be was set by a clock that ran ahead. */
const LONGEST_PAUSE_MS = 15 * 60_000;

/** Tells that a request is over: answered, with the headers of the answer, or given up. */
export type EndRequest = (now: Instant, headers?: BurstHeaders) => void;

/**
 * The requests of the last ten seconds: at most `limit` in any ten, not ten more at once after a pause as from a
 * bucket that fills. HubSpot counts a request at some instant between its sending and its answer, so each holds
 * its slot from the one until ten seconds after the other. One for a portal, over all its streams, kept over the
 * runs of one process.
 */
export class RateLimiter {
  readonly #configured: number;
  #limit: number;
  #underWay = 0;
  /** The instants from which the slots of requests that are over are free again, ascending. */
  #freeAt: Instant[] = [];
  #pausedUntil: Instant = Number.NEGATIVE_INFINITY;

  constructor(maxRequestsPer10Seconds: number) {
    this.#configured = maxRequestsPer10Seconds;
    this.#limit = maxRequestsPer10Seconds;
  }

  /** When the next request may go: now, or no sooner than then. */
  nextAt(now: Instant): Instant {
    this.#forget(now);
    const above = this.#underWay + this.#freeAt.length - this.#limit;
    // With more under way than may be, no slot is known to get free; one that does takes a whole window.
    const slotAt = above < 0 ? now : (this.#freeAt[above] ?? now + WINDOW_MS);
    return Math.max(now, slotAt, this.#pausedUntil);
  }

  /** Notes that a request goes now; the caller ends it, once. Valid only where `nextAt` gave now. */
  take(now: Instant): EndRequest {
    this.#forget(now);
    this.#underWay += 1;
    const own = this.#underWay + this.#freeAt.length;
    return (endedAt, headers) => {
      this.#underWay -= 1;
      this.#freeAt.push(endedAt + WINDOW_MS);
      if (headers !== undefined) this.#adjust(headers, own);
    };
  }

  /** How long nobody asks from now on. */
  pauseMs(now: Instant): number {
    this.#forget(now);
    return Math.max(0, this.#pausedUntil - now);
  }

  /** Nobody asks before this. */
  pause(until: Instant): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  /** Tightens and loosens the limit after HubSpot's headers: what the account's other apps use is left to them. */
  #adjust({ max, remaining, intervalMs = WINDOW_MS }: BurstHeaders, own: number): void {
    if (max === undefined || max <= 0 || intervalMs <= 0) return;
    const isSameWindow = intervalMs === WINDOW_MS && remaining !== undefined;
    const others = isSameWindow ? Math.max(0, max - remaining - own) : 0;
    const usable = Math.floor((max * WINDOW_MS * USABLE_SHARE) / intervalMs) - others;
    // Headers that always say "0 left" must not stop requests that HubSpot would answer.
    const least = Math.max(1, Math.floor(this.#configured * LEAST_SHARE));
    this.#limit = Math.max(least, Math.min(this.#configured, usable));
  }

  #forget(now: Instant): void {
    while (this.#freeAt[0] !== undefined && this.#freeAt[0] <= now) this.#freeAt.shift();
    this.#pausedUntil = Math.min(this.#pausedUntil, now + LONGEST_PAUSE_MS);
    const latest = now + WINDOW_MS;
    // The clock was set back: no slot is held for longer than a window.
    if ((this.#freeAt.at(-1) ?? now) > latest) this.#freeAt = this.#freeAt.map((at) => Math.min(at, latest));
  }
}
