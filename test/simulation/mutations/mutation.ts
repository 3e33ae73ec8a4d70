/** A deliberate breakage of the poller, and what catches it. */
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
