/** A process of the function: what stays in its memory from one run to the next. */
import { RateLimiter } from '../../../functions/poller/adapters/hubspot/rate-limiter.ts';
import type { TokenCache } from '../../../functions/poller/adapters/hubspot/tokens.ts';
import { LedgerCache } from '../../../functions/poller/publish/ledger-cache.ts';
import type { RunContext } from '../../../functions/poller/run/stream-run.ts';
import type { UnflushedRows } from '../../support/fake-ledger.ts';
import { isAlive, type RunFacts } from './run-facts.ts';
import type { World } from './world.ts';

/** What a process keeps of a portal, by the settings that it depends on: as the handler does. */
export interface WarmPortal {
  readonly mostRequests: number;
  readonly rateLimiter: RateLimiter;
  readonly tokens: TokenCache;
  readonly unflushed: UnflushedRows;
  readonly memory: RunContext['memory'];
}

export interface Container {
  readonly busCheck: { seenAt: number };
  readonly ledgerCache: LedgerCache;
  readonly warm: Map<number, WarmPortal>;
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
    warm: new Map(),
    run,
  };
  world.containers.push(container);
  return container;
}

export function warmPortalOf({ warm }: Container, mostRequests: number): WarmPortal {
  const known = warm.get(mostRequests);
  if (known !== undefined) return known;
  const made: WarmPortal = {
    mostRequests,
    rateLimiter: new RateLimiter(mostRequests),
    tokens: { oauth: undefined },
    unflushed: [],
    memory: { lastOwner: undefined, revisions: new Map() },
  };
  warm.set(mostRequests, made);
  return made;
}
