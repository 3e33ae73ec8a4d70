/** The gate before store, ledger and dead-letter queue: they fail as their adapters do when trying again did not help. */
import type { RunTime } from '../../functions/poller/core/run-time.ts';
import { type FailureCode, PollerError } from '../../functions/poller/errors.ts';
import type { Gate, PortCall } from '../support/gate.ts';
import type { Life } from './life.ts';
import { drawCallFault } from './weather.ts';

const USUAL_MS = 10;

export function createTableGate(life: Life, runTime: RunTime): Gate {
  const { facts, draw, clock } = life;
  const { table, queue } = facts.invocation.weather;

  return async (call, effect) => {
    const fault = drawCallFault(draw, call === 'sendLetters' ? queue : table);
    const takesMs = life.drawLatency(USUAL_MS);
    const leftMs = runTime.commitUntil - clock.now();
    // The adapters give up in time, whatever the service does.
    const isTooSlow = takesMs > leftMs;
    const answer = await life.call(Math.max(1, Math.min(takesMs, leftMs)), () =>
      fault === 'not-done' || isTooSlow ? undefined : { value: effect() },
    );
    if (answer === undefined || fault === 'answer-lost') {
      if (call === 'appendLedger') facts.hasLedgerFailure = true;
      throw unavailable(call);
    }
    return answer.value;
  };
}

function unavailable(call: PortCall): PollerError {
  return new PollerError(codeOf(call), `The simulation fails ${call}.`);
}

function codeOf(call: PortCall): FailureCode {
  if (call === 'sendLetters') return 'dead-letters-unavailable';
  return call === 'appendLedger' ? 'ledger-unwritten' : 'store-unavailable';
}
