/** A temporary directory for one run of the tests, removed after it: what a test has left in it fails the run. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What may be there: caches of the tools, and what a process removes when it exits (the bundle, a cloud assembly
 * without a folder of its own), which vitest's workers do not come to: they are killed.
 */
const OF_PROCESSES = /^(tsx-\d+|node-compile-cache|poller-bundle-.+|cdk\.out.{6})$/;

/** vitest calls it before the run. It looks when the run's own process exits: the workers have ended by then. */
export default function setup(): void {
  const directory = mkdtempSync(join(tmpdir(), 'hubspot-events-tests-'));
  process.env['TMPDIR'] = directory;
  process.once('exit', () => {
    const left = readdirSync(directory).filter((name) => !OF_PROCESSES.test(name));
    rmSync(directory, { recursive: true });
    if (left.length === 0) return;
    console.error(
      `Ending the tests: nothing may be left in the temporary directory, found ${left.length}: ${left.join(', ')}`,
    );
    process.exitCode = 1;
  });
}
