import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { PORTAL_TAG } from '../../contract.ts';
import type { Log } from '../../ports.ts';

/** The client that asks for the sessions. */
export function openSts(config: STSClientConfig): STSClient {
  return new STSClient(config);
}

/**
 * A Secrets Manager client for one portal's runs: its session is tagged with the portal, and the role behind it lets
 * a session read that portal's secret alone. So a request that names another's, or a mistake of ours that mixes up
 * two, is refused by IAM. The SDK renews the session before its hour is over. Where no session can be had the
 * function's own role asks. IAM lets it read no secret; on a machine without IAM it is answered.
 */
export function createPortalSecretsManager(
  portal: string,
  roleArn: string,
  sts: STSClient,
  config: SecretsManagerClientConfig,
  log: Log,
): SecretsManagerClient {
  return new SecretsManagerClient({
    ...config,
    credentials: async () => {
      const command = new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: `portal-${portal}`,
        Tags: [{ Key: PORTAL_TAG, Value: portal }],
      });
      const given = await sts.send(command).then(
        ({ Credentials }) => Credentials,
        (thrown: unknown) => {
          const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
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
