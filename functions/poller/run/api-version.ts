import type { ApiVersion } from '../contract.ts';
import { DAY_MS, type Instant } from '../core/instant.ts';

const WARN_FROM = Date.UTC(2027, 5, 1);

/**
 * A warning for the first run of a day while the version's support is about to end: HubSpot's v1 to v3 paths become
 * unsupported in September 2027 (HubSpot developer changelog, 2026-11). `polledAt` is when the portal was last polled.
 */
export function warnOfEnd(version: ApiVersion, polledAt: Instant, now: Instant): string | undefined {
  if (version !== 'v3' || now < WARN_FROM) return undefined;
  if (Math.floor(polledAt / DAY_MS) === Math.floor(now / DAY_MS)) return undefined;
  return 'HubSpot ends its support of API version v3 in September 2027: set apiVersion to "2026-09" and deploy; the checkpoints carry over.';
}
