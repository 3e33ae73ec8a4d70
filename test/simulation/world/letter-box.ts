/** The dead-letter queue of the simulation. */
import type { DeadLetter } from '../../../functions/poller/core/event/dead-letter.ts';
import type { DeadLetterQueue } from '../../../functions/poller/ports.ts';
import type { Gate } from '../../support/gate.ts';
import { noteResolved } from '../checker/resolution.ts';
import type { Life } from './life.ts';
import type { Arrival, World } from './world.ts';

export function createLetterBox(world: World, { facts }: Life, gate: Gate): DeadLetterQueue {
  return {
    async send(letter) {
      const sentAt = world.time.now();
      const arrival = await gate('sendLetters', () => take(letter, sentAt));
      arrival.isAnswerLost = false;
      facts.lettered += 1;
    },
  };

  function take({ stream, eventType, id, text, pass }: DeadLetter, sentAt: number): Arrival {
    const key = eventType === null ? `${stream} ${text}` : `${eventType}/${id}`;
    const arrival = {
      run: facts,
      at: world.time.now(),
      sentAt,
      key,
      isLetter: true,
      pass,
      isAnswerLost: true,
    };
    world.arrivals.push(arrival);
    noteResolved(world.resolution, key, world.time.now());
    return arrival;
  }
}
