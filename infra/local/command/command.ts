/** `npm start`: its flags, and the exit status. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigError } from '../../config.ts';
import { type EventPattern, InvalidEventPattern, parseEventPattern } from '../aws/pattern/event-pattern.ts';
import { openSession } from '../session/session.ts';
import { createLiveView } from '../view/live-view.ts';
import { createPlainView } from '../view/plain-view.ts';
import type { View } from '../view/view.ts';
import { createEnding } from './ending.ts';
import { createPolling } from './schedule.ts';

interface Flags {
  readonly once: boolean;
  readonly rule?: EventPattern | undefined;
  readonly state?: string | undefined;
  readonly portals: number;
  readonly every: number;
  readonly page: boolean;
  readonly open: boolean;
}

/** As many simulated portals as a machine of two cores polls every ten seconds. */
const MOST_PORTALS = 50;

/** As often as the schedule of a deployed stack ticks. */
const MOST_EVERY_SECONDS = 60;

/** The exit status of a command line that cannot be understood. */
const USAGE_STATUS = 2;

const HELP = `
Without HUBSPOT_ACCESS_TOKEN a simulated HubSpot portal is polled; with it the real HubSpot, with the
configuration of cdk.json. AWS_ENDPOINT_URL_DYNAMODB names a DynamoDB to use instead of the embedded one.

Examples:
  npm start
  npm start -- --once
  npm start -- --rule '{"detail-type":[{"prefix":"e_form"}]}'
  npm start -- --state .local-state
  npm start -- --portals 20
  npm start -- --open
  HUBSPOT_ACCESS_TOKEN=pat-… npm start`;

/** What the command is started with and writes to: the process's own, or a test's. */
export interface CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly write: (line: string) => void;
  readonly writeError: (text: string) => void;
  /** Undefined where standard output is none. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** The folder where a start announces itself; that of the command line where not given. */
  readonly announceIn?: string;
}

/** Calls back whenever the end is asked for, until it is disposed of. */
export type EndRequests = (onRequest: () => void) => { readonly dispose: () => void };

/** Runs until the end is asked for, or the one poll is over; gives the exit status. */
export async function runCommand(
  args: readonly string[],
  io: CommandIo,
  listenForEnd: EndRequests,
): Promise<number> {
  const flags = parseFlags(args, io);
  if (typeof flags === 'number') return flags;
  const view = createView(flags, io);
  const stop = new AbortController();
  let onEnd = () => view.showEnding('Ending, as soon as the stack is built.');
  const requests = listenForEnd(() => {
    stop.abort();
    onEnd();
  });
  try {
    await using session = await openSession({
      stateDirectory: flags.state,
      accessToken: io.environment['HUBSPOT_ACCESS_TOKEN']?.trim() || undefined,
      portalCount: flags.portals,
      everySeconds: flags.every,
      dynamoDbUrl: io.environment['AWS_ENDPOINT_URL_DYNAMODB'] || undefined,
      announceIn: io.announceIn,
      view,
      rule: flags.rule,
      hasPage: flags.page && !flags.once,
      stop: stop.signal,
    });
    const polling = createPolling(session, session.view, stop.signal);
    const { isStateKept, stack } = session;
    const ending = createEnding({ polling, view, isStateKept, kill: stack.kill });
    onEnd = ending.ask;
    try {
      if (flags.once) return (await polling.once()) ? 0 : 1;
      if (flags.open && session.pageUrl !== undefined) await openInBrowser(session.pageUrl, io);
      await polling.onSchedule();
      return 0;
    } finally {
      ending.dispose();
    }
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 0;
    view.close();
    io.writeError(describeFailure(error, io));
    return 1;
  } finally {
    view.close();
    requests.dispose();
  }
}

/** A machine without a browser has the address all the same. */
async function openInBrowser(url: string, { writeError }: CommandIo): Promise<void> {
  const { default: open } = await import('open');
  const child = await open(url);
  const tell = (found: string) => writeError(`Opening the page: a browser must be found, ${found}`);
  child.once('error', ({ message }) => tell(message));
  // Linux's xdg-open says by its status that there is none.
  child.once('exit', (status) => {
    if (status !== null && status > 0) tell(`xdg-open ended with status ${status}`);
  });
}

function createView({ once }: Flags, { terminal, environment, write }: CommandIo): View {
  return terminal !== undefined && environment['TERM'] !== 'dumb' && !once
    ? createLiveView(terminal)
    : createPlainView(write);
}

/** The flags, or the exit status where there is nothing to run. */
function parseFlags(args: readonly string[], { write, writeError }: CommandIo): Flags | number {
  const command = new Command('npm start --')
    .description('Polls HubSpot on its schedule and shows the events as they land on the bus.')
    .option('--once', 'poll once, and exit with its status: 0, or 1 where the run failed', false)
    .option('--rule <pattern>', 'show only events that a rule with this event pattern matches', parseRule)
    .option('--state <dir>', 'keep the checkpoints in this folder from one start to the next', parseState)
    .option('--portals <count>', 'poll so many simulated portals', parsePortals, 1)
    .option('--every <seconds>', 'poll so often', parseEvery, 10)
    .option('--open', 'open the page in the browser', false)
    .option('--no-page', 'leave the page out')
    .addHelpText('after', HELP)
    .configureOutput({
      writeOut: (text) => write(text.trimEnd()),
      writeErr: (text) => writeError(text.trimEnd()),
    })
    .exitOverride();
  try {
    return command.parse(args, { from: 'user' }).opts<Flags>();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_STATUS;
    throw error;
  }
}

function parseState(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('must name a folder; found an empty text');
}

function parsePortals(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_PORTALS) return count;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${MOST_PORTALS}; found ${text}`);
}

function parseEvery(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MOST_EVERY_SECONDS) return seconds;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${MOST_EVERY_SECONDS}; found ${text}`);
}

function parseRule(text: string): EventPattern {
  try {
    return parseEventPattern(text);
  } catch (error) {
    if (error instanceof InvalidEventPattern) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** The user's own mistakes in a sentence; anything else with its trace, for whoever mends it. */
function describeFailure(error: unknown, { environment }: CommandIo): string {
  if (error instanceof ConfigError || !(error instanceof Error)) return String(error);
  return environment['DEBUG'] === undefined ? error.message : (error.stack ?? error.message);
}
