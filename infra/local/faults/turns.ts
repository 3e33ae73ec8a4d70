/** One thing at a time for each portal: a run, or somebody who changes what is stored. */
import pLimit, { type LimitFunction } from 'p-limit';

/** Runs the task when the portal's others have come to their end; gives what it gives. */
export type Turns = <T>(portal: string, task: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  const limits = new Map<string, LimitFunction>();
  return (portal, task) => {
    const limit = limits.get(portal) ?? pLimit(1);
    limits.set(portal, limit);
    return limit(task);
  };
}
