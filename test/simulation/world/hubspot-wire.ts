/** The wire to the simulated HubSpot: what the client sends on, with everything a network does to it. */
import { BodyTooLargeError, type HttpSend } from '../../../functions/poller/adapters/hubspot/http.ts';
import { isJsonObject } from '../../../functions/poller/core/event/json.ts';
import { answerHubSpot } from '../../../infra/simulator/answer.ts';
import type { Answer } from '../../../infra/simulator/faults/error-answer.ts';
import { noteShown } from '../checker/resolution.ts';
import type { WarmPortal } from './container.ts';
import { type Asked, askedOf, behaviourAt, drawTrouble } from './hubspot-mood.ts';
import { noteAnswered, noteUnanswered } from './hubspot-notes.ts';
import { type Life, namedError } from './life.ts';
import { blame, type World } from './world.ts';

const USUAL_MS = 120;

/** The text of pages that a run may ask for at once: six of the largest. */
const MOST_BYTES = 24 * 1_048_576;

export function createHubSpotWire(world: World, life: Life, warm: WarmPortal): HttpSend {
  const { time, portal, schedule } = world;
  const { facts, draw } = life;

  return async ({ method, url, headers, body, timeoutMs, maxBytes }) => {
    const sentAt = time.now();
    const asked = askedOf(url);
    facts.requests += 1;
    const bytes = asked.limit > 1 ? maxBytes : 0;
    facts.bytesAsked += bytes;
    if (facts.bytesAsked > MOST_BYTES)
      blame(world, 'memory', `run ${facts.index} asks for pages of ${facts.bytesAsked} bytes at once`);
    if (facts.endedAt !== undefined)
      blame(world, 'works-after-end', `run ${facts.index} sent a request after it had ended`);
    try {
      const { answer, at, isPast, isOwnFault } = await life.call(
        life.drawLatency('hubSpot', USUAL_MS),
        timeoutMs,
        () => {
          const now = time.now();
          // One that was given up on before it got there is none to HubSpot's limit.
          if (now <= sentAt + timeoutMs) world.requests.push({ at: now, run: facts, warm });
          const trouble = drawTrouble(schedule, facts.invocation.weather, draw, asked, now);
          world.fault = trouble.fault;
          portal.behaviour = { ...portal.behaviour, ...behaviourAt(schedule, now) };
          const request = { method, url: url.pathname + url.search, authorization: headers['authorization'] };
          return {
            answer: answerHubSpot(portal, { ...request, body: body ?? '' }, now),
            at: now,
            isPast: trouble.isPast,
            isOwnFault: trouble.fault !== null,
          };
        },
      );
      world.trace(
        time.now(),
        `run ${facts.index}: ${answer.status} ${url.search} ${answer.body.slice(0, 60)}`,
      );
      const page = answer.status === 200 ? parsePage(answer.body) : undefined;
      const entries = entriesOf(page);
      await deliver(answer, sentAt + timeoutMs, msOf(asked, entries?.length ?? 0));
      const sent = bend(answer, page);
      if (sent.body.length * 4 > maxBytes && Buffer.byteLength(sent.body) > maxBytes)
        throw new BodyTooLargeError('too large');
      if (entries !== undefined) noteShown(world.resolution, facts, asked.eventType, entries);
      noteAnswered(world, facts, asked, { ...sent, isPast, isOwnFault, at }, page);
      return sent;
    } catch (thrown) {
      if (!(thrown instanceof BodyTooLargeError)) noteUnanswered(world, facts, asked);
      throw thrown;
    } finally {
      facts.bytesAsked -= bytes;
    }
  };

  /** What becomes of an answer on its way back. @throws as the network does */
  async function deliver({ delivery }: Answer, timeoutAt: number, takesMs: number): Promise<void> {
    const arrivesAt =
      delivery?.kind === 'silent'
        ? Number.POSITIVE_INFINITY
        : time.now() + takesMs + (delivery?.kind === 'slow' ? delivery.delayMs : 0);
    if (arrivesAt > timeoutAt) {
      await life.sleep(timeoutAt - time.now());
      throw namedError('TimeoutError', 'The operation was aborted due to timeout');
    }
    await life.sleep(arrivesAt - time.now());
    if (delivery?.kind === 'reset') throw namedError('TypeError', 'fetch failed');
  }

  /** How much longer a page takes for its many events. */
  function msOf({ eventType }: Asked, entries: number): number {
    const type = entries > 0 ? schedule.hubSpot.types.find(({ name }) => name === eventType) : undefined;
    return (type?.msPerEvent ?? 0) * entries;
  }

  /** Now and then a page in another order than the ascending one. */
  function bend(answer: Answer, page: unknown): Answer {
    const entries = entriesOf(page);
    if (entries === undefined || entries.length < 2 || !draw.chance(schedule.hubSpot.disorder)) return answer;
    return { ...answer, body: JSON.stringify({ ...Object(page), results: entries.toReversed() }) };
  }
}

function parsePage(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // A fault's answer: it shows nothing.
    return undefined;
  }
}

function entriesOf(page: unknown): readonly unknown[] | undefined {
  const results = isJsonObject(page) ? page['results'] : undefined;
  return Array.isArray(results) ? results : undefined;
}
