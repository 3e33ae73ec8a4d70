/** SQS on loopback: standard queues with its limits, and visibility by the clock. */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Service, ServiceError } from './endpoint.ts';

export interface Queues {
  readonly service: Service;
  /** The bodies of a queue's messages, oldest first, seen by a reader or not. */
  readonly bodies: (queueName: string) => readonly string[];
  /** Adds a message, as a service of AWS does that sends to a queue. */
  readonly send: (queueName: string, body: string) => void;
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  receiptHandle: string;
  /** UNIX ms. */
  visibleAt: number;
}

/** One message, and all of a batch together: 1 MiB since August 2025 (SQS quotas, 2026-11). */
const MAX_BYTES = 1_048_576;
const MAX_BATCH = 10;
const VISIBILITY_SECONDS = 30;

const queueUrl = z.object({ QueueUrl: z.string() });
const messageShape = {
  MessageBody: z.string(),
  DelaySeconds: z.number().default(0),
  MessageAttributes: z.record(z.string(), z.unknown()).default({}),
};
const sendInput = queueUrl.extend(messageShape);
const sendBatchInput = queueUrl.extend({
  Entries: z.array(z.object({ Id: z.string(), ...messageShape })),
});
const receiveInput = queueUrl.extend({
  MaxNumberOfMessages: z.int().min(1).max(MAX_BATCH).default(1),
  VisibilityTimeout: z.number().default(VISIBILITY_SECONDS),
});
const deleteInput = queueUrl.extend({ ReceiptHandle: z.string() });
const batchOf = <Entry extends z.ZodRawShape>(entry: Entry) =>
  queueUrl.extend({ Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string(), ...entry })) });
const deleteBatchInput = batchOf({});
const visibilityBatchInput = batchOf({ VisibilityTimeout: z.number() });
const nameInput = z.object({ QueueName: z.string() });

type Outgoing = Pick<z.output<typeof sendInput>, 'MessageBody' | 'DelaySeconds' | 'MessageAttributes'>;

