/** `npm run conformance`: the parts held against software that was written elsewhere. */
import { defineConfig } from 'vitest/config';
import { RESULTS_FILE } from './tools/cache.ts';

export default defineConfig({
  test: {
    include: ['test/conformance/**/*.conformance.ts'],
    globalSetup: ['test/conformance/tools/install.ts', 'test/support/temporary-directory.ts'],
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: process.env['CI'] === 'true' ? ['default', 'json'] : ['default'],
    outputFile: { json: RESULTS_FILE },
  },
});
