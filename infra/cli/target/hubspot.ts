/** HubSpot as the poller asks it: the same token, URL, limits and errors, from this machine. */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Credential } from '../../../functions/poller/adapters/credential.ts';
import { createHubSpotGet } from '../../../functions/poller/adapters/hubspot/client.ts';
import { createHttpSend } from '../../../functions/poller/adapters/hubspot/http.ts';
import { RateLimiter } from '../../../functions/poller/adapters/hubspot/rate-limiter.ts';
import { createEventSource } from '../../../functions/poller/adapters/hubspot/source.ts';
import { createTokens } from '../../../functions/poller/adapters/hubspot/tokens.ts';
import type { RetryPlan } from '../../../functions/poller/adapters/retry.ts';
import { createCredentialReader } from '../../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { startClock } from '../../../functions/poller/adapters/system-clock.ts';
import { startTally } from '../../../functions/poller/core/tally.ts';
import type { PollRequest } from '../../../functions/poller/input/request.ts';
import type { HubSpot } from './target.ts';

/** A share of the account's limit that leaves the poller its own. */
const REQUESTS_PER_10_SECONDS = 20;

/** With the credential given, or, where there is none, the one that the request's secret holds. */
export function openHubSpot(
  secretsManager: SecretsManagerClient,
  { apiUrl, apiVersion, secretId }: PollRequest,
  retry: RetryPlan,
  credential: Credential | undefined,
): HubSpot {
  const tally = startTally();
  const clock = startClock();
  let clockAt: number | undefined;
  const http = createHttpSend(process.env);
  const send: typeof http = async (call) => {
    const answer = await http(call);
    const date = answer.headers['date'];
    if (date !== undefined) clockAt = Date.parse(date);
    return answer;
  };
  const stored = createCredentialReader(secretsManager, secretId, retry, { value: undefined });
  const readCredential = credential === undefined ? stored : async () => credential;
  const getToken = createTokens({
    apiUrl,
    readCredential,
    send,
    clock,
    cache: { oauth: undefined },
  });
  const rateLimiter = new RateLimiter(REQUESTS_PER_10_SECONDS);
  const get = createHubSpotGet({
    send,
    getToken,
    rateLimiter,
    clock,
    random: Math.random,
    tally,
  });
  return {
    source: createEventSource({ get, getToken, apiUrl, apiVersion, clock }),
    tally,
    readSecret: async () => {
      await readCredential(false);
    },
    clockAt: () => clockAt,
  };
}
