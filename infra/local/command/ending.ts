/**
 * How `npm start` comes to its end when it is asked for: at once where nothing is lost by it, else when the runs under
 * way are over, and never later than after the grace.
 */

import type { View } from '../view/view.ts';
import type { Polling } from './schedule.ts';

/** How long a run whose state is kept may take to get to its end by itself. */
const GRACE_MS = 10_000;

/** npm hands a signal on to its child, which the terminal has told too: two so close are one. */
export const SAME_SIGNAL_MS = 500;

export interface EndingOptions {
  readonly polling: Pick<Polling, 'underWay'>;
  readonly view: Pick<View, 'showEnding'>;
  /** Whether the checkpoints outlast this process: then a killed run repeats what it had in flight. */
  readonly isStateKept: boolean;
  readonly kill: () => void;
}

export interface Ending {
  /** The end is asked for; asked again, a while later, it waits for nothing. */
  readonly ask: () => void;
  /** Nothing is left to be ended. */
  readonly dispose: () => void;
}

/** @param now UNIX ms */
export function createEnding(
  { polling, view, isStateKept, kill }: EndingOptions,
  now: () => number = Date.now,
): Ending {
  let askedAt: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  function begin(): void {
    const names = [...polling.underWay];
    if (names.length === 0) {
      view.showEnding('Ending.');
    } else if (isStateKept) {
      view.showEnding(
        `Ending: waiting for ${describeRuns(names)}, at most ${GRACE_MS / 1000} seconds; Ctrl-C again ends at once.`,
      );
      timer = setTimeout(kill, GRACE_MS);
    } else {
      const [are, their] = names.length === 1 ? ['is', 'its'] : ['are', 'their'];
      view.showEnding(
        `Ending: ${describeRuns(names)} ${are} broken off, for ${their} state was in memory alone.`,
      );
      kill();
    }
  }

  return {
    ask: () => {
      if (askedAt === undefined) {
        askedAt = now();
        begin();
      } else if (now() - askedAt > SAME_SIGNAL_MS) {
        kill();
      }
    },
    dispose: () => clearTimeout(timer),
  };
}

function describeRuns([first, ...others]: readonly string[]): string {
  return others.length === 0 ? `the run of ${first}` : `the runs of ${others.length + 1} portals`;
}
