/**
 * The life of one run: every call it makes takes time, and between any two of them it may end for good.
 *
 *   step ─▶ on its way ─▶ effect on the world ─▶ on its way back ─▶ step
 *     │         │                                      │
 *     │         │                                      └─ the caller's patience is over: nobody hears the answer
 *     │         └─ killed meanwhile: it may arrive all the same, and nobody hears the answer
 *     └─ killed here: nothing of the run goes on
 */
import type { Clock } from '../../functions/poller/ports.ts';
import { createDraw, type Draw } from './draw.ts';
import type { Peer } from './weather.ts';
import type { RunFacts, World } from './world.ts';

export interface Life {
  readonly facts: RunFacts;
  readonly draw: Draw;
  readonly clock: Clock;
  /** Resolves when the run is killed. */
  readonly killed: Promise<void>;
  /** A call: `effect` happens on the other side, half of the time after it was sent. @throws TimeoutError */
  call<T>(takesMs: number, timeoutMs: number, effect: () => T): Promise<T>;
  /** How long a call takes now, in milliseconds; `usualMs` on a good day. */
  drawLatency(peer: Peer, usualMs: number): number;
  sleep(milliseconds: number): Promise<void>;
}

export function createLife(world: World, facts: RunFacts): Life {
  const { time, schedule } = world;
  const { invocation } = facts;
  const { slowness, slowPeer } = invocation.weather;
  const draw = createDraw(schedule.seed, `run ${facts.index}`);
  let kill: () => void = () => undefined;
  const killed = new Promise<void>((resolve) => {
    kill = resolve;
  });

  /** Between two calls: where a run is killed. */
  function step(): Promise<void> {
    if (facts.killedAt !== undefined) return never();
    facts.steps += 1;
    if (facts.steps !== invocation.killAtStep) return Promise.resolve();
    facts.killedAt = time.now();
    kill();
    return never();
  }

  async function sleep(milliseconds: number): Promise<void> {
    await time.sleep(milliseconds);
    if (facts.killedAt !== undefined) await never();
  }

  async function carryOut<T>(takesMs: number, effect: () => T): Promise<T> {
    await time.sleep(takesMs / 2);
    if (facts.killedAt !== undefined && draw.chance(50)) await never();
    const answer = effect();
    await time.sleep(takesMs / 2);
    return answer;
  }

  return {
    facts,
    draw,
    killed,
    sleep,
    clock: { now: () => time.now() + invocation.clockAheadMs, sleep },
    async call(takesMs, timeoutMs, effect) {
      await step();
      const answering = carryOut(takesMs, effect);
      if (takesMs > timeoutMs) {
        answering.catch(() => undefined);
        await time.sleep(timeoutMs);
        await step();
        throw namedError('TimeoutError', 'No answer in time.');
      }
      const answer = await answering;
      await step();
      return answer;
    },
    drawLatency(peer, usualMs) {
      const isSlow =
        slowPeer?.peer === peer &&
        time.now() - facts.startedAt >= slowPeer.fromMs &&
        draw.chance(slowPeer.percent);
      const takesMs = isSlow
        ? draw.between(slowPeer.leastMs, slowPeer.mostMs)
        : usualMs * (0.5 + draw.random());
      return Math.ceil(takesMs * slowness);
    },
  };
}

/** An error of this name, as AWS's SDK and the network throw them. */
export function namedError(name: string, message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), { name, ...fields });
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
