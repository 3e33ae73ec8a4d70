// vitest ends its workers by SIGTERM, which would pass by what this process removes when it exits.
if (process.listenerCount('SIGTERM') === 0) process.once('SIGTERM', () => process.exit());
