/** All that `npm start` needs, opened and closed together: the synthesized stack, and a portal to poll. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../build/synth.ts';
import { temporaryName } from '../../build/temporary.ts';
import type { EventPattern } from '../aws/pattern/event-pattern.ts';
import { ANNOUNCEMENT_DIRECTORY } from '../control/announcement.ts';
import { announceStack } from '../control/control.ts';
import { createFaults } from '../faults/faults.ts';
import { removeLeftovers } from '../leftovers.ts';
import { createOpened, type Opened } from '../opened.ts';
import { openPage, type Page, type PageOptions } from '../page/page.ts';
import { type LocalStack, startLocalStack } from '../stack.ts';
import { openStateDirectory } from '../state-directory.ts';
import type { View } from '../view/view.ts';
import { readReal, type Source, simulate } from './source.ts';

export interface SessionOptions {
  readonly stateDirectory: string | undefined;
  /** The real HubSpot's token; a simulated portal is polled where not given. */
  readonly accessToken: string | undefined;
  readonly dynamoDbUrl: string | undefined;
  /** How often each portal is polled. */
  readonly everySeconds: number;
  /** How many portals are simulated. */
  readonly portalCount: number;
  readonly view: View;
  readonly rule: EventPattern | undefined;
  /** Whether there is a page beside the terminal's view. */
  readonly hasPage: boolean;
  /** The configuration of the real HubSpot's portal: cdk.json where not given. */
  readonly configFile?: string | undefined;
  /** The folder of the announcement; that of the command line where not given. */
  readonly announceIn?: string | undefined;
  /** Ends the opening too: it then rejects with the signal's reason. */
  readonly stop: AbortSignal;
}

export interface Session extends AsyncDisposable {
  readonly stack: LocalStack;
  readonly portals: readonly string[];
  readonly everySeconds: number;
  /** To be told of the runs: the user's view, and with it the page. */
  readonly view: View;
  readonly pageUrl: string | undefined;
  /** How many requests HubSpot has answered for a portal; undefined where only HubSpot could tell. */
  readonly requestsOf: (portal: string) => number | undefined;
  /** Whether the checkpoints outlast this process. */
  readonly isStateKept: boolean;
  /** Whether somebody has stopped the portal's schedule. */
  readonly isPaused: (portal: string) => boolean;
}

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
    accessToken === undefined
      ? await simulate(options.portalCount, isStateKept(options), opened)
      : await readReal(accessToken, options.configFile);
  await removeLeftovers();
  const outdir = await mkdtemp(join(tmpdir(), temporaryName('stack')));
  opened.add(() => rm(outdir, { recursive: true, force: true }));
  const synthesized = synthesize({ config: source.config, outdir });
  stop.throwIfAborted();
  const faults = createFaults({ isDynamoDbOurs: dynamoDbUrl === undefined });
  const started = await startLocalStack({
    synthesized,
    onRequest: faults.onRequest,
    secrets: source.tokens,
    tableDirectory: state?.tableDirectory,
    dynamoDbUrl,
    keptEvents: KEPT_EVENTS,
  });
  opened.add(started.close);
  faults.attachPortals(source.simulated);
  faults.attachStack(started);
  const { template } = synthesized;
  const page = options.hasPage
    ? await openPageOf(options, { stack: started, template, faults }, source)
    : undefined;
  if (page !== undefined) opened.add(page.close);
  const { stack, isPaused, close } = await announceStack(page?.stack ?? started, {
    everySeconds: options.everySeconds,
    about: `${source.about}; ${describeState(options)}`,
    directory: options.announceIn,
  });
  opened.add(close);
  const ignored = stateDirectory !== undefined && dynamoDbUrl !== undefined;
  view.begin({
    source: source.about,
    state: describeState(options),
    portals: stack.portals,
    page: page?.url,
    everySeconds: options.everySeconds,
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
    everySeconds: options.everySeconds,
    view: page === undefined ? view : besides(view, page),
    pageUrl: page?.url,
    requestsOf: (portal) => source.simulated.find(({ name }) => name === portal)?.portal.requestCount(),
    isStateKept: isStateKept(options),
  };
}

function openPageOf(
  options: SessionOptions,
  parts: Pick<PageOptions, 'stack' | 'template' | 'faults'>,
  source: Source,
): Promise<Page> {
  return openPage({
    ...parts,
    portals: source.simulated,
    source: source.about,
    startFrom: source.startFrom,
    everySeconds: options.everySeconds,
    isStateKept: isStateKept(options),
    lastStartFile: join(options.announceIn ?? ANNOUNCEMENT_DIRECTORY, 'page.json'),
  });
}

/** The view, with the page told of each run too. */
function besides(view: View, page: Page): View {
  return {
    ...view,
    showRun: (run, streams) => {
      view.showRun(run, streams);
      page.view.showRun(run, streams);
    },
  };
}

function isStateKept({
  stateDirectory,
  dynamoDbUrl,
}: Pick<SessionOptions, 'stateDirectory' | 'dynamoDbUrl'>): boolean {
  return stateDirectory !== undefined || dynamoDbUrl !== undefined;
}

function describeState({ dynamoDbUrl, stateDirectory }: SessionOptions): string {
  if (dynamoDbUrl !== undefined) return `state in the DynamoDB at ${dynamoDbUrl}`;
  return stateDirectory === undefined ? 'state in memory' : `state in ${stateDirectory}`;
}
