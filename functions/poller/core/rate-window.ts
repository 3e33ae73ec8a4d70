import type { Instant } from './instant.ts';

/** What HubSpot's headers say of the account's burst limit; undefined what they leave out. */
export interface BurstHeaders {
  readonly max: number | undefined;
  readonly remaining: number | undefined;
  readonly intervalMs: number | undefined;
}

const WINDOW_MS = 10_000;

/** A request reaches HubSpot between its sending and its answer; it counts from its answer, but no later than this. */
const TRAVEL_MS = 150;

/** The share of the account's own limit left to its other apps. */
const OWN_SHARE = 0.9;

/**
 * The requests of the last ten seconds: at most `limit` in any ten, not ten more at once after a pause as from a
 * bucket that fills. One for a portal, over all its streams, kept over the runs of one process.
 */
export class RateWindow {
  readonly #configured: number;
  #limit: number;
  /** The instants from which slots are free again, in order of their taking. */
  readonly #freeAt: Instant[] = [];
  #pausedUntil: Instant = Number.NEGATIVE_INFINITY;

  constructor(maxRequestsPer10Seconds: number) {
    this.#configured = maxRequestsPer10Seconds;
    this.#limit = maxRequestsPer10Seconds;
  }

  /** When the next request may go: now, or later. */
  nextAt(now: Instant): Instant {
    let first = this.#freeAt[0];
    while (first !== undefined && first <= now) {
      this.#freeAt.shift();
      first = this.#freeAt[0];
    }
    const taken = this.#freeAt.length;
    const slotAt = taken < this.#limit ? now : (this.#freeAt[taken - this.#limit] ?? now);
    return Math.max(now, slotAt, this.#pausedUntil);
  }

  /** Notes that a request goes now. Valid only where `nextAt` gave now. */
  take(now: Instant): void {
    this.#freeAt.push(now + TRAVEL_MS + WINDOW_MS);
  }

  /** Nobody asks before this. */
  pause(until: Instant): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  /** Tightens and loosens the limit after HubSpot's headers: the account's other apps keep their share. */
  note({ max, remaining, intervalMs }: BurstHeaders, now: Instant): void {
    if (max === undefined || max <= 0) return;
    const interval = intervalMs ?? WINDOW_MS;
    const allowed = Math.floor((max * WINDOW_MS * OWN_SHARE) / interval);
    this.#limit = Math.max(1, Math.min(this.#configured, allowed));
    if (remaining === undefined || remaining >= max * (1 - OWN_SHARE)) return;
    // Others use the account too, and little is left: come back with what a tenth of the interval frees.
    this.pause(now + interval / 10);
  }
}
