import type { Instant } from './instant.ts';

/** The latest ends of a run's parts, so that it ends by itself before Lambda would end it. */
export interface RunTime {
  readonly startedAt: Instant;
  /** No page is asked for, and no answer awaited, after this. */
  readonly readUntil: Instant;
  /** No PutEvents call and no dead letter is begun after this. */
  readonly publishUntil: Instant;
  /** Ledger and checkpoints are written up to this. */
  readonly commitUntil: Instant;
  /** When Lambda ends the function. */
  readonly deadlineAt: Instant;
}

/** What each part keeps for those after it: enough for a page of 1,000 events at a slow moment of AWS. */
const PUBLISH_MS = 2_500;
const COMMIT_MS = 2_000;
const REPORT_MS = 500;

/** The run's times, from what Lambda leaves it. With less than 20 s every part is cut in proportion. */
export function planRunTime(startedAt: Instant, remainingMs: number): RunTime {
  const share = Math.min(1, remainingMs / 20_000);
  const deadlineAt = startedAt + remainingMs;
  const commitUntil = deadlineAt - REPORT_MS * share;
  const publishUntil = commitUntil - COMMIT_MS * share;
  return { startedAt, readUntil: publishUntil - PUBLISH_MS * share, publishUntil, commitUntil, deadlineAt };
}
