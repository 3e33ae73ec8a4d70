// Runs command lines one after another in one process, on the terminal or the pipes that it is given.
import { z } from 'zod';
import { runCli } from '../../../infra/cli/program.ts';
import { createTerminalIo } from '../../../infra/cli/terminal.ts';

/** A look again comes at once, so that a test need not wait for it. */
const WAIT_MS = 20;

const commands = z.array(z.array(z.string())).parse(JSON.parse(process.argv[2] ?? '[]'));
const io = createTerminalIo(new AbortController(), { ...process.env, npm_lifecycle_event: 'events' });

for (const command of commands) {
  const shown = command.map((word) => (/[^\w./:=<>-]/.test(word) ? `'${word}'` : word)).join(' ');
  io.out(`$ npm run events -- ${shown}`);
  const status = await runCli(command, { ...io, wait: () => io.wait(WAIT_MS) });
  io.out(`[exit ${status}]`);
}
