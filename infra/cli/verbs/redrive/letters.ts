/** What a message of the dead-letter queue holds. */
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { type BusEntry, toBusEntry } from '../../../../functions/poller/core/event/bus-entry.ts';
import { parseEntry } from '../../../../functions/poller/core/event/event.ts';
import { parseJson } from '../../../../functions/poller/core/event/json.ts';
import type { TakenLetter } from '../../target/target.ts';

const letterSchema = z.object({
  reason: z.string(),
  code: z.string(),
  portal: z.string(),
  stream: z.string(),
  pass: z.enum(['live', 'sweep', 'backfill']),
  deadLetteredAt: z.string(),
  text: z.string().nullable(),
  gzip: z.string().optional(),
  parts: z.number().optional(),
});

type Body = z.output<typeof letterSchema>;

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
  const parsed = letterSchema.safeParse(tryParse(taken.body));
  if (!parsed.success)
    return {
      taken,
      portal: undefined,
      code: 'NotALetter',
      reason: 'The message is none of the poller’s.',
      about: 'A message',
      entry: undefined,
    };
  const { portal, code, reason, stream, deadLetteredAt } = parsed.data;
  const about = `The letter of ${deadLetteredAt} (${stream})`;
  return { taken, portal, code, reason, about, entry: entryOf(parsed.data) };
}

function entryOf(letter: Body): BusEntry | undefined {
  const { portal, stream, pass } = letter;
  const text = textOf(letter);
  const event = text === undefined ? undefined : parseEntry(tryParse(text));
  return event?.kind === 'event' ? toBusEntry(event, { portal, stream, pass }) : undefined;
}

/** What HubSpot sent; undefined where it lies in several messages. */
function textOf({ text, gzip, parts }: Body): string | undefined {
  if (text !== null) return text;
  if (gzip === undefined || parts !== 1) return undefined;
  return gunzipSync(Buffer.from(gzip, 'base64')).toString('utf8');
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // No JSON: then it is no letter, or no event.
    return undefined;
  }
}
