import { defineConfig } from 'vitest/config';

const major = Number(process.versions.node.split('.')[0]);
if (major < 22) {
  throw new Error(
    `Running the tests: Node 22.19 or newer is needed, found ${process.version}. ` +
      'Use `npm test`, which brings the Node of the Lambda runtime along.',
  );
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/temporary-directory.ts'],
    // As many as cores: by itself vitest leaves one idle, and most of these tests wait for processes.
    maxWorkers: 2,
    // Files share a worker: none mocks a module, and a worker for each would load the CDK and bundle the poller anew.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env['CI'] === 'true' ? ['default', 'json'] : ['default'],
    outputFile: { json: '.test-results.json' },
  },
});
