/** A verb: its words, its flags, its examples, and what it does over the target's ports. */
import { z } from 'zod';
import { CliFailure, EXIT } from './failure.ts';
import type { Io } from './io.ts';
import type { Target, TargetPortal } from './target/target.ts';

/** What a verb works with. The target is opened at the first call that needs it, and closed by the program. */
export interface VerbContext {
  readonly io: Io;
  readonly target: () => Promise<Target>;
  /** What `--portal` says, whether there is such a portal or not. */
  readonly given: () => string | undefined;
  /** The portal of `--portal`; it is there. Undefined where none is named. */
  readonly named: () => Promise<TargetPortal | undefined>;
  /** The portal of `--portal`, or the only one. @throws CliFailure where that is not clear */
  readonly portal: () => Promise<TargetPortal>;
  /** The portal of `--portal`, or all. */
  readonly portals: () => Promise<readonly TargetPortal[]>;
  /** The verb did its work, and found something wrong. */
  readonly failed: () => void;
  /** The text with each `{events status}` as a command, with the flags that say where it works. */
  readonly tell: (text: string) => string;
}

/** How commander spells a flag, and what the help says of it. */
interface FlagText {
  /** `--stream <name>`, or `<name>` for an argument. */
  readonly spelling: string;
  readonly help: string;
}

export const flagTexts = z.registry<FlagText>();

/** A flag: its value's schema with its spelling. The key it stands under is that of commander: `dryRun`. */
export function flag<Schema extends z.ZodType>(spelling: string, help: string, schema: Schema): Schema {
  flagTexts.add(schema, { spelling, help });
  return schema;
}

export function toggle(spelling: string, help: string) {
  return flag(spelling, help, z.boolean().default(false));
}

/** A name that is not empty. */
export function nameOf(what: string) {
  return z.string().min(1, `must name ${what}`);
}

/** The flag of every verb that shows something. */
export const JSON_FLAG = () => toggle('--json', 'as JSON');
export const YES_FLAG = () => toggle('--yes', 'do not ask');
export const STREAM_FLAG = () =>
  flag('--stream <name>', 'the stream, as status shows it', nameOf('a stream'));

export interface Verb {
  /** `watermark set`. */
  readonly name: string;
  readonly summary: string;
  /** What the verbs of the same first word are about. */
  readonly group?: string;
  /** Without the program's name. */
  readonly examples: readonly string[];
  readonly flags: z.ZodRawShape;
  /** What to run with these flags. @throws CliFailure where they cannot be understood */
  readonly read: (given: unknown) => (context: VerbContext) => Promise<void>;
}

export interface VerbDefinition<Flags extends z.ZodRawShape>
  extends Pick<Verb, 'name' | 'summary' | 'group' | 'examples'> {
  readonly flags: Flags;
  readonly run: (context: VerbContext, flags: z.output<z.ZodObject<Flags>>) => Promise<void>;
}

export function defineVerb<Flags extends z.ZodRawShape>(definition: VerbDefinition<Flags>): Verb {
  const { flags, run } = definition;
  const schema = z.object(flags);
  return {
    ...definition,
    read: (given) => {
      const parsed = schema.safeParse(given);
      if (!parsed.success)
        throw new CliFailure(describeMistakes(flags, parsed.error, given), undefined, EXIT.usage);
      return (context) => run(context, parsed.data);
    },
  };
}

function describeMistakes(flags: z.ZodRawShape, error: z.ZodError, given: unknown): string {
  const lines = error.issues.map(({ path: [key = ''], message }) => {
    const schema = Object.entries(flags).find(([name]) => name === key)?.[1];
    const spelling = schema instanceof z.ZodType ? flagTexts.get(schema)?.spelling : undefined;
    const found = typeof given === 'object' && given !== null ? Reflect.get(given, key) : undefined;
    const name = spelling?.split(' ')[0] ?? String(key);
    return found === undefined
      ? `${name} is missing.`
      : `${name}: ${message}; found ${JSON.stringify(found)}`;
  });
  return lines.join('\n');
}
