/**
 * The gate before store, ledger and dead-letter queue: the adapters' own tries and times (retry.ts), and a service that
 * fails, answers slowly, or does its work without being heard.
 */
import { type RetryPlan, withRetry } from '../../functions/poller/adapters/retry.ts';
import type { RunTime } from '../../functions/poller/core/run-time.ts';
import { type FailureCode, PollerError } from '../../functions/poller/errors.ts';
import type { Gate, PortCall } from '../support/gate.ts';
import { type Life, namedError } from './life.ts';
import { drawCallFault } from './weather.ts';

const USUAL_MS = 10;

export function createTableGate(life: Life, runTime: RunTime): Gate {
  const { facts, draw, clock } = life;
  const { table, queue } = facts.invocation.weather;

  function planOf(call: PortCall): RetryPlan {
    const peer = peerOf(call);
    const until = () => {
      if (peer === 'queue') return runTime.publishUntil;
      return call === 'releaseLease' ? runTime.releaseUntil : runTime.commitUntil;
    };
    const attempts = call === 'appendLedger' ? { attempts: Number.POSITIVE_INFINITY } : {};
    return { clock, random: draw.random, until, noteCall: (ms) => runTime.noteCall(peer, ms), ...attempts };
  }

  return async (call, effect) => {
    const peer = peerOf(call);
    const plan = planOf(call);
    // As the publisher's: a letter that would not end in time is not begun.
    if (peer === 'queue' && plan.until() - clock.now() < runTime.expectedMs('queue')) throw outOfTime(call);
    let done: { readonly value: ReturnType<typeof effect> } | undefined;
    // The adapters know their own writes again; the queue knows none.
    const doOnce = () => {
      if (done === undefined || peer === 'queue') done = { value: effect() };
      return done.value;
    };
    try {
      return await withRetry(plan, async (_attempt, timeoutMs) => {
        const fault = drawCallFault(draw, peer === 'queue' ? queue : table);
        const isTransient = fault !== undefined && draw.chance(50);
        const takesMs = Math.max(1, life.drawLatency(peer, USUAL_MS));
        const value = await life.call(takesMs, timeoutMs, () =>
          fault === 'not-done' ? undefined : { done: doOnce() },
        );
        if (value !== undefined && fault === undefined) return value.done;
        if (isTransient) throw namedError('ThrottlingException', 'Slow down.');
        throw unavailable(call);
      });
    } catch (thrown) {
      if (call === 'appendLedger') facts.hasLedgerFailure = true;
      if (thrown instanceof PollerError && thrown.code === 'out-of-time' && call !== 'appendLedger')
        throw thrown;
      throw unavailable(call);
    }
  };
}

function peerOf(call: PortCall): 'queue' | 'table' {
  return call === 'sendLetters' ? 'queue' : 'table';
}

function outOfTime(call: PortCall): PollerError {
  return new PollerError('out-of-time', `The time is up for ${call}.`);
}

function unavailable(call: PortCall): PollerError {
  return new PollerError(codeOf(call), `The simulation fails ${call}.`);
}

function codeOf(call: PortCall): FailureCode {
  if (call === 'sendLetters') return 'dead-letters-unavailable';
  return call === 'appendLedger' ? 'ledger-unwritten' : 'store-unavailable';
}
