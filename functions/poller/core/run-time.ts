import type { Instant } from './instant.ts';

/** Whose calls a run waits for. */
export type Peer = 'bus' | 'queue' | 'table';

/** From the end of the last write to the end of the run: metrics and the answer. */
const REPORT_MS = 300;

/** What each part keeps at least for those after it, however quick the last calls were. */
const LEAST_RESERVE_MS = 500;

/** A call may take so much longer than the slowest one lately. */
const MARGIN = 1.5;

/** With each further call the slowest one counts a little less. */
const FADING = 0.98;

/** No more of a run than this is kept for its end: a short run has to read, too. */
const MOST_RESERVED = 0.7;

/**
 * The ends of a run's parts, so that it ends by itself before Lambda would end it:
 *
 *   started ── reading ── readUntil ── publishing ── publishUntil ── ledger, checkpoints ── commitUntil
 *                                                        ── lease given back ── releaseUntil ── metrics ── deadline
 *
 * Each part leaves to those after it what their calls take, as they were seen in this run: with quick peers two
 * seconds in all, with slow ones as long as they need.
 */
export class RunTime {
  readonly startedAt: Instant;
  /** When Lambda ends the function. */
  readonly deadlineAt: Instant;
  readonly #slowestMs: Record<Peer, number> = { bus: 0, queue: 0, table: 0 };
  #pageMs = 0;

  constructor(startedAt: Instant, remainingMs: number) {
    this.startedAt = startedAt;
    this.deadlineAt = startedAt + remainingMs;
  }

  /** No page is asked for, and no answer of HubSpot awaited, after this. */
  get readUntil(): Instant {
    const { bus, queue } = this.#slowestMs;
    return this.#before(this.publishUntil, Math.max(this.#pageMs, bus + queue));
  }

  /** No PutEvents call and no dead letter is awaited after this. */
  get publishUntil(): Instant {
    // The ledger's row, and after it the checkpoint.
    return this.#before(this.commitUntil, 2 * this.#slowestMs.table);
  }

  /** No ledger row and no checkpoint is written after this. */
  get commitUntil(): Instant {
    return this.#before(this.releaseUntil, this.#slowestMs.table);
  }

  /** The lease is given back before this. */
  get releaseUntil(): Instant {
    return this.deadlineAt - Math.min(REPORT_MS, (this.deadlineAt - this.startedAt) / 20);
  }

  /** Notes how long a call took, whether it was answered or not. */
  noteCall(peer: Peer, tookMs: number): void {
    this.#slowestMs[peer] = Math.max(tookMs, this.#slowestMs[peer] * FADING);
  }

  /** Notes how long a page took from its answer to the ledger. */
  notePage(tookMs: number): void {
    this.#pageMs = Math.max(tookMs, this.#pageMs * FADING);
  }

  /** How long a call is likely to take at most: one that would not end in time is not begun. */
  expectedMs(peer: Peer): number {
    return this.#slowestMs[peer];
  }

  #before(end: Instant, callsMs: number): Instant {
    const earliest = this.deadlineAt - MOST_RESERVED * (this.deadlineAt - this.startedAt);
    return Math.max(earliest, end - Math.max(LEAST_RESERVE_MS, MARGIN * callsMs));
  }
}
