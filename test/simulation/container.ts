/** A container of the function: what stays in its memory from one run to the next. */

import { RateLimiter } from '../../functions/poller/adapters/hubspot/rate-limiter.ts';
import type { TokenCache } from '../../functions/poller/adapters/hubspot/tokens.ts';
import { LedgerCache } from '../../functions/poller/publish/ledger-cache.ts';
import type { RunContext } from '../../functions/poller/run/stream-run.ts';
import type { UnflushedRows } from '../support/fake-ledger.ts';
import type { RunFacts, World } from './world.ts';
import { isAlive } from './world.ts';

export interface Container {
  readonly rateLimiter: RateLimiter;
  readonly tokens: TokenCache;
  readonly busCheck: { seenAt: number };
  readonly unflushed: UnflushedRows;
  readonly memory: RunContext['memory'];
  readonly ledgerCache: LedgerCache;
  run: RunFacts | undefined;
}

/** A container that is free, as Lambda keeps them, or a new one: always a new one for a cold start. */
export function takeContainer(world: World, isCold: boolean): Container {
  const free = world.containers.find(
    ({ run }) => run !== undefined && !isAlive(run) && run.killedAt === undefined,
  );
  if (free !== undefined && !isCold) return free;
  const container: Container = {
    rateLimiter: new RateLimiter(world.schedule.request.maxRequestsPer10Seconds),
    tokens: { oauth: undefined },
    busCheck: { seenAt: Number.NEGATIVE_INFINITY },
    unflushed: [],
    memory: { lastOwner: undefined, revisions: new Map() },
    // Small enough that buckets have to make room.
    ledgerCache: new LedgerCache(20_000),
    run: undefined,
  };
  world.containers.push(container);
  return container;
}
