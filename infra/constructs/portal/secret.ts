/** The secret that holds a portal's HubSpot access token: one that the stack makes, or one that exists. */
import { RemovalPolicy, Stack, Token, Validations } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { PortalConfig } from '../../config.ts';
import { defaultSecretName } from '../../config-schema.ts';

export class PortalSecret extends Construct {
  readonly portal: PortalConfig;
  /** What the request calls it. */
  readonly secretId: string;
  /** The resource of a policy that lets it be read. */
  readonly grantedArn: string;
  /** Whether the stack made it, under its default name. */
  readonly isByName: boolean;
  private readonly secret: ISecret;

  constructor(scope: Construct, id: string, portal: PortalConfig, existing?: ISecret) {
    super(scope, id);
    this.portal = portal;
    const isCreated = existing === undefined && portal.secretArn === null;
    const arn = portal.secretArn ?? (isCreated ? this.createSecret(portal) : '');
    this.secret = existing ?? Secret.fromSecretCompleteArn(this, 'Existing', arn);
    this.isByName = isCreated && portal.secretName === defaultSecretName(portal.name);
    this.secretId = isCreated ? portal.secretName : idOf(this.secret);
    // Of a secret that is known by its name alone nobody knows the six characters at the end of its ARN.
    this.grantedArn = this.secret.secretFullArn ?? `${this.secret.secretArn}-??????`;
  }

  /** Lets a role use the key of the secret, where it has one of its own, through Secrets Manager alone. */
  grantDecrypt(role: IRole): void {
    const service = `secretsmanager.${Stack.of(this).region}.amazonaws.com`;
    const grant = this.secret.encryptionKey?.grantDecrypt(role);
    grant?.principalStatement?.addCondition('StringEquals', { 'kms:ViaService': service });
  }

  /**
   * A secret without a value, until the user writes the token. Whatever stood in the template would be written
   * again, over the token, at the deployment after its wording changed. The library's own Secret has no such form:
   * it would generate a password, which the poller would send to HubSpot.
   */
  private createSecret({ name, secretName }: PortalConfig): string {
    const secret = new CfnSecret(this, 'Secret', {
      name: secretName,
      description: `The HubSpot access token of portal ${name}`,
    });
    // The token outlives its portal and the stack, but a first deployment that fails leaves no name taken.
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Only its HubSpot account can issue a new token; the runbook says how to rotate it by hand.',
    });
    return secret.ref;
  }
}

/** Plain text where there is any: with references in it the schedule's input is no JSON before it is deployed. */
function idOf(secret: ISecret): string {
  const arn = secret.secretFullArn ?? secret.secretArn;
  return Token.isUnresolved(arn) && !Token.isUnresolved(secret.secretName) ? secret.secretName : arn;
}
