/** HubSpot as the poller asks it: the same token, URL, limits and errors, from this machine. */
import { createHubSpotGet } from '../../functions/poller/adapters/hubspot/client.ts';
import { createHttpSend } from '../../functions/poller/adapters/hubspot/http.ts';
import { RateWindow } from '../../functions/poller/adapters/hubspot/rate-limiter.ts';
import { createEventSource } from '../../functions/poller/adapters/hubspot/source.ts';
import { createTokens } from '../../functions/poller/adapters/hubspot/tokens.ts';
import { createCredentialReader } from '../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { systemClock } from '../../functions/poller/adapters/system-clock.ts';
import { startTally, type Tally } from '../../functions/poller/core/tally.ts';
import type { EventSource } from '../../functions/poller/ports.ts';
import { retryOf, type Target, type TargetPortal } from './target.ts';

export interface HubSpot {
  readonly source: EventSource;
  /** What HubSpot's headers told of its limits. */
  readonly tally: Tally;
  /** Reads the secret. @throws PollerError of the codes `secret-…` */
  readonly readSecret: () => Promise<void>;
  /** HubSpot's clock at its last answer; undefined where it told none. */
  readonly clockAt: () => number | undefined;
}

/** A share of the account's limit that leaves the poller its own. */
const REQUESTS_PER_10_SECONDS = 20;

export function openHubSpot({ secretsManager }: Target, { request }: TargetPortal, now: number): HubSpot {
  const { apiUrl, apiVersion, secretId } = request;
  const tally = startTally();
  let clockAt: number | undefined;
  const http = createHttpSend();
  const send: typeof http = async (call) => {
    const answer = await http(call);
    const date = answer.headers['date'];
    if (date !== undefined) clockAt = Date.parse(date);
    return answer;
  };
  const readCredential = createCredentialReader(secretsManager, secretId, retryOf(now), { value: undefined });
  const getToken = createTokens({
    apiUrl,
    readCredential,
    send,
    clock: systemClock,
    cache: { oauth: undefined },
  });
  const rateWindow = new RateWindow(REQUESTS_PER_10_SECONDS);
  const get = createHubSpotGet({
    send,
    getToken,
    rateWindow,
    clock: systemClock,
    random: Math.random,
    tally,
  });
  return {
    source: createEventSource(get, apiUrl, apiVersion),
    tally,
    readSecret: async () => {
      await readCredential(false);
    },
    clockAt: () => clockAt,
  };
}
