import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Instant } from '../../core/instant.ts';
import { outOfTime, PollerError } from '../../errors.ts';
import { type Credential, noTokenYet, parseCredential } from '../credential.ts';
import { endAfter, errorName, type RetryPlan, withRetry } from '../retry.ts';

/** How long a secret's value is used before it is read again. */
export const SECRET_CACHE_MS = 5 * 60_000;

/** A secret's value as it was last read, kept over the runs of one process. */
export interface SecretCache {
  value: { readonly credential: Credential; readonly readAt: Instant } | undefined;
}

/** Reads a portal's credential; `isFresh` asks Secrets Manager again, whatever is cached. */
export type ReadCredential = (isFresh: boolean) => Promise<Credential>;

/** @throws PollerError of the codes `secret-…` from what it gives */
export function createCredentialReader(
  client: SecretsManagerClient,
  secretId: string,
  retry: RetryPlan,
  cache: SecretCache,
): ReadCredential {
  async function read(): Promise<string> {
    const action = `Reading the secret ${secretId}`;
    try {
      const command = new GetSecretValueCommand({ SecretId: secretId });
      const { SecretString } = await withRetry(retry, (_attempt, timeoutMs) =>
        client.send(command, endAfter(timeoutMs)),
      );
      if (SecretString !== undefined) return SecretString;
    } catch (thrown) {
      if (thrown instanceof PollerError) throw thrown.code === 'out-of-time' ? outOfTime(action) : thrown;
      const found = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
      if (errorName(thrown) === 'ResourceNotFoundException') {
        // One name for two cases: a secret that was never written ("… specified secret value for staging label …"), and none.
        if (found.includes('secret value')) throw noTokenYet(secretId, 'is empty', thrown);
        throw new PollerError('secret-missing', `${action}: it must exist and have a value, found ${found}`, {
          cause: thrown,
        });
      }
      throw new PollerError('secret-unavailable', `${action}: Secrets Manager failed: ${found}`, {
        cause: thrown,
      });
    }
    throw new PollerError('secret-malformed', `${action}: it must hold text, found binary content`);
  }

  return async (isFresh) => {
    const now = retry.clock.now();
    if (!isFresh && cache.value !== undefined && now - cache.value.readAt < SECRET_CACHE_MS)
      return cache.value.credential;
    const credential = parseCredential(await read(), secretId);
    cache.value = { credential, readAt: now };
    return credential;
  };
}
