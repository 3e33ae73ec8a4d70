/** The rules and queues that a tail makes; everything else of EventBridge and SQS is the stack's own. */
import { hash, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { compileEventPattern } from '../../../infra/local/aws/pattern/event-pattern.ts';
import type { LocalStack } from '../../../infra/local/stack.ts';

const PREFIX = 'hubspot-events-tail-';

const inputSchema = z.looseObject({
  QueueName: z.string().optional(),
  QueueUrl: z.string().optional(),
  Name: z.string().optional(),
  Rule: z.string().optional(),
  EventPattern: z.string().optional(),
  Description: z.string().optional(),
});

interface Tail {
  pattern: string | undefined;
  description: string;
  hasQueue: boolean;
  hasTarget: boolean;
  readonly waiting: string[];
}

export function createTails(stack: LocalStack) {
  const tails = new Map<string, Tail>();
  /** Says that something has landed, or that a tail is connected. */
  const bell = new EventEmitter();
  stack.onEvent((event) => {
    const envelope = stack.envelopeOf(event);
    for (const tail of tails.values()) {
      if (!tail.hasTarget || tail.pattern === undefined) continue;
      if (compileEventPattern(JSON.parse(tail.pattern)).matches(envelope))
        tail.waiting.push(JSON.stringify(envelope));
    }
    bell.emit('landed');
  });

  async function receive({ waiting }: Tail, request: IncomingMessage) {
    const left = new AbortController();
    request.socket.once('close', () => left.abort());
    if (waiting.length === 0) await once(bell, 'landed', { signal: left.signal }).catch(() => undefined);
    const Messages = waiting.splice(0, 10).map((Body) => ({
      MessageId: randomUUID(),
      ReceiptHandle: 'r',
      Body,
      MD5OfBody: hash('md5', Body),
    }));
    return { body: { Messages } };
  }

  const steps: Readonly<Record<string, (tail: Tail, input: z.output<typeof inputSchema>) => object>> = {
    'sqs:CreateQueue': (tail) => {
      tail.hasQueue = true;
      return {};
    },
    'sqs:GetQueueAttributes': () => ({ Attributes: { QueueArn: 'arn:queue' } }),
    'sqs:SetQueueAttributes': () => ({}),
    'sqs:DeleteMessageBatch': () => ({ Successful: [], Failed: [] }),
    'sqs:GetQueueUrl': () => ({}),
    'sqs:DeleteQueue': (tail) => {
      tail.hasQueue = false;
      return {};
    },
    'events:PutRule': (tail, { EventPattern = '', Description = '' }) => {
      Object.assign(tail, { pattern: EventPattern, description: Description });
      return { RuleArn: 'arn:rule' };
    },
    'events:PutTargets': (tail) => {
      tail.hasTarget = true;
      bell.emit('connected');
      return { FailedEntryCount: 0 };
    },
    'events:RemoveTargets': (tail) => {
      tail.hasTarget = false;
      return { FailedEntryCount: 0 };
    },
    'events:DeleteRule': (tail) => {
      tail.pattern = undefined;
      return {};
    },
  };

  function leftovers(): string[] {
    return [...tails].flatMap(([name, { pattern, hasQueue }]) => [
      ...(pattern === undefined ? [] : [`rule ${name}`]),
      ...(hasQueue ? [`queue ${name}`] : []),
    ]);
  }

  return {
    names: leftovers,
    connected: async () => {
      if (![...tails.values()].some(({ hasTarget }) => hasTarget)) await once(bell, 'connected');
    },
    answer: async (action: string, given: unknown, request: IncomingMessage, url: string) => {
      const input = inputSchema.parse(given);
      if (action === 'events:ListRules') {
        const named = [...tails].filter(([, { pattern }]) => pattern !== undefined);
        return {
          body: { Rules: named.map(([Name, { description }]) => ({ Name, Description: description })) },
        };
      }
      const queue = input.QueueUrl?.split('/').at(-1);
      const name = [queue, input.QueueName, input.Rule, input.Name].find((each) => each?.startsWith(PREFIX));
      if (name === undefined) return undefined;
      const tail = tails.get(name) ?? {
        pattern: undefined,
        description: '',
        hasQueue: false,
        hasTarget: false,
        waiting: [],
      };
      tails.set(name, tail);
      if (action === 'sqs:ReceiveMessage') return receive(tail, request);
      const isMissing = action.startsWith('sqs:') && action !== 'sqs:CreateQueue' && !tail.hasQueue;
      if (isMissing)
        return { status: 400, body: { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: name } };
      const QueueUrl = `${url}/000000000000/${name}`;
      return { body: { QueueUrl, ...steps[action]?.(tail, input) } };
    },
  };
}
