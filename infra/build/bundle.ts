/** The poller as Lambda gets it: ES modules with everything in them, and their source maps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';
import { temporaryName } from './temporary.ts';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The poller's source; the bundle exports its `handler`. */
const POLLER_ENTRY = join(ROOT, 'functions/poller/handler.ts');

/** The example consumer's source. */
export const CONSUMER_ENTRY = join(ROOT, 'functions/consumer/handler.ts');

/** CommonJS packages in an ES module ask for `require`, which Node gives only on request. */
export const COMMONJS_BANNER = [
  "import { createRequire as $createRequire } from 'node:module';",
  'const require = $createRequire(import.meta.url);',
].join('');

const bundled = new Map<string, string>();

/**
 * The folder with the bundle, made once in a process and removed at its end. esbuild runs right here: no
 * container, no package manager, no network. The same sources give the same bytes wherever they are
 * built, so an unchanged poller is not deployed again.
 */
export function bundleFunction(entry: string = POLLER_ENTRY): string {
  const known = bundled.get(entry);
  if (known !== undefined) return known;
  const files = buildFiles(entry);
  const directory = mkdtempSync(join(tmpdir(), temporaryName('bundle')));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const { path, contents } of files) writeFileSync(join(directory, basename(path)), contents);
  bundled.set(entry, directory);
  return directory;
}

function buildFiles(entry: string) {
  return buildSync(bundleOptions(entry)).outputFiles;
}

/** How the bundle is built: for whoever measures it, too. */
export function bundleOptions(entry: string = POLLER_ENTRY) {
  return {
    entryPoints: { index: entry },
    // A place that is always the same: the source maps' paths are relative to it, and are part of the bytes.
    outdir: join(ROOT, 'cdk.out/poller'),
    outExtension: { '.js': '.mjs' },
    // What is imported when it is needed stays out of the cold start: the SDK's credentials of every kind, the roll call.
    splitting: true,
    absWorkingDir: ROOT,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: COMMONJS_BANNER },
    // Names go too: to keep them, every class and function would be defined anew, some 7 ms of a cold start.
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
  } satisfies BuildOptions;
}
