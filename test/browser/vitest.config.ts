import { defineConfig } from 'vitest/config';

/** The page in a real browser: apart from the other tests, since it needs one on this machine. */
export default defineConfig({
  test: {
    include: ['test/browser/*.browser.ts'],
    globalSetup: ['test/browser/rig/chromium.ts', 'test/support/temporary-directory.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    reporters: process.env['CI'] === 'true' ? ['default', 'json'] : ['default'],
    outputFile: { json: '.browser-results.json' },
  },
});
