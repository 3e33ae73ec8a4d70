/**
 * `portal add|remove|list`: portals without a deployment. A portal is a secret and a schedule, and nothing else: the
 * schedule's request holds every setting, and the poller may read any secret named `hubspot-events/<portal>` for it.
 */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ResourceExistsException,
} from '@aws-sdk/client-secrets-manager';
import { HUBSPOT_API_URL, TOKEN_PLACEHOLDER } from '../../functions/poller/contract.ts';
import { ConfigError, defaultSecretName, readConfig, requestText, tickSeconds } from '../config.ts';
import { CliFailure, EXIT } from './failure.ts';
import { confirm, type Io } from './io.ts';
import type { PortalDesk } from './portal-desk.ts';
import type { Target } from './target.ts';

/** Secret first: the schedule's first tick finds it there, with the placeholder until the token is written. */
export async function addPortal(io: Io, target: Target, name: string, settings: string): Promise<void> {
  const desk = deskOf(target);
  if (target.portals.some((portal) => portal.name === name))
    throw new CliFailure(`${target.about} has a portal ${name} already.`, 'Take another name, or remove it.');
  const portal = readPortal(name, settings);
  await desk.assertOpen();
  const secret = { Name: portal.secretName, SecretString: TOKEN_PLACEHOLDER };
  const Description = `The HubSpot access token of portal ${name}`;
  try {
    await target.secretsManager.send(new CreateSecretCommand({ ...secret, Description }));
  } catch (error) {
    // Of an attempt that was broken off, or of a portal that was removed: what it holds is the user's.
    if (!(error instanceof ResourceExistsException)) throw error;
  }
  await desk.add(name, requestText(portal), tickSeconds(portal) / 60);
  io.out(`${target.about}: portal ${name} is polled from its next tick on.`);
  io.out(`→ npm run events -- --portal ${name} token set`);
}

/** Schedule first, so that no run misses the secret. Checkpoints and ledger stay: added again, it goes on. */
export async function removePortal(io: Io, target: Target, name: string, yes: boolean): Promise<void> {
  const desk = deskOf(target);
  const found = target.portals.find((portal) => portal.name === name);
  if (found === undefined)
    throw new CliFailure(`${target.about} has no portal ${name}.`, 'npm run events -- portal list');
  if (!(await desk.isAdded(name)))
    throw new CliFailure(`Portal ${name} is of the stack.`, 'Remove it from cdk.json, and npm run deploy.');
  const { secretId } = found.request;
  await confirm(io, `Remove portal ${name} and its token?`, yes);
  await desk.remove(name);
  // Secrets Manager keeps it for 30 days more: `aws secretsmanager restore-secret` gets it back.
  await target.secretsManager.send(new DeleteSecretCommand({ SecretId: secretId }));
  io.out(`${target.about}: portal ${name} is polled no more; its secret can be restored for 30 days.`);
}

export function listPortals(io: Io, { about, portals }: Target): void {
  io.out(`${about}: ${portals.length} portals`);
  for (const { name, request, isEnabled } of portals)
    io.out([name, `every ${request.pollSeconds}s`, request.secretId, isEnabled ? 'on' : 'off'].join('  '));
}

function deskOf({ portalDesk, about }: Target): PortalDesk {
  if (portalDesk !== undefined) return portalDesk;
  const next = 'Start it with more: npm start -- --portals 20.';
  throw new CliFailure(`${about} polls the portals it was started with.`, next);
}

/** @throws CliFailure with every mistake, or where the running poller could not serve the portal */
function readPortal(name: string, settings: string) {
  try {
    const [portal] = readConfig(`{"portals":{${JSON.stringify(name)}:${settings}}}`).portals;
    if (portal === undefined || portal.secretArn !== null || portal.secretName !== defaultSecretName(name))
      throw new ConfigError([`secret: must be ${defaultSecretName(name)}, which the poller may read`]);
    if (portal.apiUrl !== HUBSPOT_API_URL)
      throw new ConfigError([`apiUrl: must be ${HUBSPOT_API_URL}; found ${portal.apiUrl}`]);
    return portal;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const mistakes = error.message.split('\n').slice(1).join('\n');
    throw new CliFailure(`Portal ${name} cannot be added:\n${mistakes}`, 'Mend the settings.', EXIT.usage);
  }
}
