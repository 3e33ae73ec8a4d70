#!/usr/bin/env node
/** What `npm run events` runs, and the `bin`. */
import { listenForEnd } from './ending.ts';
import { runCli } from './program.ts';
import { createTerminalIo } from './terminal.ts';

/** The one argument before the task of a tail's guard, in place of a verb. */
const GUARD_ARGUMENT = '--guard-tail';

const [, program = '', ...args] = process.argv;
if (args[0] === GUARD_ARGUMENT) {
  const { runGuard } = await import('./target/aws/tail-guard.ts');
  await runGuard(args[1] ?? '');
} else {
  const ending = listenForEnd();
  const io = createTerminalIo(ending, process.env);
  const self = [...process.execArgv, program];
  process.exitCode = await runCli(args, io, async (task) => {
    const { startGuard } = await import('./target/aws/tail-guard.ts');
    return startGuard([...self, GUARD_ARGUMENT], task);
  });
}
