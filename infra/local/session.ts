/** All that `npm start` needs, opened and closed together: the synthesized stack, and a portal to poll. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { synthesize } from '../build/synth.ts';
import { readConfig } from '../config.ts';
import { listEventKinds } from '../simulator/event-kind.ts';
import { createGeneratedHistory, SIMULATED_PORTAL_ID } from '../simulator/generated-history.ts';
import { startHubSpotPortal } from '../simulator/portal.ts';
import type { EventPattern } from './aws/event-pattern.ts';
import { EVERY_SECONDS } from './command/schedule.ts';
import { announceStack } from './control.ts';
import { createKey } from './key.ts';
import { createOpened, type Opened } from './opened.ts';
import { type LocalStack, startLocalStack } from './stack.ts';
import { openStateDirectory } from './state-directory.ts';
import type { View } from './view/view.ts';

export interface SessionOptions {
  readonly stateDirectory: string | undefined;
  /** The real HubSpot's token; a simulated portal is polled where not given. */
  readonly accessToken: string | undefined;
  readonly dynamoDbUrl: string | undefined;
  /** How many portals are simulated. */
  readonly portalCount: number;
  readonly view: View;
  readonly rule: EventPattern | undefined;
  /** The folder of the announcement; that of the command line where not given. */
  readonly announceIn?: string | undefined;
  /** Ends the opening too: it then rejects with the signal's reason. */
  readonly stop: AbortSignal;
}

export interface Session extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly portals: readonly string[];
  /** How many requests HubSpot has answered for a portal; undefined where only HubSpot could tell. */
  readonly requestsOf: (portal: string) => number | undefined;
  /** Whether the checkpoints outlast this process. */
  readonly isStateKept: boolean;
  /** Whether somebody has stopped the portal's schedule. */
  readonly isPaused: (portal: string) => boolean;
}

/** Where the events come from. */
interface Source {
  readonly about: string;
  readonly config: unknown;
  /** By portal. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Of simulated portals, by name. */
  readonly requestCounts: ReadonlyMap<string, () => number>;
  readonly notes: readonly string[];
}

/** The simulated portal's past that a first start reads: something is to be seen at once. */
const SIMULATED_PAST_MS = 10 * 60_000;
const KEPT_EVENTS = 1_000;

