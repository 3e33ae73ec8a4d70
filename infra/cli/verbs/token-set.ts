/** `token set`: writes a portal's HubSpot token into its secret, once HubSpot has taken it. */
import { parseCredential } from '../../../functions/poller/adapters/credential.ts';
import { WRITE_TOKEN } from '../../../functions/poller/adapters/hubspot/explain.ts';
import { listStreams } from '../../../functions/poller/core/discovery.ts';
import { PAGE_BYTES } from '../../../functions/poller/core/reading/page-size.ts';
import { PollerError } from '../../../functions/poller/errors.ts';
import { CliFailure, EXIT } from '../failure.ts';
import type { Io } from '../io.ts';
import { plural } from '../show/format.ts';
import { type HubSpot, listNames, type TargetPortal } from '../target/target.ts';
import { defineVerb, toggle } from '../verb.ts';

const HUBSPOT_MS = 20_000;
const DAY_MS = 24 * 3_600_000;

export const tokenSet = defineVerb({
  name: 'token set',
  group: "a portal's HubSpot token",
  summary:
    'writes it, from a prompt that shows nothing of it or from standard input, once HubSpot has taken it',
  examples: ['token set', 'token set --portal main < token.txt'],
  flags: {
    unchecked: toggle('--unchecked', 'do not ask HubSpot first, where HubSpot cannot be reached from here'),
  },
  run: async ({ io, target: open, portal: pick }, { unchecked }) => {
    const target = await open();
    const portal = await pick();
    const { secretId } = portal.request;
    const text = (
      io.canAsk ? await io.readSecret(`HubSpot token of portal ${portal.name}`) : await io.readAll()
    ).trim();
    if (text === '')
      throw new CliFailure('No token was given.', 'Type it at the prompt, or pipe it in.', EXIT.usage);
    // Never with a part of the text: the message may be logged.
    const credential = parseCredential(text, secretId);
    if (!unchecked) await checkAtHubSpot(io, target.hubSpot(portal, credential), portal);
    await target.secrets.write(secretId, text);
    io.out(`${target.about}: the token of portal ${portal.name} is in the secret ${secretId}.`);
    io.out('The poller takes it within five minutes, at once where HubSpot refuses the one before.');
  },
});

/** Plan, scopes and types: the list, and a page of one event, which a token may list and yet not read. */
async function checkAtHubSpot(io: Io, { source }: HubSpot, portal: TargetPortal): Promise<void> {
  const until = io.now() + HUBSPOT_MS;
  try {
    const types = await source.listEventTypes(until);
    if (types.length === 0)
      throw new CliFailure(
        'HubSpot accepts the token and lists no event type. It was not stored.',
        'See to the app’s scopes and the account’s plan (Enterprise), then set the token again.',
      );
    const { eventTypes } = portal.request;
    const missing = eventTypes === 'all' ? [] : eventTypes.filter((type) => !types.includes(type));
    if (missing.length > 0)
      io.err(`HubSpot does not list ${listNames(missing)}, which the portal is to poll.`);
    const discovery = { eventTypes: types, discoveredAt: io.now(), starting: {}, leaving: {} };
    const [stream] = listStreams(portal.request, discovery, new Map());
    if (stream !== undefined) {
      const window = {
        from: io.now() - DAY_MS,
        to: io.now(),
        cursor: undefined,
        limit: 1,
        maxBytes: PAGE_BYTES,
      };
      await source.readPage({ query: stream.query, ...window }, until);
    }
    io.out(`HubSpot accepts the token, lists ${plural(types.length, 'event type')} and lets events be read.`);
  } catch (error) {
    if (!(error instanceof PollerError)) throw error;
    throw new CliFailure(
      `${error.message.replace(WRITE_TOKEN, '').trim()} The token was not stored.`,
      error.code === 'hubspot-unavailable'
        ? 'Try again, or add --unchecked.'
        : 'Mend that, then set the token again.',
    );
  }
}