/** The service, with its queues empty. A queue's URL ends in its name. */
export function createQueues(
  queueNames: readonly string[],
  urlOf: (queueName: string) => string,
  now: () => number = Date.now,
): Queues {
  const queues = new Map<string, Message[]>(queueNames.map((name) => [name, []]));

  function messagesOf(name: string): Message[] {
    const messages = queues.get(name);
    if (messages !== undefined) return messages;
    throw new ServiceError('com.amazonaws.sqs#QueueDoesNotExist', 'The specified queue does not exist.');
  }

  const queueAt = (url: string) => messagesOf(url.slice(url.lastIndexOf('/') + 1));

  function add(messages: Message[], { MessageBody, DelaySeconds, MessageAttributes }: Outgoing): object {
    if (MessageBody === '' || !SENDABLE.test(MessageBody)) {
      throw new ServiceError(
        'InvalidMessageContents',
        'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
      );
    }
    const message = {
      id: randomUUID(),
      body: MessageBody,
      attributes: MessageAttributes,
      receiptHandle: '',
      visibleAt: now() + DelaySeconds * 1000,
    };
    messages.push(message);
    return { MessageId: message.id, MD5OfMessageBody: md5(MessageBody) };
  }

  function send(input: unknown): object {
    const outgoing = sendInput.parse(input);
    const messages = queueAt(outgoing.QueueUrl);
    if (messageBytes(outgoing) > MAX_BYTES) {
      throw new ServiceError(
        'InvalidParameterValue',
        `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_BYTES} bytes.`,
      );
    }
    return add(messages, outgoing);
  }

  function sendBatch(input: unknown): object {
    const { QueueUrl, Entries } = sendBatchInput.parse(input);
    const messages = queueAt(QueueUrl);
    refuseBatch(Entries);
    const results = Entries.map((entry) => {
      try {
        return { Id: entry.Id, ...add(messages, entry) };
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        return { Id: entry.Id, Code: error.type, Message: error.message, SenderFault: true };
      }
    });
    return {
      Successful: results.filter((result) => !('Code' in result)),
      Failed: results.filter((result) => 'Code' in result),
    };
  }

  function receive(input: unknown): object {
    const { QueueUrl, MaxNumberOfMessages, VisibilityTimeout } = receiveInput.parse(input);
    const visible = queueAt(QueueUrl).filter(({ visibleAt }) => visibleAt <= now());
    const received = visible.slice(0, MaxNumberOfMessages);
    for (const message of received) {
      message.receiptHandle = randomUUID();
      message.visibleAt = now() + VisibilityTimeout * 1000;
    }
    return {
      Messages: received.map(({ id, body, attributes, receiptHandle }) => ({
        MessageId: id,
        ReceiptHandle: receiptHandle,
        Body: body,
        MD5OfBody: md5(body),
        MessageAttributes: attributes,
      })),
    };
  }

  function remove(input: unknown): object {
    const { QueueUrl, ReceiptHandle } = deleteInput.parse(input);
    const messages = queueAt(QueueUrl);
    const index = messages.findIndex(({ receiptHandle }) => receiptHandle === ReceiptHandle);
    if (index >= 0) messages.splice(index, 1);
    return {};
  }

  function removeBatch(input: unknown): object {
    const { QueueUrl, Entries } = deleteBatchInput.parse(input);
    for (const { ReceiptHandle } of Entries) remove({ QueueUrl, ReceiptHandle });
    return { Successful: Entries.map(({ Id }) => ({ Id })), Failed: [] };
  }

  /** A message that is gone, or that somebody else has received since, is an error of its entry alone. */
  function changeVisibilityBatch(input: unknown): object {
    const { QueueUrl, Entries } = visibilityBatchInput.parse(input);
    const messages = queueAt(QueueUrl);
    const changed = Entries.filter(({ ReceiptHandle, VisibilityTimeout }) => {
      const message = messages.find(({ receiptHandle }) => receiptHandle === ReceiptHandle);
      if (message !== undefined) message.visibleAt = now() + VisibilityTimeout * 1000;
      return message !== undefined;
    });
    const failed = Entries.filter((entry) => !changed.includes(entry));
    return {
      Successful: changed.map(({ Id }) => ({ Id })),
      Failed: failed.map(({ Id }) => ({ Id, Code: 'ReceiptHandleIsInvalid', SenderFault: true })),
    };
  }

  function attributes(input: unknown): object {
    const messages = queueAt(queueUrl.parse(input).QueueUrl);
    const visible = messages.filter(({ visibleAt }) => visibleAt <= now()).length;
    return {
      Attributes: {
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(messages.length - visible),
      },
    };
  }

  function getUrl(input: unknown): object {
    const { QueueName } = nameInput.parse(input);
    messagesOf(QueueName);
    return { QueueUrl: urlOf(QueueName) };
  }

  return {
    send: (queueName, body) => {
      add(messagesOf(queueName), { MessageBody: body, DelaySeconds: 0, MessageAttributes: {} });
    },
    bodies: (queueName) => messagesOf(queueName).map(({ body }) => body),
    service: {
      name: 'sqs',
      target: 'AmazonSQS',
      actions: {
        SendMessage: send,
        SendMessageBatch: sendBatch,
        ReceiveMessage: receive,
        DeleteMessage: remove,
        DeleteMessageBatch: removeBatch,
        ChangeMessageVisibilityBatch: changeVisibilityBatch,
        GetQueueAttributes: attributes,
        GetQueueUrl: getUrl,
      },
    },
  };
}

/** What XML can hold: SQS takes no other characters, and at least one. */
const SENDABLE = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

function refuseBatch(entries: readonly (Outgoing & { readonly Id: string })[]): void {
  if (entries.length === 0) throw new ServiceError('EmptyBatchRequest', 'The batch holds no entry.');
  if (entries.length > MAX_BATCH) {
    throw new ServiceError('TooManyEntriesInBatchRequest', `The batch holds more than ${MAX_BATCH} entries.`);
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new ServiceError('BatchEntryIdsNotDistinct', 'Two entries of the batch have the same Id.');
  }
  if (entries.reduce((sum, entry) => sum + messageBytes(entry), 0) > MAX_BYTES) {
    throw new ServiceError('BatchRequestTooLong', `The batch must be shorter than ${MAX_BYTES} bytes.`);
  }
}

/** Attributes count with their names, types and values. */
function messageBytes({ MessageBody, MessageAttributes }: Outgoing): number {
  const texts = Object.entries(MessageAttributes).flatMap(([name, value]) => [
    name,
    ...(typeof value === 'object' && value !== null ? Object.values(value).map(String) : []),
  ]);
  return [MessageBody, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
