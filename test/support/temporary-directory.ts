/** A temporary directory for one run of the tests: what a test leaves behind in it fails the run. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Caches of the tools themselves, which they keep in the temporary directory. */
const TOOL_CACHES = /^(tsx-\d+|node-compile-cache)$/;

/** vitest calls it before the run. It looks when the run's process exits: its workers have ended by then. */
export default function setup(): void {
  const directory = mkdtempSync(join(tmpdir(), 'hubspot-events-tests-'));
  process.env['TMPDIR'] = directory;
  process.once('exit', () => {
    const left = readdirSync(directory).filter((name) => !TOOL_CACHES.test(name));
    rmSync(directory, { recursive: true });
    if (left.length === 0) return;
    console.error(
      `Ending the tests: nothing may be left in the temporary directory, found ${left.length}: ${left.join(', ')}`,
    );
    process.exitCode = 1;
  });
}
