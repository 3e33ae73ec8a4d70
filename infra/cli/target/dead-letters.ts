/** The dead-letter queue as somebody reads it who looks first, and gives back what is not wanted. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetters, TakenLetter } from './target.ts';

/** A command that is killed gives nothing back: the letters come back by themselves. */
const HIDDEN_SECONDS = 120;
/** The most messages of one call. */
const BATCH = 10;
const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;

export function createDeadLetters(client: SQSClient, QueueUrl: string): DeadLetters {
  return {
    count: async () => {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] }),
      );
      return COUNTS.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
    },
    take: async () => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: BATCH,
          VisibilityTimeout: HIDDEN_SECONDS,
          // Long polling asks every server of the queue: a short one may find nothing where something waits.
          WaitTimeSeconds: 1,
        }),
      );
      return Messages.map(({ MessageId: id = '', ReceiptHandle: receiptHandle = '', Body: body = '' }) => ({
        id,
        receiptHandle,
        body,
      }));
    },
    giveBack: async (letters) => {
      for (const batch of batchesOf(letters)) {
        const Entries = entriesOf(batch).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
      }
    },
    remove: async (letters) => {
      for (const batch of batchesOf(letters)) {
        const command = new DeleteMessageBatchCommand({ QueueUrl, Entries: entriesOf(batch) });
        const { Failed: [failure] = [] } = await client.send(command);
        if (failure !== undefined)
          throw new Error(
            `Deleting a dead letter: SQS must do it, found ${failure.Code}: ${failure.Message}`,
          );
      }
    },
  };
}

function entriesOf(letters: readonly TakenLetter[]) {
  return letters.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
}

function batchesOf(letters: readonly TakenLetter[]): (readonly TakenLetter[])[] {
  const count = Math.ceil(letters.length / BATCH);
  return Array.from({ length: count }, (_, index) => letters.slice(index * BATCH, (index + 1) * BATCH));
}
