#!/usr/bin/env node
/** What `npm run events` runs, and the `bin`. */
import { createTerminalIo } from './io.ts';
import { runCli } from './program.ts';

const ending = new AbortController();
process.once('SIGINT', () => ending.abort());
process.once('SIGTERM', () => ending.abort());
process.exitCode = await runCli(process.argv.slice(2), createTerminalIo(ending.signal));
