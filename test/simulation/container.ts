/** A container of the function: what stays in its memory from one run to the next. */

import { RateWindow } from '../../functions/poller/adapters/hubspot/rate-limiter.ts';
import type { TokenCache } from '../../functions/poller/adapters/hubspot/tokens.ts';
import type { OwedRows } from '../support/fake-ledger.ts';
import type { RunFacts, World } from './world.ts';
import { isAlive } from './world.ts';

export interface Container {
  readonly rateWindow: RateWindow;
  readonly tokens: TokenCache;
  readonly busCheck: { seenAt: number };
  /** What the ledger is owed. */
  readonly owed: OwedRows;
  run: RunFacts | undefined;
}

/** A container that is free, as Lambda keeps them, or a new one: always a new one for a cold start. */
export function takeContainer(world: World, isCold: boolean): Container {
  const free = world.containers.find(
    ({ run }) => run !== undefined && !isAlive(run) && run.killedAt === undefined,
  );
  if (free !== undefined && !isCold) return free;
  const container: Container = {
    rateWindow: new RateWindow(world.schedule.request.maxRequestsPer10Seconds),
    tokens: { oauth: undefined },
    busCheck: { seenAt: Number.NEGATIVE_INFINITY },
    owed: [],
    run: undefined,
  };
  world.containers.push(container);
  return container;
}
