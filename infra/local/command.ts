/** `npm start`: flags, signals, and the exit status. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigError } from '../config.ts';
import { type EventPattern, InvalidEventPattern, parseEventPattern } from './aws/event-pattern.ts';
import { pollOnce, pollOnSchedule } from './schedule.ts';
import { openSession } from './session.ts';
import { createLiveView } from './view/live-view.ts';
import { createPlainView } from './view/plain-view.ts';
import type { View } from './view/view.ts';

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

const PARENT_WATCH_MS = 250;

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

/** Runs until a signal ends it, or the one poll is over; gives the exit status. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args);
  if (typeof flags === 'number') return flags;
  const stop = new AbortController();
  const end = () => stop.abort();
  // npm hands a signal on to its child, which the terminal has told too: the second changes nothing.
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  // Whoever read the lines has gone: `npm start | head`.
  process.stdout.on('error', end);
  const parentWatch = watchParent(end);
  try {
    return await run(flags, stop.signal);
  } catch (error) {
    console.error(describeFailure(error));
    return 1;
  } finally {
    clearInterval(parentWatch);
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  }
}

/** A signal to npm alone ends the shell between npm and this process, which is told nothing of it. */
function watchParent(end: () => void): NodeJS.Timeout {
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) end();
  }, PARENT_WATCH_MS);
}

async function run(flags: Flags, stop: AbortSignal): Promise<number> {
  const view = createView(flags);
  try {
    await using session = await openSession({
      stateDirectory: flags.state,
      accessToken: process.env['HUBSPOT_ACCESS_TOKEN']?.trim() || undefined,
      portalCount: flags.portals,
      everySeconds: flags.every,
      dynamoDbUrl: process.env['AWS_ENDPOINT_URL_DYNAMODB'] || undefined,
      view,
      rule: flags.rule,
      hasPage: flags.page && !flags.once,
    });
    if (stop.aborted) return 0;
    if (flags.once) return (await pollOnce(session, stop)) ? 0 : 1;
    if (flags.open && session.pageUrl !== undefined) await openInBrowser(session.pageUrl);
    await pollOnSchedule(session, stop);
    return 0;
  } finally {
    view.close();
  }
}

/** A machine without a browser has the address all the same. */
async function openInBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  const child = await open(url);
  child.once('error', (error) =>
    console.error(`Opening the page: a browser must be found, ${error.message}`),
  );
}

function createView({ once }: Flags): View {
  const isTerminal = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  return isTerminal && !once
    ? createLiveView(process.stdout)
    : createPlainView((line) => process.stdout.write(`${line}\n`));
}

/** The flags, or the exit status where there is nothing to run. */
function parseFlags(args: readonly string[]): Flags | number {
  const command = new Command('npm start --')
    .description('Polls HubSpot on its schedule and shows the events as they land on the bus.')
    .option('--once', 'poll once, and exit with its status: 0, or 1 where the run failed', false)
    .option('--rule <pattern>', 'show only events that a rule with this event pattern matches', parseRule)
    .option('--state <dir>', 'keep the checkpoints in this folder from one start to the next')
    .option('--portals <count>', 'poll so many simulated portals', parsePortals, 1)
    .option('--every <seconds>', 'poll so often', parseEvery, 10)
    .option('--open', 'open the page in the browser', false)
    .option('--no-page', 'leave the page out')
    .addHelpText('after', HELP)
    .exitOverride();
  try {
    return command.parse(args, { from: 'user' }).opts<Flags>();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_STATUS;
    throw error;
  }
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
function describeFailure(error: unknown): string {
  if (error instanceof ConfigError || !(error instanceof Error)) return String(error);
  return process.env['DEBUG'] === undefined ? error.message : (error.stack ?? error.message);
}
