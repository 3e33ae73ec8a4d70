/** `npm run bench`: which cases, how large, and as what it is told. */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { Argument, Command } from 'commander';
import type { BenchCase } from './case.ts';
import { CASES } from './cases/all.ts';
import { describeMachine, type NamedReport, printReports } from './print.ts';
import { writeFindings } from './readme.ts';

interface Flags {
  readonly json: boolean;
  readonly small: boolean;
  readonly write: boolean;
}

const README = new URL('../../README.md', import.meta.url);
const NAMES = CASES.map(({ name }) => name);

const HELP = `
Cases:
${CASES.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}

Timings depend on the machine and on what else it does: compare within one run. Counts repeat to the digit.`;

const command = new Command('npm run bench --')
  .description('Measures the poller beside the loop a user would write and the lower bound.')
  .addArgument(new Argument('[case...]', 'all of them where none is named').choices(NAMES))
  .option('--json', 'print JSON instead of the table', false)
  .option('--small', 'a few seconds each: for the counts, not for the timings', false)
  .option('--write', 'write the figures into README.md, each case as it ends', false)
  .addHelpText('after', HELP);

const parsed = command.parse();
const { json, small, write } = parsed.opts<Flags>();
if (small && write) command.error('--write needs the full cases: leave --small out');
const size = small ? 'small' : 'full';
const chosen = CASES.filter(({ name }) => parsed.args.length === 0 || parsed.args.includes(name));
const reports: NamedReport[] = [];
for (const each of chosen) {
  // On standard error: what is measured goes on the standard output alone.
  console.error(`${each.name}: ${each.about} …`);
  const report = await each.run(size);
  const measured = describeMoment(each);
  reports.push({ name: each.name, measured, ...report });
  if (!write) continue;
  const findings = [{ name: each.name, report, measured }];
  writeFileSync(README, writeFindings(readFileSync(README, 'utf8'), findings, NAMES));
}
console.log(
  json
    ? JSON.stringify({ machine: describeMachine(), size, cases: reports }, null, 2)
    : printReports(reports),
);

/** The day; of a timed case also how many processes wanted a core, in the mean of its last minutes. */
function describeMoment({ isTimed }: BenchCase): string {
  const day = new Date().toISOString().slice(0, 10);
  const [, load = Number.NaN] = loadavg();
  return isTimed ? `${day}, load ${load.toFixed(1)}` : day;
}
