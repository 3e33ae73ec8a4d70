import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { PORTAL_TAG } from '../../contract.ts';
import { PollerError } from '../../errors.ts';
import type { Log } from '../../ports.ts';
import { endAfter, errorName, isRetryable, type RetryPlan, withRetry } from '../retry.ts';

/** The client that asks for the sessions. */
export function openSts(config: STSClientConfig): STSClient {
  return new STSClient(config);
}

/**
 * A Secrets Manager client for one run of a portal: its session is tagged with the portal, and the role behind it
 * lets a session read that portal's secret alone. So a request that names another's, or a mistake of ours that mixes
 * up two, is refused by IAM. The SDK renews the session before its hour is over. A machine with Secrets Manager and
 * no STS is asked with the function's own credentials, with a warning; in AWS those may read no secret.
 */
export function createPortalSecretsManager(
  portal: string,
  roleArn: string,
  sts: STSClient,
  config: SecretsManagerClientConfig,
  retry: RetryPlan,
  log: Log,
): SecretsManagerClient {
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: `portal-${portal}`,
    Tags: [{ Key: PORTAL_TAG, Value: portal }],
  });
  return new SecretsManagerClient({
    ...config,
    credentials: async () => {
      const given = await withRetry(retry, (_attempt, timeoutMs) =>
        sts.send(command, endAfter(timeoutMs)),
      ).then(
        ({ Credentials }) => Credentials,
        (thrown: unknown) => {
          if (thrown instanceof PollerError) throw thrown;
          const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
          if (isRetryable(thrown) || errorName(thrown).startsWith('AccessDenied')) {
            const text = `Taking the role ${roleArn} for portal ${portal}: STS must give a session, found ${reason}`;
            throw new PollerError('secret-unavailable', text, { cause: thrown });
          }
          log.warn('No session for the portal could be had', { roleArn, reason });
        },
      );
      if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined)
        return sts.config.credentials();
      return {
        accessKeyId: given.AccessKeyId,
        secretAccessKey: given.SecretAccessKey,
        ...(given.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
        ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
      };
    },
  });
}
