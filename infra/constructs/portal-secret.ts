/** The secret that holds a portal's HubSpot access token, and the command that writes it. */
import { CfnOutput, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { TOKEN_PLACEHOLDER } from '../../functions/poller/contract.ts';
import { defaultSecretName, type PortalConfig } from '../config.ts';

export class PortalSecret extends Construct {
  /** The ARN of the secret the function reads: one of the stack, or one that exists. */
  readonly secretArn: string;
  /** What the request calls it. */
  readonly secretId: string;
  readonly portal: PortalConfig;
  readonly isByName: boolean;

  constructor(scope: Construct, id: string, portal: PortalConfig, existing?: ISecret) {
    super(scope, id);
    this.portal = portal;
    const existingArn = existing?.secretFullArn ?? existing?.secretArn ?? portal.secretArn ?? undefined;
    this.secretArn = existingArn ?? this.createSecret(portal).secretArn;
    this.isByName = existingArn === undefined && portal.secretName === defaultSecretName(portal.name);
    this.secretId = existingArn ?? portal.secretName;
    new CfnOutput(this, 'WriteToken', {
      description: `The command that writes the access token of portal ${portal.name}`,
      value: `aws secretsmanager put-secret-value --secret-id ${this.secretId} --secret-string 'YOUR-HUBSPOT-ACCESS-TOKEN'`,
    }).overrideLogicalId(`WriteToken${outputSuffix(portal.name)}`);
  }

  private createSecret(portal: PortalConfig): Secret {
    const secret = new Secret(this, 'Secret', {
      secretName: portal.secretName,
      description: `The HubSpot access token of portal ${portal.name}`,
      // No secret: what stands there until the user writes the token. CloudFormation writes it once.
      secretStringValue: SecretValue.unsafePlainText(TOKEN_PLACEHOLDER),
      // The token outlives its portal and the stack, but a first deployment that fails leaves no name taken.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Only its HubSpot account can issue a new token; the runbook says how to rotate it by hand.',
    });
    return secret;
  }
}

/** A portal's name is of a-z, 0-9 and "-", an output's of letters and digits: an X stands for the hyphen. */
function outputSuffix(portalName: string): string {
  const letters = portalName.replaceAll('-', 'X');
  return letters.slice(0, 1).toUpperCase() + letters.slice(1);
}
