/** The wire to EventBridge: calls of at most ten entries, results one by one, throttles, lost answers. */
import type { EventBridge } from '../../../functions/poller/adapters/eventbridge/publisher.ts';
import type { BusEntry } from '../../../functions/poller/core/event/bus-entry.ts';
import { keyOf, passOf } from '../../support/fake-bus.ts';
import { noteResolved } from '../checker/resolution.ts';
import { REFUSED_MARK } from '../schedule/event-plan.ts';
import { drawCallFault } from '../schedule/weather.ts';
import type { Life } from './life.ts';
import { type Arrival, blame, type World } from './world.ts';

const USUAL_MS = 30;

export function createBusWire(world: World, life: Life): EventBridge {
  const { facts, draw } = life;
  const { bus: share } = facts.invocation.weather;

  function takeEntry(
    entry: BusEntry,
    sentAt: number,
  ): {
    result: { ErrorCode?: string; ErrorMessage?: string };
    arrival?: Arrival;
  } {
    if (entry.detail.includes(REFUSED_MARK))
      return { result: { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' } };
    if (draw.chance(share)) {
      return { result: { ErrorCode: draw.one(['InternalFailure', 'ThrottlingException']) } };
    }
    const key = keyOf(entry).slice(world.schedule.portal.length + 1);
    const arrival = {
      run: facts,
      at: world.time.now(),
      sentAt,
      key,
      isLetter: false,
      pass: passOf(entry),
      isAnswerLost: true,
    };
    world.arrivals.push(arrival);
    noteResolved(world.resolution, key, world.time.now());
    return { result: {}, arrival };
  }

  return {
    async putEvents(entries, timeoutMs) {
      if (entries.length === 0 || entries.length > 10)
        blame(world, 'batch-size', `a PutEvents call has ${entries.length} entries`);
      const sentAt = world.time.now();
      const fault = drawCallFault(draw, share);
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
      const taken = await life.call(life.drawLatency('bus', USUAL_MS), timeoutMs, () => {
        if (fault === 'not-done') return undefined;
        if (bytes > world.schedule.busMaxBytes) return 'too-large';
        return entries.map((entry) => takeEntry(entry, sentAt));
      });
      if (taken === 'too-large') throw awsError('RequestEntityTooLargeException', 413);
      if (taken === undefined || fault === 'answer-lost') {
        const lost =
          taken === undefined ? draw.one(['ThrottlingException', 'InternalException']) : 'TimeoutError';
        throw awsError(lost, lost === 'InternalException' ? 500 : 400);
      }
      for (const { arrival } of taken) {
        if (arrival === undefined) continue;
        arrival.isAnswerLost = false;
        facts.published += 1;
      }
      return taken.map(({ result }) => result);
    },
    async describeBus(timeoutMs) {
      const fault = drawCallFault(draw, share);
      await life.call(life.drawLatency('bus', USUAL_MS), timeoutMs, () => undefined);
      if (fault !== undefined) throw awsError('InternalException', 500);
    },
  };
}

/** An error as the AWS SDK throws it. */
function awsError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name} of the simulation`), { name, $metadata: { httpStatusCode } });
}
