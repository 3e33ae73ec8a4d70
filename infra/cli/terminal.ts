/** The terminal this process runs in, or the pipes in its place. */
import { createLogUpdate } from 'log-update';
import wrapAnsi from 'wrap-ansi';
import { withSpaces } from './failure.ts';
import { type Io, interrupted } from './io.ts';
import { waitUnless } from './wait.ts';

/** Of a terminal that does not tell its width. */
const COLUMNS = 80;

const CTRL_D = '\x04';

/** @param ending aborted by a signal; aborted here where nobody reads what is written any more */
export function createTerminalIo(ending: AbortController, environment: NodeJS.ProcessEnv): Io {
  const { stdin, stdout, stderr } = process;
  // `doctor | head -3`: whoever read the lines has gone, and that is no failure.
  for (const stream of [stdout, stderr]) stream.on('error', () => ending.abort());
  const live = createLogUpdate(stdout);
  return {
    write: (text) => stdout.write(`${text}\n`),
    out: (text) => stdout.write(`${fitTo(stdout, text)}\n`),
    err: (text) => stderr.write(`${fitTo(stderr, text)}\n`),
    columns: () => (stdout.isTTY === true ? stdout.columns || COLUMNS : undefined),
    redraw: (text) => live(text),
    settle: () => live.done(),
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    ...createPrompts(ending.signal),
    readAll: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
    now: Date.now,
    wait: (milliseconds) => waitUnless(ending.signal, milliseconds),
    signal: ending.signal,
    program: programName(environment),
  };
}

/** On a terminal lines are broken between words, with their indent; a command stays whole. */
function fitTo(stream: NodeJS.WriteStream, text: string): string {
  if (stream.isTTY !== true) return withSpaces(text);
  const width = stream.columns || COLUMNS;
  const wrapLine = (line: string) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const inner = wrapAnsi(line.slice(indent.length), width - indent.length, { trim: true });
    return inner.replace(/^/gm, indent);
  };
  const lines = text.split('\n').map((line) => (line.length > width ? wrapLine(line) : line));
  return withSpaces(lines.join('\n'));
}

/** On standard error: standard output may be a file. The library is loaded where there is a question. */
function createPrompts(signal: AbortSignal): Pick<Io, 'confirm' | 'readSecret' | 'choose'> {
  const load = async () => {
    const prompts = await import('@clack/prompts');
    // By itself Ctrl-D ends the input, and no answer ever comes.
    prompts.updateSettings({ aliases: { [CTRL_D]: 'cancel' } });
    return prompts;
  };
  const options = { output: process.stderr, signal, withGuide: false };
  return {
    confirm: async (message) => {
      const { confirm, isCancel } = await load();
      const answer = await confirm({ ...options, message, initialValue: false });
      if (isCancel(answer)) throw interrupted();
      return answer;
    },
    readSecret: async (message) => {
      const { isCancel, password } = await load();
      const answer = await password({ ...options, message, mask: '•' });
      if (isCancel(answer)) throw interrupted();
      return answer ?? '';
    },
    choose: async (message, names) => {
      const { isCancel, select } = await load();
      const answer = await select({ ...options, message, options: names.map((value) => ({ value })) });
      if (isCancel(answer)) throw interrupted();
      return answer;
    },
  };
}

/** What a user types before the flags: it stands in every text that tells of a next command. */
function programName(environment: NodeJS.ProcessEnv): string {
  const script = environment['npm_lifecycle_event'];
  if (script === 'events') return 'npm run events --';
  return script === 'npx' ? 'npx hubspot-events' : 'hubspot-events';
}
