import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { PORTAL_TAG } from '../contract.ts';

/**
 * A Secrets Manager client for one portal's runs: its session is tagged with the portal, and the role behind it lets
 * a session read that portal's secret alone. So a request that names another's, or a mistake of ours that mixes up
 * two, is refused by IAM. The SDK renews the session before its hour is over.
 */
export function createPortalSecretsManager(
  portal: string,
  roleArn: string,
  sts: STSClient,
  config: SecretsManagerClientConfig,
): SecretsManagerClient {
  return new SecretsManagerClient({
    ...config,
    credentials: async () => {
      const command = new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: `portal-${portal}`,
        Tags: [{ Key: PORTAL_TAG, Value: portal }],
      });
      const { Credentials: given } = await sts.send(command);
      if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined) {
        throw new Error(`Assuming ${roleArn}: STS must give credentials, found none`);
      }
      return {
        accessKeyId: given.AccessKeyId,
        secretAccessKey: given.SecretAccessKey,
        ...(given.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
        ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
      };
    },
  });
}
