/** What a command reads and writes: the terminal, or what a test puts in its place. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliFailure, EXIT } from './failure.ts';

export interface Io {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Whether a person sees standard output, and may answer. */
  readonly isTerminal: boolean;
  readonly now: () => number;
  /** Resolves after so long, or at once when the command is to end. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Aborted when the command is to end: Ctrl-C. */
  readonly signal: AbortSignal;
  /** The answer to a question; `isHidden` shows nothing of what is typed. */
  readonly ask: (question: string, isHidden?: boolean) => Promise<string>;
  /** All of standard input, where it is no terminal. */
  readonly readAll: () => Promise<string>;
}

/** Asks for a yes; `isAgreed` is the user's `--yes`. @throws CliFailure where nobody can answer, or the answer is no */
export async function confirm(io: Io, question: string, isAgreed: boolean): Promise<void> {
  if (isAgreed) return;
  if (!io.isTerminal)
    throw new CliFailure('Nothing was changed: nobody is there to confirm it.', 'Add --yes.', EXIT.usage);
  const answer = await io.ask(`${question} [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new CliFailure('Nothing was changed.', 'Answer y to go ahead.');
}

/** The terminal this process runs in. */
export function createTerminalIo(signal: AbortSignal): Io {
  const { stdin, stdout, stderr } = process;
  return {
    out: (line) => stdout.write(`${line}\n`),
    err: (line) => stderr.write(`${line}\n`),
    isTerminal: stdout.isTTY === true && stdin.isTTY === true,
    now: Date.now,
    wait: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        const end = () => {
          clearTimeout(timer);
          resolve();
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      }),
    signal,
    ask: async (question, isHidden = false) => {
      // What is typed is echoed by readline, not by the terminal: written to nowhere it cannot be seen.
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
      stderr.write(question);
      const lines = createInterface({ input: stdin, output: isHidden ? silent : stderr, terminal: true });
      try {
        return await lines.question('', { signal });
      } finally {
        lines.close();
        if (isHidden) stderr.write('\n');
      }
    },
    readAll: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
