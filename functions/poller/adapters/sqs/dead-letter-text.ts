/** A dead letter as the text of a message, and back: the queue's reader uses the same. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { DeadLetter } from '../../core/event/dead-letter.ts';
import * as z from '../../core/schema.ts';

/** The most bytes of a message: 1 MiB (SQS quotas, 2026-11), less room for what surrounds the text. */
const MESSAGE_BYTES = 1_048_576 - 8_192;

const common = {
  reason: z.string(),
  code: z.string(),
  portal: z.string(),
  stream: z.string(),
  pass: z.enum(['live', 'sweep', 'backfill']),
  deadLetteredAt: z.string(),
  eventType: z.nullable(z.string()),
  id: z.nullable(z.string()),
};

const letterSchema = z.union([
  z.object({ ...common, text: z.string() }),
  z.object({ ...common, text: z.null(), gzip: z.string(), part: z.int(), parts: z.int() }),
]);

/** The letter's messages: one; a text too long for it compressed, as `gzip` in base64, and in parts, should need be. */
export function encodeDeadLetter(letter: DeadLetter): string[] {
  const body = writeJson(letter);
  if (Buffer.byteLength(body) <= MESSAGE_BYTES) return [body];
  const packed = gzipSync(letter.text).toString('base64');
  const parts = Math.ceil(packed.length / MESSAGE_BYTES);
  return Array.from({ length: parts }, (_, index) =>
    writeJson({
      ...letter,
      text: null,
      gzip: packed.slice(index * MESSAGE_BYTES, (index + 1) * MESSAGE_BYTES),
      part: index + 1,
      parts,
    }),
  );
}

/** What a message holds: a letter, or one part of several; undefined where it is none of the poller's. */
export function decodeDeadLetter(
  body: string,
):
  | DeadLetter
  | (Omit<DeadLetter, 'text'> & { readonly text: null; readonly part: number; readonly parts: number })
  | undefined {
  const parsed = letterSchema.safeParse(parseOrUndefined(body));
  if (!parsed.success) return undefined;
  const letter = parsed.data;
  if (letter.text !== null || letter.parts > 1) return letter;
  try {
    const { gzip, part: _part, parts: _parts, ...rest } = letter;
    return { ...rest, text: gunzipSync(Buffer.from(gzip, 'base64')).toString('utf8') };
  } catch {
    // Not what the poller compressed: then the message is none of its own.
    return undefined;
  }
}

/** JSON of the characters that SQS takes: all that XML may hold. JSON.stringify leaves two others as they are. */
function writeJson(value: object): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: no letter.
    return undefined;
  }
}
