/**
 * Events of a bus as they land: a rule and a queue that exist for as long as somebody looks. A command that ends
 * removes them; one that is killed leaves that to its guard, a process of its own; where both are gone, the next
 * that follows the bus removes them, once the time is over that the rule's description tells.
 */
import { randomUUID } from 'node:crypto';
import {
  DeleteRuleCommand,
  type EventBridgeClient,
  ListRulesCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { errorName } from '../../../../functions/poller/adapters/retry.ts';

export interface FollowedBus {
  readonly eventBridge: EventBridgeClient;
  readonly sqs: SQSClient;
  readonly busName: string;
}

/** Does the work of `removeTail` once this process is gone, unless it is told that all is done. */
export interface Guard {
  readonly dismiss: () => void;
}
export type StartGuard = (task: { readonly busName: string; readonly name: string }) => Promise<Guard>;

const PREFIX = 'hubspot-events-tail-';
/** What nobody took in ten minutes is gone. */
const RETENTION_SECONDS = '600';
const ALIVE_MS = 15 * 60_000;
const RENEW_MS = 5 * 60_000;
const UNTIL = /until (\S+)$/;

/** Resolves when the signal is aborted, once rule and queue are removed again. */
export async function followBus(
  bus: FollowedBus,
  pattern: string,
  onEvent: (envelope: unknown) => void,
  signal: AbortSignal,
  startGuard: StartGuard | undefined,
): Promise<void> {
  await removeLeftovers(bus);
  const name = PREFIX + randomUUID().slice(0, 8);
  const guard = await startGuard?.({ busName: bus.busName, name });
  const rule = { Name: name, EventBusName: bus.busName, EventPattern: pattern };
  const renew = () =>
    bus.eventBridge.send(new PutRuleCommand({ ...rule, Description: describeUntil(Date.now() + ALIVE_MS) }));
  const renewal = setInterval(() => renew().catch(() => undefined), RENEW_MS);
  try {
    const queue = await connect(bus, name, renew);
    await receive(bus.sqs, queue, onEvent, signal);
  } finally {
    clearInterval(renewal);
    await removeTail(bus, name);
    guard?.dismiss();
  }
}

function describeUntil(at: number): string {
  return `Temporary: of a tail that is alive until ${new Date(at).toISOString()}`;
}

/** Queue, rule, and the queue as the rule's target; gives the queue's URL. */
async function connect(
  { eventBridge, sqs, busName }: FollowedBus,
  name: string,
  putRule: () => Promise<{ RuleArn?: string | undefined }>,
): Promise<string | undefined> {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { MessageRetentionPeriod: RETENTION_SECONDS } }),
  );
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const Arn = Attributes?.['QueueArn'] ?? '';
  const { RuleArn } = await putRule();
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: Arn,
    Condition: { ArnEquals: { 'aws:SourceArn': RuleArn } },
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await eventBridge.send(
    new PutTargetsCommand({ EventBusName: busName, Rule: name, Targets: [{ Id: 'tail', Arn }] }),
  );
  return QueueUrl;
}

/** Removes what a tail of this name has made, as far as it is there. */
export async function removeTail({ eventBridge, sqs, busName }: FollowedBus, name: string): Promise<void> {
  const rule = { EventBusName: busName };
  await unlessMissing(eventBridge.send(new RemoveTargetsCommand({ ...rule, Rule: name, Ids: ['tail'] })));
  await unlessMissing(eventBridge.send(new DeleteRuleCommand({ ...rule, Name: name })));
  const { QueueUrl } = (await unlessMissing(sqs.send(new GetQueueUrlCommand({ QueueName: name })))) ?? {};
  if (QueueUrl !== undefined) await unlessMissing(sqs.send(new DeleteQueueCommand({ QueueUrl })));
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (/ResourceNotFound|NonExistentQueue|QueueDoesNotExist/.test(errorName(error))) return undefined;
    throw error;
  }
}

/** Of tails whose process and guard are both gone: their time is over, and nobody has renewed it. */
async function removeLeftovers(bus: FollowedBus): Promise<void> {
  const command = new ListRulesCommand({ EventBusName: bus.busName, NamePrefix: PREFIX });
  const { Rules = [] } = await bus.eventBridge.send(command);
  for (const { Name = '', Description = '' } of Rules) {
    const until = Date.parse(UNTIL.exec(Description)?.[1] ?? '');
    if (until < Date.now()) await removeTail(bus, Name);
  }
}

async function receive(
  sqs: SQSClient,
  QueueUrl: string | undefined,
  onEvent: (envelope: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
      const { Messages = [] } = await sqs.send(command, { abortSignal: signal });
      for (const { Body = '' } of Messages) onEvent(JSON.parse(Body));
      if (Messages.length === 0) continue;
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
