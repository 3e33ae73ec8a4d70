/** `npm run events -- <verb>`: the verbs, their flags, and the exit status. */
import { existsSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { PollerError } from '../../functions/poller/errors.ts';
import { STACK_NAME } from '../stack.ts';
import { openAwsTarget } from './aws-target.ts';
import { runBackfill } from './backfill.ts';
import { runDoctor } from './doctor.ts';
import { CliFailure, EXIT } from './failure.ts';
import type { Io } from './io.ts';
import { ANNOUNCEMENT_FILE, openLocalTarget } from './local-target.ts';
import { redrive } from './redrive.ts';
import { showStatus } from './status.ts';
import { tailEvents } from './tail.ts';
import { portalOf, type Target, type TargetPortal } from './target.ts';
import { setToken } from './token.ts';
import { clearQuarantine, listQuarantine, setWatermark } from './watermark.ts';

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
  npm run events -- token set --portal main`;

const HELP_COLUMNS = 110;

interface GlobalFlags {
  readonly stack: string;
  readonly local: boolean;
  readonly running: string;
  readonly portal?: string;
}

/** Runs a command line; gives the exit status. Never rejects for what is the user's to mend. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  let status: number = EXIT.ok;
  const program = new Command('npm run events --')
    .description('Looks after the poller: what is wrong, how far it is, and the jobs of the runbook.')
    .option('--stack <name>', 'the deployed stack', STACK_NAME)
    .option('--local', 'the npm start that runs in this folder, instead of a deployed stack', false)
    .option('--running <file>', 'the file that an npm start elsewhere announced itself in', ANNOUNCEMENT_FILE)
    .option('--portal <name>', 'the portal; all of them for doctor and status, else the only one')
    .addHelpText('after', HELP)
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
      getOutHelpWidth: () => HELP_COLUMNS,
    })
    .exitOverride();

  const withTarget = async (use: (target: Target) => Promise<void>) => {
    const flags = program.opts<GlobalFlags>();
    const target = await openTarget(flags);
    try {
      await use(target);
    } finally {
      target.close();
    }
  };
  const one = (target: Target) => portalOf(target, program.opts<GlobalFlags>().portal);
  const some = (target: Target): readonly TargetPortal[] => {
    const { portal } = program.opts<GlobalFlags>();
    return portal === undefined ? target.portals : [portalOf(target, portal)];
  };
  const verb = (parent: Command, name: string, description: string) =>
    parent.command(name).description(description).exitOverride();

  verb(program, 'doctor', 'checks all that polling needs, in order, and says what to do').action(() =>
    withTarget(async (target) => {
      if (!(await runDoctor(io, target, some(target)))) status = EXIT.failed;
    }),
  );
  verb(program, 'status', 'shows each stream with its watermark, lag, last event and state')
    .option('--json', 'as JSON', false)
    .option('--watch', 'again and again, until Ctrl-C', false)
    .action((flags: { json: boolean; watch: boolean }) =>
      withTarget((target) => showStatus(io, target, some(target), flags)),
    );
  verb(
    program,
    'tail',
    'shows events as they land on the bus (on AWS by a rule and a queue that exist meanwhile)',
  )
    .option('--rule <pattern>', 'only events that a rule with this event pattern matches')
    .option('--json', 'whole events, with their properties', false)
    .option('--count <n>', 'end after so many events', parseCount)
    .action((flags: { rule?: string; json: boolean; count?: number }) =>
      withTarget((target) =>
        tailEvents(io, target, { json: flags.json, rule: flags.rule, count: flags.count }),
      ),
    );
  verb(
    program,
    'backfill',
    'has a stretch of the past read, shows how far it is; joins one without --from and --to',
  )
    .requiredOption('--stream <name>', 'the stream, as status shows it')
    .option('--from <instant>', 'ISO 8601 with its zone', parseInstantFlag)
    .option('--to <instant>', 'ISO 8601 with its zone', parseInstantFlag)
    .option('--dry-run', 'only count what HubSpot shows', false)
    .option('--republish', 'publish also what was published before', false)
    .option('--cancel', 'end the one that is under way', false)
    .action(
      (flags: {
        stream: string;
        from?: number;
        to?: number;
        dryRun: boolean;
        republish: boolean;
        cancel: boolean;
      }) =>
        withTarget((target) =>
          runBackfill(io, target, one(target), { ...flags, from: flags.from, to: flags.to }),
        ),
    );
  verb(program, 'redrive', 'shows the dead letters by reason, then publishes what can be published')
    .option('--dry-run', 'only show the reasons', false)
    .option('--discard', "delete letters that can't be published", false)
    .option('--yes', 'do not ask', false)
    .action((flags: { dryRun: boolean; discard: boolean; yes: boolean }) =>
      withTarget((target) => redrive(io, target, flags)),
    );
  const watermark = program.command('watermark').description("a stream's watermark");
  verb(watermark, 'set', 'moves it, after saying what will be repeated or skipped')
    .requiredOption('--stream <name>', 'the stream, as status shows it')
    .requiredOption('--to <instant>', 'ISO 8601 with its zone', parseInstantFlag)
    .option('--yes', 'do not ask', false)
    .action((flags: { stream: string; to: number; yes: boolean }) =>
      withTarget((target) => setWatermark(io, target, one(target), flags)),
    );
  const quarantine = program.command('quarantine').description('streams that HubSpot refuses');
  verb(quarantine, 'list', 'shows them, each with the reason').action(() =>
    withTarget((target) => listQuarantine(io, target, one(target))),
  );
  verb(quarantine, 'clear', 'has one tried again at the next run')
    .requiredOption('--stream <name>', 'the stream')
    .action(({ stream }: { stream: string }) =>
      withTarget((target) => clearQuarantine(io, target, one(target), stream)),
    );
  const token = program.command('token').description("a portal's HubSpot token");
  verb(token, 'set', 'writes it, from a prompt that shows nothing or from standard input').action(() =>
    withTarget((target) => setToken(io, target, one(target))),
  );

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
    if (!(error instanceof CliFailure) || !existsSync(running)) throw error;
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

function parseInstantFlag(text: string): number {
  const at = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new InvalidArgumentError('It must be ISO 8601 with its zone, such as 2026-11-01T00:00:00Z.');
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of 1 or more.');
}
