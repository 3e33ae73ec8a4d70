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

/** Stands in a text for the command line as it was called, up to the verb: `npm run events --`. */
export const EVENTS = '{events}';

/** A failure that is the user's to mend: its message and next step are all there is to read. */
export class CliFailure extends Error {
  /** What to do; EVENTS in it becomes the command line. */
  readonly nextStep: string | undefined;
  readonly exitStatus: number;

  constructor(message: string, nextStep: string | undefined, exitStatus: number = EXIT.failed) {
    super(message);
    this.name = 'CliFailure';
    this.nextStep = nextStep;
    this.exitStatus = exitStatus;
  }
}
