/** The command line at a desk: a portal, the local stack that polls it, announced, and a terminal to read from. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../infra/build/synth.ts';
import type { Io } from '../../infra/cli/io.ts';
import { runCli } from '../../infra/cli/program.ts';
import { announceStack } from '../../infra/local/control.ts';
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
  /** What a person answers; nobody is there where not given. */
  readonly answer?: string;
  readonly stdin?: string;
  /** Called where the command waits before it looks again. */
  readonly onWait?: () => Promise<unknown>;
}

export interface Desk extends AsyncDisposable {
  readonly portal: HubSpotPortal;
  readonly stack: LocalStack;
  readonly run: (verb: readonly string[], options?: RunOptions) => Promise<Answered>;
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
  const started = await startLocalStack({
    synthesized: synthesize({ config: { portals: { main: { apiUrl: portal.url, ...settings } } } }),
    secrets: { main: SIMULATED_TOKEN },
    ...changes,
  });
  const { stack, file, close } = await announceStack(started, { directory });
  return {
    portal,
    stack,
    run: (verb, options) => runAtDesk([...verb, '--local', '--running', file], options),
    [Symbol.asyncDispose]: async () => {
      await close();
      await stack.close();
      await portal.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Runs a command line in this process, with what it writes and asks in the test's hands. */
export async function runAtDesk(args: readonly string[], options: RunOptions = {}): Promise<Answered> {
  const { answer, stdin = '', onWait } = options;
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    isTerminal: answer !== undefined,
    now: Date.now,
    wait: async () => {
      await onWait?.();
    },
    signal: new AbortController().signal,
    ask: async (question) => {
      out.push(question);
      return answer ?? '';
    },
    readAll: async () => stdin,
  };
  const status = await runCli(args, io);
  return { status, out: out.join('\n'), err: err.join('\n') };
}
