/** What a process keeps of each portal from one run to the next. */
import type { LedgerRow } from './adapters/dynamodb/ledger.ts';
import { RateLimiter } from './adapters/hubspot/rate-limiter.ts';
import type { TokenCache } from './adapters/hubspot/tokens.ts';
import type { SecretCache } from './adapters/secrets-manager/secrets-manager.ts';
import type { PollRequest } from './input/request.ts';
import type { RunContext } from './run/stream-run.ts';

export interface WarmPortal {
  /** What secret, tokens and rate limiter depend on. */
  readonly access: string;
  readonly secret: SecretCache;
  readonly tokens: TokenCache;
  readonly rateLimiter: RateLimiter;
  /** Rows of the ledger that could not be written yet. */
  readonly unflushed: LedgerRow[];
  readonly memory: RunContext['memory'];
}

/** How many portals a process remembers: a vendor may poll thousands with one function. */
const WARM_PORTALS = 500;

const warmPortals = new Map<string, WarmPortal>();

/** The portal's warm state; of the portals that a process knows, the one polled longest ago makes room. */
export function warmPortalOf({ portal, secretId, apiUrl, maxRequestsPer10Seconds }: PollRequest): WarmPortal {
  const access = JSON.stringify([secretId, apiUrl, maxRequestsPer10Seconds]);
  const known = warmPortals.get(portal);
  const fresh = {
    access,
    secret: { value: undefined },
    tokens: { oauth: undefined },
    rateLimiter: new RateLimiter(maxRequestsPer10Seconds),
    // What the ledger is owed is owed whatever else changes.
    unflushed: known?.unflushed ?? [],
    memory: known?.memory ?? { lastOwner: undefined, revisions: new Map() },
  };
  const warm = known?.access === access ? known : fresh;
  warmPortals.delete(portal);
  warmPortals.set(portal, warm);
  const [oldest] = warmPortals.keys();
  if (warmPortals.size > WARM_PORTALS && oldest !== undefined) warmPortals.delete(oldest);
  return warm;
}
