/** What ends a command: one sentence, what to do next, and the exit status. */

/** Exit statuses, as `--help` tells them. */
export const EXIT = {
  ok: 0,
  /** It was understood and tried, and found or met something wrong. */
  failed: 1,
  /** The command line cannot be understood, or an answer is missing. */
  usage: 2,
  /** Neither a stack nor an `npm start` could be reached. */
  unreachable: 3,
} as const;

/** A failure that is the user's to mend: its message and next step are all there is to read. */
export class CliFailure extends Error {
  readonly nextStep: string;
  readonly exitStatus: number;

  constructor(message: string, nextStep: string, exitStatus: number = EXIT.failed) {
    super(message);
    this.name = 'CliFailure';
    this.nextStep = nextStep;
    this.exitStatus = exitStatus;
  }
}
