/** Deliberate breakages of the poller, and what catches each: SPEC.md shows the same table. */

export interface Mutation {
  readonly name: string;
  /** Below functions/poller. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Each of these fails: test files, or the simulation. */
  readonly caughtBy: readonly [Catcher, ...Catcher[]];
}

export type Catcher = 'simulation' | `test/${string}.test.ts`;

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the checkpoint is saved before the ledger is written',
    file: 'publish/publish-page.ts',
    find: 'await writeDown(context, known, resolved,',
    replace: 'void writeDown(context, known, resolved,',
    caughtBy: ['test/run/stream.test.ts'],
  },
  {
    name: 'the lower end of a window is taken as exclusive',
    file: 'run/stream.ts',
    find: 'occurredAt >= from',
    replace: 'occurredAt > from',
    caughtBy: ['simulation'],
  },
  {
    name: 'the cursor is encoded twice',
    file: 'adapters/hubspot/url.ts',
    find: 'return decodeURIComponent(after);',
    replace: 'return after;',
    caughtBy: ['simulation', 'test/adapters/hubspot/url.test.ts'],
  },
  {
    name: 'all entries of a call are sent again, not only those that failed',
    file: 'adapters/eventbridge/publisher.ts',
    find: 'pending = settle(outcomes, pending, results);',
    replace: 'pending = settle(outcomes, pending, results).length > 0 ? pending : [];',
    caughtBy: ['simulation'],
  },
  {
    name: 'the ledger lacks what was accepted where other entries failed',
    file: 'publish/publish-page.ts',
    find: 'await writeDown(context, known, resolved,',
    replace: 'await writeDown(context, known, sent.failure === undefined ? resolved : [],',
    caughtBy: ['simulation', 'test/run/stream.test.ts'],
  },
  {
    name: 'dead letters are not in the ledger',
    file: 'publish/publish-page.ts',
    find: 'await writeDown(context, known, resolved,',
    replace: 'await writeDown(context, known, sent.accepted,',
    caughtBy: ['simulation', 'test/run/stream.test.ts'],
  },
  {
    name: 'the position moves to the end of a page that is resolved in part',
    file: 'run/stream.ts',
    find: '(isComplete ? chain.lastAt : unresolvedAt)',
    replace: 'chain.lastAt',
    caughtBy: ['simulation', 'test/run/stream.test.ts'],
  },
  {
    name: 'the cursor moves on past a page that is resolved in part',
    file: 'run/stream.ts',
    find: 'cursor: isComplete ? answer.cursor : slice.cursor,',
    replace: 'cursor: answer.cursor,',
    caughtBy: ['simulation'],
  },
  {
    name: 'the position moves on where pages are not ascending',
    file: 'run/stream.ts',
    find: 'position: chain.isAscending ? Math.max(slice.position, reachedAt) : slice.position,',
    replace: 'position: Math.max(slice.position, reachedAt),',
    caughtBy: ['test/run/stream.test.ts'],
  },
  {
    name: 'the position moves past an unresolved entry that has no time',
    file: 'publish/publish-page.ts',
    find: 'if (instants.length < entries.length) return undefined;',
    replace: '',
    caughtBy: ['test/run/stream.test.ts'],
  },
  {
    name: 'the watermark follows the newest slice',
    file: 'run/pass-reading.ts',
    find: 'const [oldest] = slices;',
    replace: 'const oldest = slices.at(-1);',
    caughtBy: ['simulation'],
  },
  {
    name: 'the watermark may move back',
    file: 'core/checkpoint.ts',
    find: 'live: undefined, watermark: Math.max(checkpoint.watermark, pass.to)',
    replace: 'live: undefined, watermark: pass.to - 1',
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
    name: 'nothing is read again behind the watermark',
    file: 'core/windows.ts',
    find: 'Math.max(checkpoint.floor, checkpoint.watermark - settings.overlapSeconds * 1000)',
    replace: 'Math.max(checkpoint.floor, checkpoint.watermark)',
    caughtBy: ['simulation', 'test/core/windows.test.ts', 'test/run/passes.test.ts'],
  },
  {
    name: 'a sweep looks back from now, not from the last sweep',
    file: 'core/windows.ts',
    find: 'Math.min(now, checkpoint.sweptAt) - settings.sweepLookbackHours',
    replace: 'now - settings.sweepLookbackHours',
    caughtBy: ['test/core/windows.test.ts'],
  },
  {
    name: 'the floor is ignored',
    file: 'core/windows.ts',
    find: 'Math.max(checkpoint.floor, checkpoint.watermark - settings.overlapSeconds * 1000)',
    replace: '(checkpoint.watermark - settings.overlapSeconds * 1000)',
    caughtBy: ['simulation', 'test/core/windows.test.ts', 'test/run/poll.test.ts'],
  },
  {
    name: 'a cursor may repeat',
    file: 'core/paging.ts',
    find: 'if (cursor !== undefined && chain.cursors.has(cursor)) {',
    replace: 'if (cursor !== undefined && chain.cursors.size > 1_000_000) {',
    caughtBy: ['test/core/paging.test.ts'],
  },
  {
    name: 'what is in flight has no limit',
    file: 'run/poll.ts',
    find: 'const IN_FLIGHT_EVENTS = 1_000;',
    replace: 'const IN_FLIGHT_EVENTS = 1_000_000;',
    caughtBy: ['test/run/stream.test.ts'],
  },
  {
    name: 'a request that was answered counts no longer',
    file: 'adapters/hubspot/rate-limiter.ts',
    find: 'const above = this.#underWay + this.#freeAt.length - this.#limit;',
    replace: 'const above = this.#underWay - this.#limit;',
    caughtBy: ['simulation', 'test/adapters/hubspot/rate-limiter.test.ts'],
  },
  {
    name: 'publishing and commit may take longer than the run',
    file: 'core/run-time.ts',
    find: 'const commitUntil = deadlineAt - REPORT_MS * share;',
    replace: 'const commitUntil = deadlineAt + 60_000;',
    caughtBy: ['simulation', 'test/core/limits.test.ts'],
  },
  {
    name: 'a page asked for ahead outlives its run',
    file: 'run/poll.ts',
    find: '.finally(() => stop.abort())',
    replace: '',
    caughtBy: ['simulation'],
  },
  {
    name: 'publishing goes on where the ledger cannot be written',
    file: 'publish/publish-page.ts',
    find: 'const isOver = context.stop.signal.aborted ||',
    replace: 'const isOver =',
    caughtBy: ['test/run/stream.test.ts'],
  },
  {
    name: 'a pass keeps what it read of the ledger over its turns',
    file: 'run/pass-reading.ts',
    find: 'known: reading.openLedger() }));',
    replace: 'known: slice.known }));',
    caughtBy: ['test/run/passes.test.ts'],
  },
  {
    name: 'the sweeps of the first streams always come first',
    file: 'run/run-portal.ts',
    find: 'best === undefined || place.state.checkpoint.sweptAt < best.state.checkpoint.sweptAt ? place : best',
    replace: 'best ?? place',
    caughtBy: ['test/run/run-portal.test.ts'],
  },
  {
    name: 'a sweep that failed keeps its cursor',
    file: 'run/passes.ts',
    find: 'if (checkpoint.sweep?.cursor !== undefined) {',
    replace: "if (checkpoint.sweep?.cursor === 'never') {",
    caughtBy: ['test/run/run-portal.test.ts'],
  },
  {
    name: 'metrics count pages, not events',
    file: 'publish/publish-page.ts',
    find: 'tally.eventsPublished += accepted.length;',
    replace: 'tally.eventsPublished += 1;',
    caughtBy: ['simulation'],
  },
];
