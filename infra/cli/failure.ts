/** What ends a command: one sentence, what to do next, and the exit status. */

/** Exit statuses, as `--help` tells them. */
export const EXIT = {
  ok: 0,
  /** It did its work, and found or met something wrong; or the answer to its question was no. */
  failed: 1,
  /** The command line cannot be understood, or nobody was there to confirm it. */
  usage: 2,
  /** Neither AWS nor an `npm start` could be reached, or AWS refused. */
  unreachable: 3,
  /** Ctrl-C, before it was done. */
  interrupted: 130,
} as const;

const COMMAND = /\{events ([^}]*)\}/g;
/** Stands between the words of a command, until it is known where lines are broken. */
export const NO_BREAK = '\u00a0';

/** The text with each `{events status}` as a command of this program, which no line break divides. */
export function tellCommands(text: string, program: string): string {
  return text.replace(COMMAND, (_, words: string) => `${program} ${words}`.replaceAll(' ', NO_BREAK));
}

export function withSpaces(text: string): string {
  return text.replaceAll(NO_BREAK, ' ');
}

/** A failure that is the user's to mend: its message and next step are all there is to read. */
export class CliFailure extends Error {
  /** What to do; `{events status}` in it becomes a command. */
  readonly nextStep: string | undefined;
  readonly exitStatus: number;

  constructor(message: string, nextStep: string | undefined, exitStatus: number = EXIT.failed) {
    super(message);
    this.name = 'CliFailure';
    this.nextStep = nextStep;
    this.exitStatus = exitStatus;
  }
}
