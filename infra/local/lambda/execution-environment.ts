/**
 * One process that runs the function, as Lambda keeps one: warm from one invocation to the next, ended when
 * an invocation passes its deadline, and replaced by a new one after any end.
 *
 *   starting ──ready──▶ idle ──deliver──▶ busy ──outcome, end of its log──▶ idle
 *       └──────────────── exit, kill, deadline ───────────────────────────────▶ ended
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { bundleFunction } from '../../build/bundle.ts';
import { createKey } from '../key.ts';
import { type Outcome, startRuntimeApi } from './runtime-api.ts';

export interface ExecutionEnvironmentOptions {
  readonly variables: Readonly<Record<string, string>>;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly onLine: (line: string) => void;
}

export interface ExecutionEnvironment {
  /** One invocation at a time. Never rejects. */
  readonly invoke: (payload: string, timeoutMs: number) => Promise<InvocationResult>;
  readonly isEnded: () => boolean;
  /** Ends the process as `kill -9` does; the invocation under way fails. */
  readonly kill: () => void;
  /** Ends process and API. */
  readonly close: () => Promise<void>;
}

export type InvocationResult = Outcome & {
  readonly requestId: string;
  /** The lines the function wrote, of both streams. */
  readonly logs: readonly string[];
  readonly durationMs: number;
};

interface Running {
  readonly requestId: string;
  readonly payload: string;
  readonly timeoutMs: number;
  readonly startedAt: number;
  readonly logs: string[];
  readonly resolve: (result: InvocationResult) => void;
  outcome: Outcome | undefined;
  openStreams: number;
  timer: NodeJS.Timeout | undefined;
}

const CLIENT = fileURLToPath(new URL('./runtime-client.ts', import.meta.url));
/** How long a process may take to load the handler (Lambda's init phase, 2026-11). */
const INIT_TIMEOUT_MS = 10_000;
/** The share of the function's memory that is JavaScript's; Lambda's own Node is started so. */
const HEAP_SHARE = 0.9;

/** Starts the process; it loads the handler while nobody waits for it yet. */
export async function startExecutionEnvironment(
  options: ExecutionEnvironmentOptions,
): Promise<ExecutionEnvironment> {
  const endOfLog = `end of log ${randomUUID()}`;
  const key = createKey();
  let running: Running | undefined;
  let isReady = false;
  let ending: Outcome | undefined;

  const api = await startRuntimeApi(key, {
    onReady: () => {
      isReady = true;
      deliver();
    },
    onOutcome: (requestId, outcome) => {
      if (running?.requestId !== requestId) return;
      running.outcome = outcome;
      settle();
    },
    onInitError: (outcome) => {
      ending = outcome;
    },
  });
  const child = startProcess(options, {
    AWS_LAMBDA_RUNTIME_API: api.address,
    LOCAL_RUNTIME_KEY: key,
    LOCAL_END_OF_LOG: endOfLog,
  });
  const initTimer = setTimeout(() => {
    if (!isReady) end('Sandbox.Timedout', `Init timed out after ${INIT_TIMEOUT_MS / 1000} seconds`);
  }, INIT_TIMEOUT_MS);
  child.once('error', (error) => {
    ending ??= fail('Runtime.ExitError', `Runtime could not be started: ${error.message}`);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(initTimer);
      const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
      ending ??= fail('Runtime.ExitError', `Runtime exited with error: ${how}`);
      if (running !== undefined) {
        running.outcome ??= ending;
        running.openStreams = 0;
        settle();
      }
      void api.close().then(resolve);
    });
  });
  readLines(child.stdout);
  readLines(child.stderr);

  /** stdout and stderr travel beside the API: an invocation is over when both have come to its end. */
  function readLines(stream: Readable | null): void {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) noteLine(line);
    });
    stream?.once('end', () => {
      if (rest !== '') noteLine(rest);
    });
  }

  function noteLine(line: string): void {
    const isEnd = line.endsWith(endOfLog);
    const text = isEnd ? line.slice(0, -endOfLog.length) : line;
    if (text !== '' || !isEnd) {
      running?.logs.push(text);
      options.onLine(text);
    }
    if (!isEnd || running === undefined) return;
    running.openStreams -= 1;
    settle();
  }

  function deliver(): void {
    if (running === undefined || !isReady) return;
    const { requestId, payload, timeoutMs } = running;
    isReady = false;
    clearTimeout(initTimer);
    running.timer = setTimeout(() => {
      end('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`);
    }, timeoutMs);
    api.deliver({ requestId, payload, deadlineAt: Date.now() + timeoutMs, functionArn: options.functionArn });
  }

  function settle(): void {
    if (running?.outcome === undefined || running.openStreams > 0) return;
    const { resolve, outcome, requestId, logs, startedAt, timer } = running;
    running = undefined;
    clearTimeout(timer);
    resolve({ ...outcome, requestId, logs, durationMs: performance.now() - startedAt });
  }

  function end(errorType: string, errorMessage: string): void {
    ending ??= fail(errorType, errorMessage);
    child.kill('SIGKILL');
  }

  function fail(errorType: string, reason: string): Outcome {
    const about = running === undefined ? '' : `RequestId: ${running.requestId} Error: `;
    return { ok: false, errorType, errorMessage: about + reason };
  }

  return {
    invoke: (payload, timeoutMs) =>
      new Promise((resolve) => {
        const requestId = randomUUID();
        const startedAt = performance.now();
        const state = { logs: [], outcome: undefined, openStreams: 2, timer: undefined };
        running = { requestId, payload, timeoutMs, startedAt, resolve, ...state };
        deliver();
      }),
    isEnded: () => ending !== undefined,
    kill: () => end('Runtime.ExitError', 'Runtime exited with error: signal: killed'),
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function startProcess(
  { variables, memoryMb }: ExecutionEnvironmentOptions,
  runtime: Readonly<Record<string, string>>,
): ChildProcess {
  // As JavaScript: Node would load its TypeScript compiler into each process first, for 50 ms.
  const client = join(bundleFunction(CLIENT), 'index.mjs');
  const heapMb = Math.floor(memoryMb * HEAP_SHARE);
  const flags = [`--max-old-space-size=${heapMb}`, '--disable-warning=ExperimentalWarning'];
  return spawn(process.execPath, [...flags, client], {
    cwd: variables['LAMBDA_TASK_ROOT'],
    env: { ...variables, ...runtime },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // A process group of its own: Ctrl-C is for whoever started this, who lets the invocation finish.
    detached: true,
  });
}
