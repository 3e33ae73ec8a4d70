/** The wire to the simulated HubSpot: what the client sends on, with everything a network does to it. */
import { BodyTooLargeError, type HttpSend } from '../../functions/poller/adapters/hubspot/http.ts';
import { answerHubSpot } from '../../infra/simulator/answer.ts';
import type { Answer } from '../../infra/simulator/faults/error-answer.ts';
import type { Fault } from '../../infra/simulator/faults/fault.ts';
import type { Container } from './container.ts';
import type { Life } from './life.ts';
import { noteShown } from './resolution.ts';
import { drawHubSpotFault } from './weather.ts';
import { blame, type World } from './world.ts';

const USUAL_MS = 120;

export function createHubSpotWire(world: World, life: Life, container: Container): HttpSend {
  const { time, portal } = world;
  const { facts, draw } = life;

  return async ({ method, url, headers, body, timeoutMs, maxBytes }) => {
    const sentAt = time.now();
    facts.requests += 1;
    if (facts.endedAt !== undefined)
      blame(world, 'works-after-end', `run ${facts.index} sent a request after it had ended`);
    const answer = await life.call(life.drawLatency('hubSpot', USUAL_MS), timeoutMs, () => {
      world.requests.push({ at: time.now(), run: facts, container });
      world.fault = drawFault(world, life, url);
      const path = url.pathname + url.search;
      const authorization = headers['authorization'];
      return answerHubSpot(portal, { method, url: path, authorization, body: body ?? '' }, time.now());
    });
    world.trace(time.now(), `run ${facts.index}: ${answer.status} ${url.search} ${answer.body.slice(0, 60)}`);
    await deliver(answer, sentAt + timeoutMs);
    if (Buffer.byteLength(answer.body) > maxBytes) throw new BodyTooLargeError('too large');
    if (answer.status === 200) noteShown(world, facts, answer.body);
    return answer;
  };

  /** What becomes of an answer on its way back. @throws as the network does */
  async function deliver({ delivery }: Answer, timeoutAt: number): Promise<void> {
    const arrivesAt =
      delivery?.kind === 'silent'
        ? Number.POSITIVE_INFINITY
        : time.now() + (delivery?.kind === 'slow' ? delivery.delayMs : 0);
    if (arrivesAt > timeoutAt) {
      await life.sleep(timeoutAt - time.now());
      throw failure('TimeoutError', 'The operation was aborted due to timeout');
    }
    await life.sleep(arrivesAt - time.now());
    if (delivery?.kind === 'reset') throw failure('TypeError', 'fetch failed');
  }

  function drawFault({ schedule }: World, { facts: { invocation } }: Life, url: URL): Fault | null {
    const eventType = url.searchParams.get('eventType');
    const refusal = schedule.refusals.find(
      ({ stream, from, to }) => stream === eventType && time.now() >= from && time.now() <= to,
    );
    if (refusal !== undefined) return refusalOf(refusal.status);
    return draw.chance(invocation.weather.hubSpot) ? drawHubSpotFault(draw) : null;
  }
}

function refusalOf(status: 400 | 403): Fault {
  const code = 'EVENT_TYPE_READS_NOT_ALLOWED_DUE_TO_STORAGE_LOCATIONS';
  return { kind: 'status', status, fields: status === 400 ? { errors: [{ code }] } : {} };
}

function failure(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
