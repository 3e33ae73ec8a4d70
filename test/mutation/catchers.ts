/**
 * What may notice a mutant, the nearest first:
 *
 *   the tests of its folder ─▶ all tests of the poller's parts ─▶ a small share of the simulation
 */
import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Ended, ROOT, runIn } from './copy.ts';
import { ACTIVE_MUTANT, onOneLine } from './mutants.ts';

/** As many schedules as `npm test` has of its first seed. */
const SCHEDULES = '40';

/** A test that waits for what a mutant never does is not waited for. */
const TEST_LIMIT = ['--testTimeout=30000', '--hookTimeout=30000'];

/** In one process and one thread: several mutants are tried at once, and what hangs ends with its process. */
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--pool=threads', '--maxWorkers=1', ...TEST_LIMIT];

const SIMULATION = ['--from', '1', '--schedules', SCHEDULES, '--processes', '1', '--no-shrink'];

/** An inactive mutant is as good as none. */
const NONE = 'none';

/** Times the time of all that without a mutant, and this much more: what takes longer hangs. */
const LIMIT = { times: 2, plusMs: 30_000 };

interface Catcher {
  readonly parts: readonly string[];
  readonly firstFailure: RegExp;
}

/** The poller's folders that have tests of their own. */
const FOLDERS = globSync('*/', { cwd: join(ROOT, 'functions/poller') })
  .map((folder) => `test/${basename(folder)}`)
  .filter((folder) => existsSync(join(ROOT, folder)))
  .toSorted();

function catchersOf(file: string): readonly Catcher[] {
  const nearest = nearestTests(file);
  return [...(nearest === undefined ? [] : [ofTests([nearest])]), ...WHOLE];
}

/** The folder of tests that mirrors the file's, or the first above it that there is. */
function nearestTests(file: string): string | undefined {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder))
    if (globSync(`test/${folder}/**/*.test.ts`, { cwd: ROOT }).length > 0) return `test/${folder}`;
  return undefined;
}

function ofTests(folders: readonly string[]): Catcher {
  return {
    parts: [...VITEST, '--bail=1', ...folders.map((folder) => `${folder}/`)],
    firstFailure: /^ *FAIL +(.*)$/m,
  };
}

const ofSimulation: Catcher = {
  parts: ['--import', 'tsx', 'test/simulation/main.ts', ...SIMULATION, '--failures', '1'],
  firstFailure: /^ {2}([\w-]+: .*)$/m,
};

/** What every mutant has to pass that its nearest tests do not notice. */
const WHOLE: readonly Catcher[] = [ofTests(FOLDERS), ofSimulation];

/** Gives what noticed the mutant; undefined where nothing did. */
export type Try = (file: string, id: string) => Promise<string | undefined>;

/** Gives the way to try a mutant in the copy. @throws Error where the tests fail without one */
export async function createTry(folder: string): Promise<Try> {
  function run({ parts }: Catcher, id: string, limitMs: number): Promise<Ended> {
    return runIn(folder, parts, limitMs, { [ACTIVE_MUTANT]: id });
  }

  const startedAt = performance.now();
  for (const catcher of WHOLE) {
    const { code, output } = await run(catcher, NONE, 0);
    if (code !== 0)
      throw new Error(`Trying mutants: the tests must pass without one, found ${failureIn(catcher, output)}`);
  }
  const limitMs = Math.ceil((performance.now() - startedAt) * LIMIT.times) + LIMIT.plusMs;

  return async (file, id) => {
    for (const catcher of catchersOf(file)) {
      const { code, output } = await run(catcher, id, limitMs);
      if (code === undefined) return 'its time';
      if (code !== 0) return failureIn(catcher, output);
    }
    return undefined;
  };
}

/** The first test or rule that failed, or the end of what was written where none could. */
function failureIn({ firstFailure }: Catcher, output: string): string {
  return firstFailure.exec(output)?.[1] ?? onOneLine(output.slice(-300));
}