/** The session, with the view told what is polled. @throws where the configuration or the state can't be used */
export async function openSession(options: SessionOptions): Promise<Session> {
  const opened = createOpened();
  try {
    return { ...(await openParts(options, opened)), [Symbol.asyncDispose]: opened.close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openParts(
  options: SessionOptions,
  opened: Opened,
): Promise<Omit<Session, keyof AsyncDisposable>> {
  const { accessToken, stateDirectory, dynamoDbUrl, view, rule, stop } = options;
  const isKept = stateDirectory !== undefined && dynamoDbUrl === undefined;
  const state = isKept ? openStateDirectory(stateDirectory) : undefined;
  if (state !== undefined) opened.add(state.release);
  const source =
    accessToken === undefined ? await simulate(options.portalCount, opened) : await readReal(accessToken);
  const outdir = await mkdtemp(join(tmpdir(), 'hubspot-events-'));
  opened.add(() => rm(outdir, { recursive: true, force: true }));
  const synthesized = synthesize({ config: source.config, outdir });
  stop.throwIfAborted();
  const started = await startLocalStack({
    synthesized,
    secrets: source.tokens,
    tableDirectory: state?.tableDirectory,
    dynamoDbUrl,
    keptEvents: KEPT_EVENTS,
  });
  opened.add(started.close);
  const { stack, isPaused, close } = await announceStack(started, {
    everySeconds: EVERY_SECONDS,
    about: `${source.about}; ${describeState(options)}`,
    directory: options.announceIn,
  });
  opened.add(close);
  const ignored = stateDirectory !== undefined && dynamoDbUrl !== undefined;
  view.begin({
    source: source.about,
    state: describeState(options),
    portals: stack.portals,
    everySeconds: EVERY_SECONDS,
    isFiltered: rule !== undefined,
    notes: [
      ...source.notes,
      ...(options.portalCount > 1 && accessToken !== undefined
        ? ['--portals is not used: HUBSPOT_ACCESS_TOKEN is of one portal']
        : []),
      ...(ignored ? ['--state is not used: AWS_ENDPOINT_URL_DYNAMODB names where the state is'] : []),
    ],
  });
  stack.onEvent((event) => {
    const isMatched = rule === undefined || rule.matches(stack.envelopeOf(event));
    view.showEvent({ ...event, isMatched });
  });
  return {
    stack,
    isPaused,
    portals: stack.portals,
    requestsOf: (portal) => source.requestCounts.get(portal)?.(),
    isStateKept: stateDirectory !== undefined || dynamoDbUrl !== undefined,
  };
}

function describeState({ dynamoDbUrl, stateDirectory }: SessionOptions): string {
  if (dynamoDbUrl !== undefined) return `state in the DynamoDB at ${dynamoDbUrl}`;
  return stateDirectory === undefined ? 'state in memory' : `state in ${stateDirectory}`;
}

/** Portals whose past depends on the time alone, so that a restart goes on where it was. */
async function simulate(count: number, opened: Opened): Promise<Source> {
  const startFrom = new Date(Date.now() - SIMULATED_PAST_MS).toISOString();
  const simulated = await Promise.all(
    Array.from({ length: count }, (_, index) => openPortal(index, count, opened)),
  );
  const [first] = simulated;
  return {
    about:
      count === 1
        ? `a simulated HubSpot portal at ${first?.url}`
        : `${count} simulated HubSpot portals (each with its own token and events)`,
    config: {
      portals: Object.fromEntries(simulated.map(({ name, url }) => [name, { apiUrl: url, startFrom }])),
    },
    tokens: Object.fromEntries(simulated.map(({ name, token }) => [name, token])),
    requestCounts: new Map(simulated.map(({ name, requestCount }) => [name, requestCount])),
    notes: [],
  };
}

/** One of several has a name, a token and events that no other has. */
async function openPortal(index: number, count: number, opened: Opened) {
  const isOnly = count === 1;
  const name = isOnly ? 'main' : `portal-${String(index + 1).padStart(2, '0')}`;
  const token = `pat-simulated-${createKey()}`;
  const portalId = SIMULATED_PORTAL_ID + index;
  const history = createGeneratedHistory(
    isOnly ? {} : { seed: name, portalId, kinds: listEventKinds(portalId) },
  );
  const behaviour = { tokens: [{ token }] };
  const { url, requestCount, close } = await startHubSpotPortal({ history, behaviour, recordedRequests: 0 });
  opened.add(close);
  return { name, token, url, requestCount };
}

const cdkJsonSchema = z.object({
  context: z.object({ hubspotEvents: z.looseObject({ portals: z.record(z.string(), z.unknown()) }) }),
});

/** The portal of cdk.json; the first, where there are several, since a token is of one account. */
async function readReal(token: string): Promise<Source> {
  const text = await readFile(new URL('../../cdk.json', import.meta.url), 'utf8');
  const { hubspotEvents } = cdkJsonSchema.parse(JSON.parse(text)).context;
  const [first, ...others] = readConfig(hubspotEvents).portals;
  if (first === undefined) throw new Error('Reading cdk.json: it must name a portal, found none');
  const { name } = first;
  const note = `HUBSPOT_ACCESS_TOKEN is of one account: of cdk.json's portals only ${name} is polled`;
  return {
    about: `portal ${name} of HubSpot at ${first.apiUrl}`,
    config: { ...hubspotEvents, portals: { [name]: hubspotEvents.portals[name] } },
    tokens: { [name]: token },
    requestCounts: new Map(),
    notes: others.length === 0 ? [] : [note],
  };
}
