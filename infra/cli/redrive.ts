/** `redrive`: dead letters back to the bus, after a person has seen the reasons. */
import { gunzipSync } from 'node:zlib';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import Table from 'cli-table3';
import { z } from 'zod';
import {
  connectEventBridge,
  createPublisher,
} from '../../functions/poller/adapters/eventbridge/publisher.ts';
import { DEFAULT_PUT_EVENTS_MAX_BYTES } from '../../functions/poller/contract.ts';
import { type BusEntry, toBusEntry } from '../../functions/poller/core/bus-entry.ts';
import { parseEntry } from '../../functions/poller/core/event.ts';
import { parseJson } from '../../functions/poller/core/json.ts';
import { startTally } from '../../functions/poller/core/tally.ts';
import { CliFailure } from './failure.ts';
import { confirm, type Io } from './io.ts';
import { retryOf, type Target } from './target.ts';

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
type Letter = z.output<typeof letterSchema>;

/** A message of the queue, with what can be published of it. */
interface Received {
  readonly receiptHandle: string;
  readonly code: string;
  readonly reason: string;
  readonly about: string;
  readonly entry: BusEntry | undefined;
}

export interface RedriveFlags {
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Deletes the letters that can't be published, too. */
  readonly discard: boolean;
}

/** As long as a person may look at the reasons; another redrive meanwhile sees nothing of these. */
const HIDDEN_SECONDS = 300;
/** So many letters at a time. */
const LETTERS = 1_000;

export async function redrive(io: Io, target: Target, { dryRun, yes, discard }: RedriveFlags): Promise<void> {
  const received = await receiveLetters(target, dryRun ? 5 : HIDDEN_SECONDS);
  if (received.length === 0) {
    io.out(`${target.about}: no dead letter is waiting.`);
    return;
  }
  io.out(renderReasons(received));
  const publishable = received.filter(({ entry }) => entry !== undefined);
  const rest = received.filter(({ entry }) => entry === undefined);
  io.out(`${publishable.length} of ${received.length} letters hold an event that can be published.`);
  if (dryRun) return;
  if (publishable.length > 0) {
    await confirm(
      io,
      `Publish ${publishable.length} events to ${target.eventBusName} and delete their letters?`,
      yes,
    );
    await publishLetters(io, target, publishable);
  }
  if (!discard || rest.length === 0) return;
  await confirm(io, `Delete ${rest.length} letters that can't be published?`, yes);
  for (const letter of rest) await deleteLetter(target, letter);
  io.out(`Deleted ${rest.length} letters.`);
}

async function publishLetters(io: Io, target: Target, letters: readonly Received[]): Promise<void> {
  const publisher = createPublisher({
    bus: target.eventBusName,
    eventBridge: connectEventBridge(target.eventBridge, target.eventBusName),
    maxBytes: DEFAULT_PUT_EVENTS_MAX_BYTES,
    retry: retryOf(io.now()),
    tally: startTally(),
    log: { info: () => undefined, warn: (text) => io.err(text), error: (text) => io.err(text) },
    busCheck: { seenAt: Number.NEGATIVE_INFINITY },
  });
  // EventBridge takes events for a bus that does not exist, and drops them.
  await publisher.checkBus();
  const { outcomes } = await publisher.publish(letters.flatMap(({ entry }) => entry ?? []));
  let published = 0;
  for (const [index, letter] of letters.entries()) {
    const outcome = outcomes[index];
    if (outcome?.state === 'accepted') {
      await deleteLetter(target, letter);
      published += 1;
    } else {
      const why =
        outcome?.state === 'refused' ? `${outcome.code}: ${outcome.message}` : 'EventBridge did not take it';
      io.err(`${letter.about} stays: ${why}`);
    }
  }
  io.out(`Published ${published} events and deleted their letters.`);
  if (published < letters.length)
    throw new CliFailure(
      `${letters.length - published} letters stay in the queue.`,
      'Mend what the reasons say, then redrive again.',
    );
}

async function receiveLetters(
  { sqs, deadLetterQueueUrl }: Target,
  hiddenSeconds: number,
): Promise<Received[]> {
  const received: Received[] = [];
  while (received.length < LETTERS) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: hiddenSeconds,
        WaitTimeSeconds: 1,
      }),
    );
    if (Messages.length === 0) break;
    for (const { Body = '', ReceiptHandle = '' } of Messages) received.push(readLetter(Body, ReceiptHandle));
  }
  return received;
}

/** Total: what is no letter of the poller's can be seen, but not published. */
export function readLetter(body: string, receiptHandle: string): Received {
  const parsed = letterSchema.safeParse(tryParse(body));
  if (!parsed.success)
    return {
      receiptHandle,
      code: 'NotALetter',
      reason: 'The message is none of the poller’s.',
      about: 'A message',
      entry: undefined,
    };
  const { code, reason, stream, deadLetteredAt } = parsed.data;
  const about = `The letter of ${deadLetteredAt} (${stream})`;
  return { receiptHandle, code, reason, about, entry: entryOf(parsed.data) };
}

function entryOf(letter: Letter): BusEntry | undefined {
  const { portal, stream, pass } = letter;
  const text = textOf(letter);
  const event = text === undefined ? undefined : parseEntry(tryParse(text));
  return event?.kind === 'event' ? toBusEntry(event, { portal, stream, pass }) : undefined;
}

/** What HubSpot sent; undefined where it lies in several messages. */
function textOf({ text, gzip, parts }: Letter): string | undefined {
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

function renderReasons(received: readonly Received[]): string {
  const groups = Map.groupBy(received, ({ code, reason }) => `${code}\n${reason}`);
  const table = new Table({
    head: ['letters', 'code', 'reason'],
    style: { head: [], border: [], compact: true },
  });
  for (const [key, letters] of groups) table.push([letters.length, ...key.split('\n', 2)]);
  return table.toString();
}

async function deleteLetter({ sqs, deadLetterQueueUrl }: Target, { receiptHandle }: Received): Promise<void> {
  await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle: receiptHandle }));
}
