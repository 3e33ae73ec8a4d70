/** `npm run bench`: which cases, how large, and as what it is told. */
import { Argument, Command } from 'commander';
import { CASES } from './cases/all.ts';
import { describeMachine, type NamedReport, printReports } from './print.ts';

interface Flags {
  readonly json: boolean;
  readonly small: boolean;
}

const HELP = `
Cases:
${CASES.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}

Timings depend on the machine and on what else it does: compare within one run. Counts repeat to the digit.`;

const command = new Command('npm run bench --')
  .description('Measures the poller beside the loop a user would write and the lower bound.')
  .addArgument(
    new Argument('[case...]', 'all of them where none is named').choices(CASES.map(({ name }) => name)),
  )
  .option('--json', 'print JSON instead of the table', false)
  .option('--small', 'a few seconds each: for the counts, not for the timings', false)
  .addHelpText('after', HELP);

const parsed = command.parse();
const { json, small } = parsed.opts<Flags>();
const chosen = CASES.filter(({ name }) => parsed.args.length === 0 || parsed.args.includes(name));
const reports: NamedReport[] = [];
for (const { name, about, run } of chosen) {
  // On standard error: what is measured goes on the standard output alone.
  console.error(`${name}: ${about} …`);
  reports.push({ name, ...(await run(small ? 'small' : 'full')) });
}
const size = small ? 'small' : 'full';
console.log(
  json
    ? JSON.stringify({ machine: describeMachine(), size, cases: reports }, null, 2)
    : printReports(reports),
);
