/** The dead-letter queue of the simulation. */
import type { DeadLetter } from '../../functions/poller/core/dead-letter.ts';
import type { DeadLetterQueue } from '../../functions/poller/ports.ts';
import type { Gate } from '../support/gate.ts';
import type { Life } from './life.ts';
import { noteResolved } from './resolution.ts';
import type { Arrival, World } from './world.ts';

export function createLetterBox(world: World, { facts }: Life, gate: Gate): DeadLetterQueue {
  return {
    async send(letter) {
      const arrival = await gate('sendLetters', () => take(letter));
      arrival.isAnswerLost = false;
      facts.lettered += 1;
    },
  };

  function take({ eventType, id, text, pass }: DeadLetter): Arrival {
    const key = eventType === null ? text : `${eventType}/${id}`;
    const arrival = { run: facts, at: world.time.now(), key, isLetter: true, pass, isAnswerLost: true };
    world.arrivals.push(arrival);
    noteResolved(world, key);
    return arrival;
  }
}
