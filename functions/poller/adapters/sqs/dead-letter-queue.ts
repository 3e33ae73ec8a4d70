import { gzipSync } from 'node:zlib';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import type { DeadLetter } from '../../core/dead-letter.ts';
import { PollerError } from '../../errors.ts';
import type { DeadLetterQueue } from '../../ports.ts';
import { type RetryPlan, withRetry } from '../retry.ts';

/** The most bytes of a message: 1 MiB (SQS quotas, 2026-11), less room for what surrounds the text. */
const MESSAGE_BYTES = 1_048_576 - 8_192;

const CALLS_AT_ONCE = 8;

/** The dead-letter queue: one message a letter, its body the letter as JSON. */
export function createDeadLetterQueue(
  client: SQSClient,
  queueUrl: string,
  retry: RetryPlan,
): DeadLetterQueue {
  const limit = pLimit(CALLS_AT_ONCE);

  async function send(MessageBody: string): Promise<void> {
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody });
    await withRetry(retry, () => client.send(command));
  }

  return {
    async send(letters) {
      try {
        await Promise.all(letters.flatMap(toBodies).map((body) => limit(() => send(body))));
      } catch (thrown) {
        const found = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
        const text = `Sending ${letters.length} events to the dead-letter queue: it must accept them, found ${found}`;
        throw new PollerError('dead-letters-unavailable', text, { cause: thrown });
      }
    },
  };
}

/** A text too long for a message goes compressed, as `gzip` in base64; in parts, should even that be too long. */
function toBodies(letter: DeadLetter): string[] {
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

/** JSON of the characters that SQS takes: all that XML may hold. JSON.stringify leaves two others as they are. */
function writeJson(value: object): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}
