/** `token set`: writes a portal's HubSpot token into its secret. */
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { parseCredential } from '../../functions/poller/adapters/credential.ts';
import { CliFailure, EXIT } from './failure.ts';
import type { Io } from './io.ts';
import type { Target, TargetPortal } from './target.ts';

/** Reads the token from a prompt that shows nothing, or from standard input; checks its form; stores it. */
export async function setToken(io: Io, target: Target, { name, request }: TargetPortal): Promise<void> {
  const { secretId } = request;
  const text = io.isTerminal
    ? await io.ask(`HubSpot token of portal ${name} (nothing is shown): `, true)
    : await io.readAll();
  if (text.trim() === '')
    throw new CliFailure('No token was given.', 'Type it at the prompt, or pipe it in.', EXIT.usage);
  // Never with a part of the text: the message may be logged.
  parseCredential(text, secretId);
  await target.secretsManager.send(
    new PutSecretValueCommand({ SecretId: secretId, SecretString: text.trim() }),
  );
  io.out(`${target.about}: the token of portal ${name} is in the secret ${secretId}.`);
  io.out('The poller takes it within five minutes, at once where HubSpot refuses the one before.');
}
