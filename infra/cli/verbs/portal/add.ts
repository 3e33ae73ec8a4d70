/**
 * `portal add`: a portal without a deployment. It is a secret and a schedule, and nothing else: the schedule's
 * request holds every setting, and the poller may read any secret named `hubspot-events/<portal>` for it.
 */
import { z } from 'zod';
import { HUBSPOT_API_URL, TOKEN_PLACEHOLDER } from '../../../../functions/poller/contract.ts';
import { ConfigError, parseConfigText, readConfig, requestText, tickSeconds } from '../../../config.ts';
import { defaultSecretName } from '../../../config-schema.ts';
import { CliFailure, EXIT } from '../../failure.ts';
import { defineVerb, flag } from '../../verb.ts';
import { assertSame, PORTAL_GROUP } from './group.ts';

const FOUND = {
  created: 'its secret waits for the token',
  kept: 'its secret was there already, and keeps what it holds',
  restored: 'its secret was to be deleted: it is restored, with the token it held',
} as const;

export const portalAdd = defineVerb({
  name: 'portal add',
  group: PORTAL_GROUP,
  summary: 'makes its secret and its schedule, and nothing else; one that was removed goes on where it was',
  examples: ['portal add acme', `portal add acme --settings '{"pollSeconds":300}'`],
  flags: {
    name: flag('<name>', '1 to 32 of a-z, 0-9 and -', z.string()),
    settings: flag('--settings <json>', 'as in cdk.json, under portals.<name>', z.string().default('{}')),
  },
  run: async ({ io, target: open, given, tell }, { name, settings }) => {
    assertSame(given(), name);
    const portal = readPortal(name, settings);
    const { about, findPortal, schedules, secrets } = await open();
    await schedules.assertOpen();
    if ((await findPortal(name)) !== undefined)
      throw new CliFailure(
        `There is a portal ${name} already in ${about}.`,
        'Take another name, or remove it.',
      );
    // Secret first: the schedule's first tick finds it there.
    const description = `The HubSpot access token of portal ${name}`;
    const found = await secrets.ensure(portal.secretName, TOKEN_PLACEHOLDER, description);
    await schedules.add(name, requestText(portal), tickSeconds(portal) / 60);
    io.out(`${about}: portal ${name} is polled from its next tick on; ${FOUND[found]}.`);
    if (found === 'created') io.out(tell(`→ {events token set --portal ${name}}`));
  },
});

/** @throws CliFailure with every mistake, or where the running poller could not serve the portal */
function readPortal(name: string, settings: string) {
  try {
    const [portal] = readConfig({ portals: { [name]: parseConfigText(settings, '--settings') } }).portals;
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
