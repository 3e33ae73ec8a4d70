/** A real pseudo-terminal with a process in it, and the screen as a person sees it. */
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import headless from '@xterm/headless';

const DRIVER = fileURLToPath(new URL('driver.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../infra/cli/main.ts', import.meta.url));

export interface TerminalOptions {
  readonly columns?: number;
  /** The folder it runs in. */
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface OpenTerminal {
  /** All that was shown, from the top of the scrollback. */
  readonly text: () => string;
  /** Resolves when the text, after what was waited for before, is there. @throws where the process ends without it */
  readonly until: (text: string) => Promise<void>;
  readonly type: (keys: string) => void;
  readonly kill: (signal: string) => void;
  /** The exit status, once the process has ended; as a shell tells it where a signal has ended it. */
  readonly ended: Promise<number>;
}

/** The command lines, one after another in one process. */
export function runInTerminal(
  commands: readonly (readonly string[])[],
  options?: TerminalOptions,
): OpenTerminal {
  return openTerminal([DRIVER, JSON.stringify(commands)], options);
}

/** The program itself, as its users start it. */
export function startProgram(args: readonly string[], options?: TerminalOptions): OpenTerminal {
  return openTerminal([MAIN, ...args], options);
}

const ROWS = 24;
const SCROLLBACK = 10_000;

function openTerminal(
  args: readonly string[],
  { columns = 80, folder, environment = {} }: TerminalOptions = {},
): OpenTerminal {
  const screen = new headless.Terminal({
    cols: columns,
    rows: ROWS,
    scrollback: SCROLLBACK,
    allowProposedApi: true,
  });
  const child = spawn(process.execPath, [...args], {
    cols: columns,
    rows: ROWS,
    ...(folder === undefined ? {} : { cwd: folder }),
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '1', ...environment },
  });
  let seen = '';
  let isOver = false;
  const waiting = new Set<() => void>();
  const look = () => {
    for (const each of waiting) each();
  };
  child.onData((data) => {
    seen += data;
    screen.write(data, look);
  });
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode, signal = 0 }) => {
      isOver = true;
      // What it wrote last may not be on the screen yet.
      screen.write('', () => {
        look();
        resolve(signal === 0 ? exitCode : 128 + signal);
      });
    });
  });

  return {
    text: () => readScreen(screen),
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const at = seen.indexOf(text);
          if (at < 0 && !isOver) return;
          waiting.delete(check);
          if (at < 0)
            reject(new Error(`The terminal never showed ${JSON.stringify(text)}:\n${readScreen(screen)}`));
          seen = seen.slice(at + text.length);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    type: (keys) => child.write(keys),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

/** A line that was too long for the terminal is broken in two, as on the screen. */
function readScreen({ buffer }: InstanceType<typeof headless.Terminal>): string {
  const { active } = buffer;
  const lines = Array.from(
    { length: active.length },
    (_, index) => active.getLine(index)?.translateToString(true) ?? '',
  );
  return lines.join('\n').trimEnd();
}
