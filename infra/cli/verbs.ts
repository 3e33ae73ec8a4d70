/** The verbs and their flags. */
import { type Command, InvalidArgumentError } from 'commander';
import { runBackfill } from './backfill.ts';
import { runDoctor } from './doctor.ts';
import type { Io } from './io.ts';
import { addPortal, listPortals, removePortal } from './portal.ts';
import { redrive } from './redrive.ts';
import { showStatus } from './status.ts';
import { tailEvents } from './tail.ts';
import type { Target, TargetPortal } from './target.ts';
import { setToken } from './token.ts';
import { clearQuarantine, listQuarantine, setWatermark } from './watermark.ts';

/** What a verb gets from the program it is added to. */
export interface VerbContext {
  readonly io: Io;
  readonly program: Command;
  /** Opens what the verb works on, and closes it after. */
  readonly withTarget: (use: (target: Target) => Promise<void>) => Promise<void>;
  /** The portal that is meant. @throws CliFailure where that is not clear */
  readonly one: (target: Target) => TargetPortal;
  /** The portal that is named, or all. */
  readonly some: (target: Target) => readonly TargetPortal[];
  /** The verb did its work, and found something wrong. */
  readonly failed: () => void;
}

export function addVerbs(context: VerbContext): void {
  addLooking(context);
  addReading(context);
  addStates(context);
  addPortals(context);
}

function verb(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).exitOverride();
}

function addLooking({ io, program, withTarget, some, failed }: VerbContext): void {
  verb(program, 'doctor', 'checks all that polling needs, in order, and says what to do').action(() =>
    withTarget(async (target) => {
      if (!(await runDoctor(io, target, some(target)))) failed();
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
}

function addReading({ io, program, withTarget, one }: VerbContext): void {
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
}

function addStates({ io, program, withTarget, one }: VerbContext): void {
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
}

function addPortals({ io, program, withTarget }: VerbContext): void {
  const portal = program.command('portal').description('portals, without a deployment');
  verb(portal, 'add <name>', 'makes its secret and its schedule, and nothing else')
    .option('--settings <json>', 'as in cdk.json, under portals.<name>', '{}')
    .action((name: string, { settings }: { settings: string }) =>
      withTarget((target) => addPortal(io, target, name, settings)),
    );
  verb(portal, 'remove <name>', 'deletes both; its checkpoints stay')
    .option('--yes', 'do not ask', false)
    .action((name: string, { yes }: { yes: boolean }) =>
      withTarget((target) => removePortal(io, target, name, yes)),
    );
  verb(portal, 'list', 'shows all, those of the stack too').action(() =>
    withTarget(async (target) => listPortals(io, target)),
  );
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
