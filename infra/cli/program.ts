/** The command line: its global flags, the verbs, and the exit status. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { PollerError } from '../../functions/poller/errors.ts';
import { STACK_NAME } from '../names.ts';
import { CliFailure, EXIT, NO_BREAK, tellCommands } from './failure.ts';
import type { Io } from './io.ts';
import type { StartGuard } from './target/aws/follow-bus.ts';
import { openTarget } from './target/open.ts';
import { onlyPortal, requirePortal, type Target } from './target/target.ts';
import { flagTexts, type Verb, type VerbContext } from './verb.ts';
import { VERBS } from './verbs/all.ts';

const HELP = `
Works on the deployed stack of the shell's AWS credentials and Region, or, with
--local, on an npm start of this folder. On a terminal it shows tables; through
a pipe tab-separated lines whose first names the columns; with --json JSON.

Exit status: 0 all is well · 1 something is wrong, or was refused · 2 the
command line can't be understood, or nobody was there to confirm it · 3 neither
AWS nor an npm start could be reached, or AWS refused · 130 broken off

Each verb's own --help has examples.`;

const HELP_COLUMNS = 80;

const globalsSchema = z.object({
  stack: z.string(),
  local: z.boolean(),
  running: z.string().optional(),
  portal: z.string().optional(),
});

/** Runs a command line; gives the exit status. Never rejects for what is the user's to mend. */
export async function runCli(args: readonly string[], io: Io, startGuard?: StartGuard): Promise<number> {
  let status: number = EXIT.ok;
  let opened: Promise<Target> | undefined;
  const program = createProgram(io);
  const globals = () => globalsSchema.parse(program.opts());
  const called = programText(io, args);
  const target = () => {
    opened ??= openTarget(globals(), io, startGuard);
    return opened;
  };
  const named = async () => {
    const { portal } = globals();
    return portal === undefined ? undefined : requirePortal(await target(), portal);
  };
  const context: VerbContext = {
    io,
    target,
    given: () => globals().portal,
    named,
    portal: async () => (await named()) ?? onlyPortal(await target()),
    portals: async () => {
      const portal = await named();
      return portal === undefined ? (await target()).portals() : [portal];
    },
    failed: () => {
      status = EXIT.failed;
    },
    tell: (text) => tellCommands(text, called),
  };
  for (const verb of VERBS) addVerb(program, verb, context, called);

  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    // What was followed until Ctrl-C has come to its end.
    if (io.signal.aborted && !(error instanceof CliFailure)) return status;
    const failure = await explain(error, opened);
    io.err(failure.message);
    if (failure.nextStep !== undefined) io.err(`→${NO_BREAK}${context.tell(failure.nextStep)}`);
    return failure.exitStatus;
  } finally {
    await opened?.then(({ close }) => close()).catch(() => undefined);
  }
}

function createProgram(io: Io): Command {
  return new Command(io.program)
    .description('Looks after the poller: what is wrong, how far it is, and the jobs of the runbook.')
    .version(readVersion(), '--version')
    .option('--stack <name>', 'the deployed stack', parseName, STACK_NAME)
    .option('--local', 'an npm start of this folder, instead of a deployed stack', false)
    .option('--running <file>', 'the file an npm start announced itself in: one of several, or elsewhere')
    .option('--portal <name>', 'the portal', parseName)
    .addHelpText('after', HELP)
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
      getOutHelpWidth: () => Math.min(io.columns() ?? HELP_COLUMNS, 110),
      getErrHelpWidth: () => Math.min(io.columns() ?? HELP_COLUMNS, 110),
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .exitOverride();
}

/** The package.json is as far from this file as it is from the bundle in the package. */
function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

function parseName(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('must be a name; found an empty text');
}

/** A verb of two words stands under a command of its first. */
function addVerb(program: Command, verb: Verb, context: VerbContext, called: string): void {
  const [first = '', second] = verb.name.split(' ');
  const known = program.commands.find((command) => command.name() === first);
  const parent = second === undefined ? program : (known ?? program.command(first));
  const name = second ?? first;
  const command = parent.command(name).description(verb.summary).exitOverride();
  if (second !== undefined && known === undefined) parent.description(verb.group ?? '');
  const argumentNames: string[] = [];
  for (const [key, schema] of Object.entries(verb.flags)) {
    const text = flagTexts.get(schema);
    if (text === undefined) continue;
    if (text.spelling.startsWith('-')) {
      // Not commander's own check: it would ask for a flag of `backfill` at `backfill list`, too.
      command.option(text.spelling, isOptional(schema) ? text.help : `${text.help} (required)`);
    } else {
      command.argument(text.spelling, text.help);
      argumentNames.push(key);
    }
  }
  const examples = verb.examples.map((example) => `  ${called} ${example}`);
  command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
  command.action(async () => {
    const values = argumentNames.map((key, index) => [key, command.args[index]]);
    await verb.read({ ...command.optsWithGlobals(), ...Object.fromEntries(values) })(context);
  });
}

function isOptional(schema: z.core.$ZodType): boolean {
  return z.safeParse(schema, undefined).success;
}

/** The command line up to the verb, with the flags that say where it works. */
function programText(io: Io, args: readonly string[]): string {
  const kept = args.flatMap((arg, index) => {
    if (arg === '--local') return [arg];
    return arg === '--stack' || arg === '--running' ? [arg, args[index + 1] ?? ''] : [];
  });
  return [io.program, ...kept].join(' ');
}

/** One sentence and a next step, for whatever was thrown. */
async function explain(error: unknown, opened: Promise<Target> | undefined): Promise<CliFailure> {
  if (error instanceof CliFailure) return error;
  const target = await opened?.catch(() => undefined);
  const explained = await target?.explain(error);
  if (explained !== undefined) return explained;
  if (error instanceof PollerError) return new CliFailure(error.message, `{events doctor} says what to do`);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new CliFailure(text, `{events doctor} tells more; where it does not, report this`);
}
