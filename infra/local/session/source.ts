/** What `npm start` polls: simulated portals, or the real one of cdk.json. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readConfig } from '../../config.ts';
import { listEventKinds } from '../../simulator/event-kind.ts';
import { createGeneratedHistory, SIMULATED_PORTAL_ID } from '../../simulator/generated-history.ts';
import { startHubSpotPortal } from '../../simulator/portal.ts';
import { createKey } from '../key.ts';
import type { Opened } from '../opened.ts';
import type { PageOptions } from '../page/page.ts';

/** Where the events come from. */
export interface Source {
  readonly about: string;
  readonly config: unknown;
  /** By portal. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Those that are simulated here. */
  readonly simulated: PageOptions['portals'];
  /** UNIX ms: what occurred before is not asked for. */
  readonly startFrom: number;
  readonly notes: readonly string[];
}

/** The simulated portal's past that a first start reads: something is to be seen at once. */
const SIMULATED_PAST_MS = 10 * 60_000;
/** Streams start so long ago: an event that comes 30 hours late is then one that was missed, not one of before. */
const STREAMS_START_MS = 31 * 3_600_000;

/**
 * Portals whose past depends on the time alone, so that a restart goes on where it was. Where nothing is kept there is
 * no restart: all before the shown past is then empty, and can be read without waiting.
 */
export async function simulate(count: number, isKept: boolean, opened: Opened): Promise<Source> {
  const shownFrom = Date.now() - SIMULATED_PAST_MS;
  const startFrom = isKept ? shownFrom : Date.now() - STREAMS_START_MS;
  const simulated = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      openPortal(index, count, isKept ? undefined : shownFrom, opened),
    ),
  );
  const [first] = simulated;
  return {
    about:
      count === 1
        ? `a simulated HubSpot portal at ${first?.portal.url}`
        : `${count} simulated HubSpot portals (each with its own token and events)`,
    config: {
      portals: Object.fromEntries(
        simulated.map(({ name, portal }) => [
          name,
          { apiUrl: portal.url, startFrom: new Date(startFrom).toISOString() },
        ]),
      ),
    },
    tokens: Object.fromEntries(simulated.map(({ name, token }) => [name, token])),
    simulated: simulated.map(({ token, ...each }) => ({ ...each, tokens: [{ token }] })),
    startFrom,
    notes: [],
  };
}

/** One of several has a name, a token and events that no other has. */
async function openPortal(index: number, count: number, startsAt: number | undefined, opened: Opened) {
  const isOnly = count === 1;
  const name = isOnly ? 'main' : `portal-${String(index + 1).padStart(2, '0')}`;
  const token = `pat-simulated-${createKey()}`;
  const portalId = SIMULATED_PORTAL_ID + index;
  const history = createGeneratedHistory({
    ...(isOnly ? {} : { seed: name, portalId, kinds: listEventKinds(portalId) }),
    ...(startsAt === undefined ? {} : { startsAt }),
  });
  const behaviour = { tokens: [{ token }] };
  const portal = await startHubSpotPortal({ history, behaviour, recordedRequests: 0 });
  opened.add(portal.close);
  return { name, token, portal, history, additions: portal.additions, eventTypes: history.eventTypes() };
}

const CDK_JSON = new URL('../../../cdk.json', import.meta.url);
const cdkJsonSchema = z.object({
  context: z.object({ hubspotEvents: z.looseObject({ portals: z.record(z.string(), z.unknown()) }) }),
});

/** The portal of cdk.json; the first, where there are several, since a token is of one account. */
export async function readReal(token: string, file: string | URL = CDK_JSON): Promise<Source> {
  const text = await readFile(file, 'utf8');
  const { hubspotEvents } = cdkJsonSchema.parse(JSON.parse(text)).context;
  const [first, ...others] = readConfig(hubspotEvents).portals;
  if (first === undefined) throw new Error('Reading cdk.json: it must name a portal, found none');
  const { name } = first;
  const note = `HUBSPOT_ACCESS_TOKEN is of one account: of cdk.json's portals only ${name} is polled`;
  return {
    about: `portal ${name} of HubSpot at ${first.apiUrl}`,
    config: { ...hubspotEvents, portals: { [name]: hubspotEvents.portals[name] } },
    tokens: { [name]: token },
    simulated: [],
    startFrom: Date.now(),
    notes: others.length === 0 ? [] : [note],
  };
}
