/** `npm run simulate`: as many schedules as asked for, or one again by its seed. */
import { randomInt } from 'node:crypto';
import type { Judgement } from './checker/checker.ts';
import { addFigures, startFigures } from './figures.ts';
import { type Options, readOptions } from './options.ts';
import type { Reduction } from './schedule/features.ts';
import { drawSchedule } from './schedule/schedule.ts';
import { commandOf, shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { simulateMany } from './workers.ts';
import type { Violation } from './world/world.ts';

// Whoever reads a trace may have seen enough of it.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));

const options = readOptions();
const reduction: Reduction = {
  without: new Set(options.without),
  events: options.events,
  invocations: options.invocations,
};
const figures = startFigures();
const startedAt = performance.now();
let failures = 0;
if (options.seed !== undefined) {
  const trace = options.trace ? showTrace : undefined;
  await tell(options.seed, await simulate(drawSchedule(options.seed, reduction), trace));
} else if (options.trace || options.processes === 1) {
  for (const seed of seeds(options)) {
    const trace = options.trace ? showTrace : undefined;
    if (!(await tell(seed, await simulate(drawSchedule(seed, reduction), trace)))) break;
  }
} else {
  await simulateMany(seeds(options), reduction, options.processes, tell);
}
const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
console.table({ ...figures, seconds });
process.exitCode = failures > 0 ? 1 : 0;

function* seeds({ from, schedules, minutes }: Options): Generator<string> {
  const first = from ?? randomInt(1_000_000_000);
  const most = schedules ?? (minutes === undefined ? 1_000 : Number.POSITIVE_INFINITY);
  const until = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000;
  for (let index = 0; index < most && performance.now() < until; index += 1) yield String(first + index);
}

/** Counts a schedule, and shows what is wrong with it; false where enough have failed. */
async function tell(seed: string, judgement: Judgement): Promise<boolean> {
  addFigures(figures, judgement);
  if (judgement.violations.length === 0) return true;
  failures += 1;
  await describe(seed, judgement.violations);
  return failures < options.failures;
}

async function describe(seed: string, violations: readonly Violation[]): Promise<void> {
  console.error(`\nSeed ${seed}: ${violations.length} violations`);
  for (const { rule, text } of violations.slice(0, 5)) console.error(`  ${rule}: ${text}`);
  const [first] = violations;
  const isShrunk = options.shrink && first !== undefined;
  const least = isShrunk ? await shrink(seed, reduction, first.rule) : reduction;
  console.error(`  ${commandOf(seed, least)}`);
}

function showTrace(at: number, line: string): void {
  console.log(`${new Date(at).toISOString()} ${line}`);
}
