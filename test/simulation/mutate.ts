/**
 * `npm run mutate`: breaks a copy of the poller in one way after another, and shows what catches each.
 *
 *   copy of the sources ─▶ one mutation ─▶ each of its catchers must fail ─▶ the file as it was ─▶ next
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Catcher, Mutation } from './mutations/mutation.ts';
import { MUTATIONS } from './mutations.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the tests need, beside node_modules. */
const COPIED = [
  'functions',
  'infra',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'cdk.json',
];

/** As many schedules as find every mutation that the simulation is to find. */
const SCHEDULES = '600';

interface Options {
  readonly only?: string;
}

interface Verdict {
  readonly catcher: Catcher;
  /** What failed first; undefined where nothing did. */
  readonly found: string | undefined;
}

const program = new Command('mutate')
  .description('Breaks a copy of the poller in one way after another, and shows what catches each.')
  .option('--only <text>', 'only mutations whose name has this text');
const { only = '' } = program.parse().opts<Options>();
const chosen = MUTATIONS.filter(({ name }) => name.includes(only));
if (chosen.length === 0) program.error(`error: no mutation's name has the text ${JSON.stringify(only)}`);

const folder = await mkdtemp(join(tmpdir(), 'mutations-'));
let missed = 0;
try {
  await copySources(folder);
  for (const mutation of chosen) {
    for (const { catcher, found } of await tryMutation(folder, mutation)) {
      if (found === undefined) missed += 1;
      console.log(
        `${found === undefined ? 'MISSED' : 'caught'}  ${mutation.name}  by ${catcher}  ${found ?? ''}`,
      );
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(missed === 0 ? 'Every mutation is caught.' : `${missed} are missed.`);
process.exitCode = missed === 0 ? 0 : 1;

async function copySources(to: string): Promise<void> {
  for (const name of COPIED) await cp(join(ROOT, name), join(to, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(to, 'node_modules'));
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
  const { code, output } = await run(process.execPath, parts, root);
  if (code === 0) return undefined;
  const failed = catcher === 'simulation' ? /^ {2}([\w-]+: .*)$/m : /^not ok \d+ - (.*?)(?: #.*)?$/m;
  const [, first] = failed.exec(output) ?? [];
  // A catcher that could not even run has caught nothing.
  if (first === undefined)
    throw new Error(`Running ${catcher}: it must fail by a test, found:\n${output.slice(-2_000)}`);
  return first;
}

function run(
  command: string,
  parts: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const env = { ...process.env, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(command, [...parts], { cwd, env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr });
    });
  });
}
