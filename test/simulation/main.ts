/** `npm run simulate`: as many schedules as asked for, or one again by its seed. */
import { randomInt } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { addFigures, startFigures } from './figures.ts';
import { FEATURES, type Feature, type Reduction } from './schedule/features.ts';
import { drawSchedule } from './schedule/schedule.ts';
import { commandOf, shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import type { Violation } from './world/world.ts';

interface Options {
  readonly seed?: string;
  readonly from?: number;
  readonly schedules?: number;
  readonly minutes?: number;
  readonly without: readonly Feature[];
  readonly events?: number;
  readonly invocations?: number;
  readonly failures: number;
  readonly shrink: boolean;
  readonly trace: boolean;
}

const program = new Command('simulate')
  .description('Simulates the poller: every schedule is decided by its seed alone.')
  .option('--seed <seed>', 'run this one schedule again')
  .option('--from <seed>', 'the first of many seeds; a random one where not given', toWhole)
  .option('--schedules <number>', 'how many schedules', toWhole)
  .option('--minutes <number>', 'for so long', toNumber)
  .addOption(
    new Option('--without <features>', `leave out: ${FEATURES.join(', ')}`).argParser(toFeatures).default([]),
  )
  .option('--events <number>', 'only so many of the events', toWhole)
  .option('--invocations <number>', 'only so many of the invocations', toWhole)
  .option('--failures <number>', 'stop after so many schedules that failed', toWhole, 10)
  .option('--no-shrink', 'report failures as they are')
  .option('--trace', 'show what happens, line by line', false);

const options = program.parse().opts<Options>();
const reduction: Reduction = {
  without: new Set(options.without),
  events: options.events,
  invocations: options.invocations,
};
const figures = startFigures();
const startedAt = performance.now();
let failures = 0;
for (const seed of seeds(options)) {
  const judgement = await simulate(drawSchedule(seed, reduction), options.trace ? showTrace : undefined);
  addFigures(figures, judgement);
  if (judgement.violations.length === 0) continue;
  failures += 1;
  await tell(seed, judgement.violations);
  if (failures >= options.failures) break;
}
const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
console.table({ ...figures, seconds });
process.exitCode = failures > 0 ? 1 : 0;

function* seeds({ seed, from, schedules, minutes }: Options): Generator<string> {
  if (seed !== undefined) {
    yield seed;
    return;
  }
  const first = from ?? randomInt(1_000_000_000);
  const most = schedules ?? (minutes === undefined ? 1_000 : Number.POSITIVE_INFINITY);
  const until = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000;
  for (let index = 0; index < most && performance.now() < until; index += 1) yield String(first + index);
}

async function tell(seed: string, violations: readonly Violation[]): Promise<void> {
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

function toWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}

function toNumber(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('must be a number');
  return Number(text);
}

function toFeatures(text: string): readonly Feature[] {
  return text.split(',').map((name) => {
    const feature = FEATURES.find((known) => known === name);
    if (feature === undefined)
      throw new InvalidArgumentError(`must be of ${FEATURES.join(', ')}; found ${name}`);
    return feature;
  });
}
