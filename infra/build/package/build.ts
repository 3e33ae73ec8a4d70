/**
 * The package's content: what another CDK app needs, and nothing that only this repository does.
 *
 *   dist/infra, dist/functions   the construct and the typed events: JavaScript and declarations
 *   dist/poller                  the Lambda's bundle, ready to deploy
 *   dist/cli, dist/RUNBOOK.md    the command line, and the text that alarms and checks point at
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { bundlePoller } from '../bundle.ts';
import { bundleCli } from '../bundle-cli.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** What `exports` in package.json names; what they import comes along. */
const ENTRIES = ['infra/index.ts', 'functions/consumer/event.ts', 'functions/consumer/once.ts'];

/** Builds into `<root>/dist`, from scratch. @throws where the sources do not compile */
export function buildPackage(): void {
  const dist = join(ROOT, 'dist');
  rmSync(dist, { recursive: true, force: true });
  compile(dist);
  mkdirSync(join(dist, 'poller'));
  cpSync(bundlePoller(), join(dist, 'poller'), { recursive: true });
  bundleCli(join(dist, 'cli'));
  cpSync(join(ROOT, 'infra/RUNBOOK.md'), join(dist, 'RUNBOOK.md'));
  cpSync(join(ROOT, 'infra/schema/hubspot-event.schema.json'), join(dist, 'hubspot-event.schema.json'));
}

function compile(outDir: string): void {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram({
    rootNames: ENTRIES.map((entry) => join(ROOT, entry)),
    options: {
      ...options,
      noEmit: false,
      allowImportingTsExtensions: false,
      rewriteRelativeImportExtensions: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      declaration: true,
      rootDir: ROOT,
      outDir,
    },
  });
  // What only emitting finds; `npm run types` has checked the rest.
  const { diagnostics, emitSkipped } = program.emit();
  if (diagnostics.length === 0 && !emitSkipped) return;
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => '\n',
  };
  throw new Error(`Building the package: ${ts.formatDiagnostics(diagnostics, host)}`);
}
