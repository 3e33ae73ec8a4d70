/** `npm run events -- <verb>`: the flags of every verb, where it works, and the exit status. */
import { Command, CommanderError } from 'commander';
import { PollerError } from '../../functions/poller/errors.ts';
import { findRunning } from '../local/announcement.ts';
import { STACK_NAME } from '../stack.ts';
import { openAwsTarget } from './aws-target.ts';
import { CliFailure, EXIT } from './failure.ts';
import type { Io } from './io.ts';
import { openLocalTarget } from './local-target.ts';
import { portalOf, type Target } from './target.ts';
import { addVerbs } from './verbs.ts';

const HELP = `
Works on the deployed stack of the shell's AWS credentials and Region, or, with --local, on the npm start that
runs in this folder.

Exit status: 0 all is well · 1 something is wrong, or was refused · 2 the command line can't be understood, or
nobody was there to confirm · 3 neither the stack nor an npm start could be reached

Examples:
  npm run events -- doctor
  npm run events -- status --watch
  npm run events -- --local tail --rule '{"detail-type":[{"prefix":"e_form"}]}'
  npm run events -- backfill --stream e_visited_page --from 2026-10-01T00:00:00Z --to 2026-11-01T00:00:00Z
  npm run events -- redrive --dry-run
  npm run events -- watermark set --stream e_visited_page --to 2026-11-01T00:00:00Z
  npm run events -- quarantine list
  npm run events -- token set --portal main
  npm run events -- portal add acme --settings '{"pollSeconds":300}'`;

const HELP_COLUMNS = 110;

interface GlobalFlags {
  readonly stack: string;
  readonly local: boolean;
  readonly running?: string;
  readonly portal?: string;
}

/** Runs a command line; gives the exit status. Never rejects for what is the user's to mend. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  let status: number = EXIT.ok;
  const program = new Command('npm run events --')
    .description('Looks after the poller: what is wrong, how far it is, and the jobs of the runbook.')
    .option('--stack <name>', 'the deployed stack', STACK_NAME)
    .option('--local', 'the npm start that runs in this folder, instead of a deployed stack', false)
    .option(
      '--running <file>',
      'the file that an npm start announced itself in: one of several, or elsewhere',
    )
    .option('--portal <name>', 'the portal; all of them for doctor and status, else the only one')
    .addHelpText('after', HELP)
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
      getOutHelpWidth: () => HELP_COLUMNS,
    })
    .exitOverride();

  const portal = () => program.opts<GlobalFlags>().portal;
  addVerbs({
    io,
    program,
    withTarget: async (use) => {
      const target = await openTarget(program.opts<GlobalFlags>());
      try {
        await use(target);
      } finally {
        target.close();
      }
    },
    one: (target) => portalOf(target, portal()),
    some: (target) => (portal() === undefined ? target.portals : [portalOf(target, portal())]),
    failed: () => {
      status = EXIT.failed;
    },
  });

  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    return explain(error, io);
  }
}

async function openTarget({ stack, local, running }: GlobalFlags): Promise<Target> {
  if (local) return openLocalTarget(running);
  try {
    return await openAwsTarget(stack);
  } catch (error) {
    if (!(error instanceof CliFailure) || (await findRunning()).length === 0) throw error;
    throw new CliFailure(
      error.message,
      'An npm start runs here: add --local to work on that one.',
      EXIT.unreachable,
    );
  }
}

/** One sentence and a next step; the trace only of what is nobody's mistake but the program's. */
function explain(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (io.signal.aborted) return EXIT.ok;
  if (error instanceof CliFailure) {
    io.err(`${error.message}\n→ ${error.nextStep}`);
    return error.exitStatus;
  }
  if (error instanceof PollerError) {
    io.err(`${error.message}\n→ npm run events -- doctor says what to do.`);
    return EXIT.failed;
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  io.err(`${text}\n→ Check your AWS credentials and their permissions; npm run events -- doctor tells more.`);
  return EXIT.failed;
}
