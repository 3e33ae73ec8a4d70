/** Breakages of runs: lease, time, revisions, requests. */
import type { Mutation } from './mutation.ts';

export const RUN_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the watermark may move back',
    file: 'core/checkpoint.ts',
    find: 'const watermark = Math.max(checkpoint.watermark, positionOf(pass));',
    replace: 'const watermark = positionOf(pass) - 1;',
    caughtBy: ['simulation', 'test/core/checkpoint.test.ts'],
  },
  {
    name: 'a checkpoint is written whatever revision is stored',
    file: 'adapters/dynamodb/checkpoints.ts',
    find: "'#revision = :read'",
    replace: "'#revision >= :read'",
    caughtBy: ['test/adapters/dynamodb/checkpoints.test.ts'],
  },
  {
    name: 'that two held the lease at once is not noted',
    file: 'adapters/dynamodb/checkpoints.ts',
    find: "before['isContested'] === true",
    replace: 'false',
    caughtBy: ['test/adapters/dynamodb/leases.test.ts'],
  },
  {
    name: 'the lease is ignored',
    file: 'run/poll.ts',
    find: 'if (!isOurs) {',
    replace: 'if (!isOurs && time.startedAt < 0) {',
    caughtBy: ['simulation', 'test/run/poll.test.ts'],
  },
  {
    name: 'the lease ends before the run does',
    file: 'run/poll.ts',
    find: 'time.deadlineAt + LEASE_MARGIN_MS',
    replace: 'time.startedAt + LEASE_MARGIN_MS',
    caughtBy: ['simulation'],
  },
  {
    name: 'publishing and commit may take longer than the run',
    file: 'core/run-time.ts',
    find: 'return this.deadlineAt - Math.min(',
    replace: 'return this.deadlineAt + 60 * Math.min(',
    caughtBy: ['simulation', 'test/core/run-time.test.ts'],
  },
  {
    name: 'a request that was answered counts no longer',
    file: 'adapters/hubspot/rate-limiter.ts',
    find: 'const above = this.#underWay + this.#freeAt.length - this.#limit;',
    replace: 'const above = this.#underWay - this.#limit;',
    caughtBy: ['simulation', 'test/adapters/hubspot/rate-limiter.test.ts'],
  },
  {
    name: 'a clock that was set back blocks the requests',
    file: 'adapters/hubspot/rate-limiter.ts',
    find: 'if ((this.#freeAt.at(-1) ?? now) > latest)',
    replace: 'if ((this.#freeAt.at(-1) ?? now) > latest + 1e12)',
    caughtBy: ['test/adapters/hubspot/rate-limiter.test.ts'],
  },
  {
    name: 'headers that say 0 is left hold the limit at one request',
    file: 'adapters/hubspot/rate-limiter.ts',
    find: 'Math.floor(this.#configured * LEAST_SHARE)',
    replace: '0',
    caughtBy: ['test/adapters/hubspot/rate-limiter.test.ts'],
  },
  {
    name: 'a Retry-After of a day is a throttle as any other',
    file: 'adapters/hubspot/client.ts',
    find: 'if (isThrottle && afterMs > LONGEST_WAIT_MS) throw askedToWait(action, afterMs, answer);',
    replace: '',
    caughtBy: ['simulation'],
  },
  {
    name: 'a malformed answer is not asked for again',
    file: 'adapters/hubspot/source.ts',
    find: 'const MALFORMED_TRIES = 3;',
    replace: 'const MALFORMED_TRIES = 1;',
    caughtBy: ['test/adapters/hubspot/paging.test.ts'],
  },
  {
    name: 'a 403 counts also where the type was read since',
    file: 'run/read-page.ts',
    find: '  run.refusal = undefined;\n',
    replace: '',
    caughtBy: ['test/run/run-portal.test.ts'],
  },
];
