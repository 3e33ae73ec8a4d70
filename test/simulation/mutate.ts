/**
 * `npm run mutate`: breaks a copy of the poller in one way after another, and shows what catches each.
 *
 *   copy of the sources ─▶ one mutation ─▶ each of its catchers must fail ─▶ the file as it was ─▶ next
 */
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { runIn, withCopy } from '../mutation/copy.ts';
import { mutateMechanically } from '../mutation/mechanical.ts';
import type { Catcher, Mutation } from './mutations/mutation.ts';
import { MUTATIONS } from './mutations.ts';

/** As many schedules as find every mutation that the simulation is to find. */
const SCHEDULES = '600';

interface Options {
  readonly only: string;
  readonly mechanical: boolean;
  readonly seed: string;
  readonly sample: number | 'all';
  readonly processes: number;
}

interface Verdict {
  readonly catcher: Catcher;
  /** What failed first; undefined where nothing did. */
  readonly found: string | undefined;
}

const program = new Command('mutate')
  .description('Breaks a copy of the poller in one way after another, and shows what catches each.')
  .option(
    '--only <text>',
    'only mutations whose name has this text; of mechanical ones, whose file has it',
    '',
  )
  .option('--mechanical', "Stryker's mutations instead of those that SPEC.md lists", false)
  .option('--seed <seed>', 'decides which of the mechanical ones are tried', '1')
  .option('--sample <number>', 'how many of the mechanical ones, or all', toSample, 120)
  .option('--processes <number>', 'how many of the mechanical ones at once', toWhole, availableParallelism());
const options = program.parse().opts<Options>();
if (options.mechanical) {
  const sample = options.sample === 'all' ? undefined : options.sample;
  process.exitCode = (await mutateMechanically({ ...options, sample })) ? 0 : 1;
} else {
  process.exitCode = (await mutateByHand(options.only)) ? 0 : 1;
}

/** Tries the mutations chosen; gives true where every catcher of each fails. */
async function mutateByHand(only: string): Promise<boolean> {
  const chosen = MUTATIONS.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) program.error(`error: no mutation's name has the text ${JSON.stringify(only)}`);
  let missed = 0;
  await withCopy(async (folder) => {
    for (const mutation of chosen) {
      for (const { catcher, found } of await tryMutation(folder, mutation)) {
        if (found === undefined) missed += 1;
        console.log(
          `${found === undefined ? 'MISSED' : 'caught'}  ${mutation.name}  by ${catcher}  ${found ?? ''}`,
        );
      }
    }
  });
  console.log(missed === 0 ? 'Every mutation is caught.' : `${missed} are missed.`);
  return missed === 0;
}

function toSample(text: string): number | 'all' {
  return text === 'all' ? 'all' : toWhole(text);
}

function toWhole(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('must be a whole number, 1 or more');
  return Number(text);
}

async function tryMutation(root: string, { file, find, replace, caughtBy }: Mutation): Promise<Verdict[]> {
  const path = join(root, 'functions/poller', file);
  const source = await readFile(path, 'utf8');
  if (source.split(find).length !== 2)
    throw new Error(`Mutating ${file}: it must hold ${find} exactly once.`);
  await writeFile(
    path,
    source.replace(find, () => replace),
  );
  try {
    const verdicts: Verdict[] = [];
    for (const catcher of caughtBy) verdicts.push({ catcher, found: await runCatcher(root, catcher) });
    return verdicts;
  } finally {
    await writeFile(path, source);
  }
}

async function runCatcher(root: string, catcher: Catcher): Promise<string | undefined> {
  const simulate = ['--import', 'tsx', 'test/simulation/main.ts', '--from', '1', '--schedules', SCHEDULES];
  const parts =
    catcher === 'simulation'
      ? [...simulate, '--no-shrink', '--failures', '1']
      : ['node_modules/vitest/vitest.mjs', 'run', catcher, '--reporter=tap-flat'];
  const { code, output } = await runIn(root, parts);
  if (code === 0) return undefined;
  const failed = catcher === 'simulation' ? /^ {2}([\w-]+: .*)$/m : /^not ok \d+ - (.*?)(?: #.*)?$/m;
  const [, first] = failed.exec(output) ?? [];
  // A catcher that could not even run has caught nothing.
  if (first === undefined)
    throw new Error(`Running ${catcher}: it must fail by a test, found:\n${output.slice(-2_000)}`);
  return first;
}
