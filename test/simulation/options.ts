/** The command line of `npm run simulate`. */
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { FEATURES, type Feature } from './schedule/features.ts';

export interface Options {
  readonly seed?: string;
  readonly from?: number;
  readonly schedules?: number;
  readonly minutes?: number;
  readonly processes: number;
  readonly without: readonly Feature[];
  readonly events?: number;
  readonly invocations?: number;
  readonly failures: number;
  readonly shrink: boolean;
  readonly trace: boolean;
}

/** The options that `--seed`, which is one schedule, leaves no room for. */
const OF_MANY = ['from', 'schedules', 'minutes', 'processes'] as const;

/** Reads the command line; ends the process with a sentence where it makes no sense. */
export function readOptions(): Options {
  const program = new Command('simulate')
    .description('Simulates the poller: every schedule is decided by its seed alone.')
    .option('--seed <seed>', 'run this one schedule again')
    .option('--from <seed>', 'the first of many seeds; a random one where not given', toWhole)
    .option('--schedules <number>', 'how many schedules', toWhole)
    .option('--minutes <number>', 'for so long', toNumber)
    .option('--processes <number>', 'in so many processes', toWhole, availableParallelism())
    .addOption(
      new Option('--without <features>', `leave out: ${FEATURES.join(', ')}`)
        .argParser(toFeatures)
        .default([]),
    )
    .option('--events <number>', 'only so many of the events', toWhole)
    .option('--invocations <number>', 'only so many of the invocations', toWhole)
    .option('--failures <number>', 'stop after so many schedules that failed', toWhole, 10)
    .option('--no-shrink', 'report failures as they are')
    .option('--trace', 'show what happens, line by line', false);
  const options = program.parse().opts<Options>();
  const beside = OF_MANY.filter((name) => program.getOptionValueSource(name) === 'cli');
  if (options.seed !== undefined && beside.length > 0)
    program.error(
      `error: --seed is one schedule, and goes without ${beside.map((name) => `--${name}`).join(', ')}`,
    );
  if (options.processes < 1) program.error('error: --processes must be 1 or more');
  return options;
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
