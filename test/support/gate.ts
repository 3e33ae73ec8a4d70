/** Where a fake meets the world: every call of a port goes through one, so that tests decide what becomes of it. */
export type PortCall =
  | 'authorize'
  | 'listEventTypes'
  | 'readPage'
  | 'checkBus'
  | 'publish'
  | 'acquireLease'
  | 'releaseLease'
  | 'readPortal'
  | 'listPortals'
  | 'saveCheckpoint'
  | 'saveDiscovery'
  | 'requestBackfill'
  | 'saveBackfill'
  | 'cancelBackfill'
  | 'readLedger'
  | 'appendLedger'
  | 'sendLetters';

/** Carries a call out: `effect` is what it does to the world, all of it at once. */
export type Gate = <T>(call: PortCall, effect: () => T) => Promise<T>;

/** A gate that records the calls, and fails those it was told to. */
export interface ScriptedGate {
  readonly gate: Gate;
  /** Every call, in the order in which it took effect or failed. */
  readonly calls: readonly PortCall[];
  /**
   * The next `times` calls of this kind throw `error`: before their effect, or, where `isAnswerLost`, after it.
   * The first `skip` of them pass.
   */
  fail(call: PortCall, error: unknown, options?: FailOptions): void;
  /** From now on each call of this kind takes so long before its effect. */
  slow(call: PortCall, milliseconds: number): void;
}

export interface FailOptions {
  readonly times?: number;
  readonly skip?: number;
  readonly isAnswerLost?: boolean;
}

interface Failure {
  readonly error: unknown;
  readonly isAnswerLost: boolean;
  times: number;
  skip: number;
}

/** `sleep` is how a slowed call waits: not at all where not given. */
export function createScriptedGate(
  sleep: (milliseconds: number) => Promise<void> = () => Promise.resolve(),
): ScriptedGate {
  const calls: PortCall[] = [];
  const failures = new Map<PortCall, Failure>();
  const delays = new Map<PortCall, number>();

  function draw(call: PortCall): Failure | undefined {
    const failure = failures.get(call);
    if (failure === undefined || failure.times === 0) return undefined;
    if (failure.skip > 0) {
      failure.skip -= 1;
      return undefined;
    }
    failure.times -= 1;
    return failure;
  }

  return {
    calls,
    fail(call, error, { times = 1, skip = 0, isAnswerLost = false } = {}) {
      failures.set(call, { error, times, skip, isAnswerLost });
    },
    slow(call, milliseconds) {
      delays.set(call, milliseconds);
    },
    async gate(call, effect) {
      const delayMs = delays.get(call);
      if (delayMs !== undefined) await sleep(delayMs);
      calls.push(call);
      const failure = draw(call);
      if (failure?.isAnswerLost === false) throw failure.error;
      const answer = effect();
      if (failure !== undefined) throw failure.error;
      return answer;
    },
  };
}
