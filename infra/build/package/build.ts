/**
 * The package's content: what another CDK app needs, and nothing that only this repository does.
 *
 *   dist/infra, dist/functions   the construct and the typed events: JavaScript and declarations
 *   dist/poller                  the Lambda's bundle, ready to deploy
 *   dist/cli, dist/RUNBOOK.md    the command line, and the text that alarms and checks point at
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunction } from '../bundle.ts';
import { bundleCli } from '../bundle-cli.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Builds into `<root>/dist`, from scratch. @throws where the sources do not compile */
export function buildPackage(): void {
  const dist = join(ROOT, 'dist');
  rmSync(dist, { recursive: true, force: true });
  compile(dist);
  mkdirSync(join(dist, 'poller'));
  cpSync(bundleFunction(), join(dist, 'poller'), { recursive: true });
  bundleCli(join(dist, 'cli'));
  cpSync(join(ROOT, 'infra/RUNBOOK.md'), join(dist, 'RUNBOOK.md'));
  cpSync(join(ROOT, 'infra/schema/hubspot-event.schema.json'), join(dist, 'hubspot-event.schema.json'));
}

/** What `files` in the tsconfig.json names is what `exports` in package.json does; what they import comes along. */
function compile(outDir: string): void {
  const tsc = join(ROOT, 'node_modules/@typescript/native/bin/tsc');
  const project = join(ROOT, 'infra/build/package');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', outDir], { stdio: 'inherit' });
}
