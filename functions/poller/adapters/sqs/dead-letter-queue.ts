import { SendMessageCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import pLimit from 'p-limit';
import type { DeadLetter } from '../../core/event/dead-letter.ts';
import { outOfTime, PollerError } from '../../errors.ts';
import type { DeadLetterQueue } from '../../ports.ts';
import { AWS_CALL_MS, endAfter, type RetryPlan, timeLeftMs, withRetry } from '../retry.ts';
import { encodeDeadLetter } from './dead-letter-text.ts';

const CALLS_AT_ONCE = 16;

/** The client that sends the letters. */
export function openSqs(config: SQSClientConfig): SQSClient {
  return new SQSClient(config);
}

/** The dead-letter queue: one message a letter, its body the letter as JSON. `expectedMs`: as the publisher's. */
export function createDeadLetterQueue(
  client: SQSClient,
  queueUrl: string,
  retry: RetryPlan,
  expectedMs = () => 0,
): DeadLetterQueue {
  const limit = pLimit(CALLS_AT_ONCE);

  async function send(MessageBody: string): Promise<void> {
    const action = 'Sending an event to the dead-letter queue';
    // It waited for its turn: one that would not end in time might be sent twice.
    if (timeLeftMs(retry) < Math.min(AWS_CALL_MS, expectedMs())) throw outOfTime(action);
    const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody });
    try {
      await withRetry(retry, (_attempt, timeoutMs) => client.send(command, endAfter(timeoutMs)));
    } catch (thrown) {
      if (thrown instanceof PollerError) throw outOfTime(action);
      const found = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
      const text = `${action}: it must accept it, found ${found}`;
      throw new PollerError('dead-letters-unavailable', text, { cause: thrown });
    }
  }

  return {
    async send(letter: DeadLetter) {
      await Promise.all(encodeDeadLetter(letter).map((body) => limit(() => send(body))));
    },
  };
}
