/** What a message of the dead-letter queue holds. */
import { decodeDeadLetter } from '../../../../functions/poller/adapters/sqs/dead-letter-text.ts';
import { type BusEntry, toBusEntry } from '../../../../functions/poller/core/event/bus-entry.ts';
import { parseEntry } from '../../../../functions/poller/core/event/event.ts';
import { parseJson } from '../../../../functions/poller/core/event/json.ts';
import type { TakenLetter } from '../../target/target.ts';

/** A message, with what can be published of it. */
export interface Letter {
  readonly taken: TakenLetter;
  /** Undefined where the message is none of the poller's. */
  readonly portal: string | undefined;
  readonly code: string;
  readonly reason: string;
  readonly about: string;
  readonly entry: BusEntry | undefined;
}

/** Total: what is no letter of the poller's can be seen, but not published. */
export function readLetter(taken: TakenLetter): Letter {
  const letter = decodeDeadLetter(taken.body);
  if (letter === undefined)
    return {
      taken,
      portal: undefined,
      code: 'NotALetter',
      reason: 'The message is none of the poller’s.',
      about: 'A message',
      entry: undefined,
    };
  const { portal, code, reason, stream, deadLetteredAt } = letter;
  const about = `The letter of ${deadLetteredAt} (${stream})`;
  return { taken, portal, code, reason, about, entry: entryOf(letter) };
}

/** Undefined also where what HubSpot sent lies in several messages. */
function entryOf(letter: NonNullable<ReturnType<typeof decodeDeadLetter>>): BusEntry | undefined {
  const { portal, stream, pass, text } = letter;
  const event = text === null ? undefined : parseEntry(tryParse(text));
  return event?.kind === 'event' ? toBusEntry(event, { portal, stream, pass }) : undefined;
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // No JSON: then it is no event.
    return undefined;
  }
}
