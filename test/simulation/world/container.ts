/** A process of the function: what stays in its memory from one run to the next. */
import { RateLimiter } from '../../../functions/poller/adapters/hubspot/rate-limiter.ts';
import type { TokenCache } from '../../../functions/poller/adapters/hubspot/tokens.ts';
import { LedgerCache } from '../../../functions/poller/publish/ledger-cache.ts';
import type { RunContext } from '../../../functions/poller/run/stream-run.ts';
import type { UnflushedRows } from '../../support/fake-ledger.ts';
import { isAlive, type RunFacts } from './run-facts.ts';
import type { World } from './world.ts';

/** What a process keeps of a portal while its settings stay: as the handler does. */
export interface WarmPortal {
  readonly mostRequests: number;
  readonly rateLimiter: RateLimiter;
  readonly tokens: TokenCache;
}

export interface Container {
  readonly busCheck: { seenAt: number };
  readonly ledgerCache: LedgerCache;
  readonly unflushed: UnflushedRows;
  readonly memory: RunContext['memory'];
  warm: WarmPortal | undefined;
  run: RunFacts;
}

/** A process that is free, as Lambda keeps them, or a new one. */
export function takeContainer(world: World, run: RunFacts): Container {
  const free = world.containers.filter(
    (container) => container.run.endedAt !== undefined && !isAlive(container.run),
  );
  const { process } = run.invocation;
  const kept = process === 'first' ? free[0] : undefined;
  const drawn = typeof process === 'number' ? free[Math.floor(process * (free.length + 1))] : undefined;
  const taken = kept ?? drawn;
  if (taken !== undefined) {
    taken.run = run;
    return taken;
  }
  const container: Container = {
    busCheck: { seenAt: Number.NEGATIVE_INFINITY },
    // Small enough that buckets have to make room.
    ledgerCache: new LedgerCache(20_000),
    unflushed: [],
    memory: { lastOwner: undefined, revisions: new Map() },
    warm: undefined,
    run,
  };
  world.containers.push(container);
  return container;
}

export function warmPortalOf(container: Container, mostRequests: number): WarmPortal {
  if (container.warm?.mostRequests !== mostRequests) {
    const rateLimiter = new RateLimiter(mostRequests);
    container.warm = { mostRequests, rateLimiter, tokens: { oauth: undefined } };
  }
  return container.warm;
}
