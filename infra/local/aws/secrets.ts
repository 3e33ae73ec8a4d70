/** Secrets Manager on loopback: reading and writing a secret's current text. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Service, ServiceError } from './endpoint.ts';
import { portalOfSession } from './sts.ts';

export interface SecretsManager {
  readonly service: Service;
  /** Creates the secret, or gives it another text. */
  readonly put: (secretId: string, text: string) => void;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  text: string;
  versionId: string;
}

const getInput = z.object({ SecretId: z.string().min(1) });
const createInput = z.object({ Name: z.string().min(1), SecretString: z.string() });
const putInput = getInput.extend({ SecretString: z.string() });

/**
 * The service, with no secret in it. A secret's id is its name or its ARN.
 * @param mayRead whether a portal's session may read a secret; anybody else may
 */
export function createSecretsManager(
  region: string,
  account: string,
  mayRead: (portal: string, secretArn: string) => boolean = () => true,
): SecretsManager {
  const secrets: Secret[] = [];

  function find(secretId: string): Secret | undefined {
    return secrets.find(({ arn, name }) => arn === secretId || name === secretId);
  }

  function write(secretId: string, text: string): Secret {
    const known = find(secretId);
    const secret = known ?? createSecret(secretId, region, account);
    if (known === undefined) secrets.push(secret);
    secret.text = text;
    secret.versionId = randomUUID();
    return secret;
  }

  function get(secretId: string): Secret {
    const secret = find(secretId);
    if (secret !== undefined) return secret;
    throw new ServiceError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  return {
    put: write,
    service: {
      name: 'secretsmanager',
      target: 'secretsmanager',
      actions: {
        GetSecretValue: (input, { sessionToken }) => {
          const secret = get(getInput.parse(input).SecretId);
          const portal = portalOfSession(sessionToken);
          if (portal !== undefined && !mayRead(portal, secret.arn)) {
            const action = 'is not authorized to perform: secretsmanager:GetSecretValue on resource';
            throw new ServiceError(
              'AccessDeniedException',
              `A session of ${portal} ${action}: ${secret.arn}`,
            );
          }
          if (secret.text === '') throw new ServiceError('ResourceNotFoundException', NO_VALUE);
          return { ...describe(secret), SecretString: secret.text };
        },
        CreateSecret: (input) => {
          const { Name, SecretString } = createInput.parse(input);
          if (find(Name) !== undefined)
            throw new ServiceError('ResourceExistsException', `The secret ${Name} already exists.`);
          return describe(write(Name, SecretString));
        },
        PutSecretValue: (input) => {
          const { SecretId, SecretString } = putInput.parse(input);
          return describe(write(get(SecretId).arn, SecretString));
        },
      },
    },
  };
}

/** What is said of a secret that was created and never written. */
const NO_VALUE = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";

/** Secrets Manager puts six characters after a secret's name in its ARN. */
const ARN_SUFFIX = 'Local0';

/** The ARN that a secret with this name has here. */
export function secretArn(name: string, region: string, account: string): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${ARN_SUFFIX}`;
}

function createSecret(secretId: string, region: string, account: string): Secret {
  const isArn = secretId.startsWith('arn:');
  return {
    arn: isArn ? secretId : secretArn(secretId, region, account),
    name: isArn ? secretId.replace(/^.*:secret:/, '').replace(/-.{6}$/, '') : secretId,
    text: '',
    versionId: '',
  };
}

function describe({ arn, name, versionId }: Secret): object {
  return { ARN: arn, Name: name, VersionId: versionId, VersionStages: ['AWSCURRENT'] };
}
