/** What a command reads and writes: the terminal, or what a test puts in its place. */
import { CliFailure, EXIT } from './failure.ts';

export interface Io {
  /** Lines for standard output, as they are: tables, JSON. */
  readonly write: (text: string) => void;
  /** Sentences for standard output; on a terminal their lines are broken between words. */
  readonly out: (text: string) => void;
  /** The same for standard error: what is said about it. */
  readonly err: (text: string) => void;
  /** Columns of the terminal that shows standard output; undefined where it is a pipe or a file. */
  readonly columns: () => number | undefined;
  /** Shows the text in the place of what it showed before; the last one stays. For a terminal alone. */
  readonly redraw: (text: string) => void;
  /** What was drawn stays, and the next text is drawn below it. */
  readonly settle: () => void;
  /** Whether a person is there to answer. */
  readonly canAsk: boolean;
  /** @throws CliFailure at Ctrl-C and Ctrl-D */
  readonly confirm: (question: string) => Promise<boolean>;
  /** The answer to a question, with nothing shown of what is typed. @throws CliFailure at Ctrl-C and Ctrl-D */
  readonly readSecret: (question: string) => Promise<string>;
  /** One of the options. @throws CliFailure at Ctrl-C and Ctrl-D */
  readonly choose: (question: string, options: readonly string[]) => Promise<string>;
  /** All of standard input, where it is no terminal. */
  readonly readAll: () => Promise<string>;
  readonly now: () => number;
  /** Resolves after so long, or at once when the command is to end. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Aborted when the command is to end: Ctrl-C, or nobody reads what it writes any more. */
  readonly signal: AbortSignal;
  /** How the program was called, up to its flags: `npm run events --`. */
  readonly program: string;
}

/** Asks for a yes; `isAgreed` is the user's `--yes`. @throws CliFailure where nobody can answer, or the answer is no */
export async function confirm(io: Io, question: string, isAgreed: boolean): Promise<void> {
  if (isAgreed) return;
  if (!io.canAsk)
    throw new CliFailure('Nothing was changed: nobody is there to confirm it.', 'Add --yes.', EXIT.usage);
  if (!(await io.confirm(question))) throw new CliFailure('Nothing was changed.', undefined);
}

/** The failure of a command that was broken off at a question. */
export function interrupted(): CliFailure {
  return new CliFailure('Nothing was changed.', undefined, EXIT.interrupted);
}
