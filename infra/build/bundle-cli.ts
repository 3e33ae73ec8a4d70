/** The command line as it is packed: modules that hold everything, so that it starts without a compiler and installs nothing. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { COMMONJS_BANNER, ROOT } from './bundle.ts';

/** Writes `main.mjs` and its parts into the folder: the clients of AWS are a part that is loaded once it is needed. */
export function bundleCli(outdir: string): void {
  buildSync({
    entryPoints: [join(ROOT, 'infra/cli/main.ts')],
    outdir,
    outExtension: { '.js': '.mjs' },
    absWorkingDir: ROOT,
    bundle: true,
    splitting: true,
    platform: 'node',
    // The oldest Node that the package says it runs on.
    target: 'node22.19',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: COMMONJS_BANNER },
    minify: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}
