/** What each stream's lag was at the end of the portal's latest runs, as far as the log tells. */
import { thin } from '../../show/sparkline.ts';
import type { LagHistory } from '../../stream-rows.ts';
import type { RunLine } from '../../target/run-line.ts';

/** How far back it looks. */
export const HISTORY_MS = 3_600_000;

/** Bars of a sparkline. */
const BARS = 24;

/**
 * A run's log line names the streams furthest behind. One that it does not name was at most as far behind as the
 * last of these: that is what is shown of it, so that a bar is never too low.
 */
export function readLagHistory(runs: readonly RunLine[], streams: readonly string[]): LagHistory {
  const told = runs.filter(({ furthestBehind }) => furthestBehind.length > 0);
  if (told.length < 2) return new Map();
  return new Map(
    streams.map((stream) => {
      const lags = told.map(({ furthestBehind }) => {
        const named = furthestBehind.find((each) => each.stream === stream);
        return (named ?? furthestBehind.at(-1))?.lagSeconds ?? 0;
      });
      return [stream, thin(lags, BARS)];
    }),
  );
}
