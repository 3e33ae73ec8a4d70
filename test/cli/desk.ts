/** The command line at a desk: a portal, the local stack that polls it, announced, and a terminal to read from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../infra/build/synth.ts';
import { withSpaces } from '../../infra/cli/failure.ts';
import type { Io } from '../../infra/cli/io.ts';
import { runCli } from '../../infra/cli/program.ts';
import { announceStack } from '../../infra/local/control/control.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../infra/local/stack.ts';
import { type PortalBehaviour, SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';
import type { SimulatedEvent } from '../../infra/simulator/simulated-event.ts';

export interface Answered {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** What a person answers to each question; nobody is there where not given. */
  readonly answers?: readonly (string | boolean)[];
  readonly stdin?: string;
  /** Of the terminal, 80 where not given; undefined for a pipe. */
  readonly columns?: number | undefined;
  /** Called where the command waits before it looks again. */
  readonly onWait?: () => Promise<unknown>;
  /** Ends the command, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

export interface Desk extends AsyncDisposable {
  readonly portal: HubSpotPortal;
  readonly stack: LocalStack;
  /** What the function has written, each line with its instant. */
  readonly lines: readonly WrittenLine[];
  /** Where the stack announced itself. */
  readonly file: string;
  /** Ends the npm start, for those who ask it. */
  readonly leave: () => Promise<void>;
  readonly run: (verb: readonly string[], options?: RunOptions) => Promise<Answered>;
}

export interface WrittenLine {
  readonly at: number;
  readonly text: string;
}

export interface DeskOptions {
  readonly behaviour?: Partial<PortalBehaviour>;
  readonly events?: readonly SimulatedEvent[];
  readonly settings?: object;
  readonly stack?: Partial<LocalStackOptions>;
}

export const TYPES = ['e_form_submission_v2', 'e_visited_page'];

export async function openDesk({
  behaviour,
  events = [],
  settings,
  stack: changes,
}: DeskOptions = {}): Promise<Desk> {
  const directory = await mkdtemp(join(tmpdir(), 'hubspot-events-cli-'));
  const portal = await startHubSpotPortal({ behaviour: { silentTypes: TYPES, ...behaviour }, events });
  const lines: WrittenLine[] = [];
  const started = await startLocalStack({
    onLine: (text) => lines.push({ at: Date.now(), text }),
    synthesized: synthesize({ config: { portals: { main: { apiUrl: portal.url, ...settings } } } }),
    secrets: { main: SIMULATED_TOKEN },
    ...changes,
  });
  const { stack, file, close } = await announceStack(started, { directory, everySeconds: 10 });
  let left: Promise<void> | undefined;
  const leave = () => {
    left ??= close();
    return left;
  };
  return {
    portal,
    stack,
    lines,
    file,
    leave,
    run: (verb, options) => runAtDesk([...verb, '--local', '--running', file], options),
    [Symbol.asyncDispose]: async () => {
      await leave();
      await stack.close();
      await portal.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Runs a command line in this process, with what it writes and asks in the test's hands. */
export async function runAtDesk(args: readonly string[], options: RunOptions = {}): Promise<Answered> {
  const { answers, stdin = '', onWait, signal = new AbortController().signal } = options;
  const columns = 'columns' in options ? options.columns : 80;
  const out: string[] = [];
  const err: string[] = [];
  const left = [...(answers ?? [])];
  const ask = async (question: string) => {
    out.push(question);
    return left.shift();
  };
  const io: Io = {
    write: (text) => out.push(text),
    out: (text) => out.push(withSpaces(text)),
    err: (text) => err.push(withSpaces(text)),
    columns: () => columns,
    redraw: (text) => out.push(text),
    settle: () => undefined,
    canAsk: answers !== undefined,
    confirm: async (question) => (await ask(question)) === true,
    readSecret: async (question) => String(await ask(question)),
    choose: async (question) => String(await ask(question)),
    readAll: async () => stdin,
    now: Date.now,
    wait: async () => {
      await onWait?.();
    },
    signal,
    program: 'npm run events --',
  };
  const status = await runCli(args, io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}
