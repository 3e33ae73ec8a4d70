/** Events of a bus as they land: a rule and a queue that exist for as long as somebody looks. */
import { randomUUID } from 'node:crypto';
import {
  DeleteRuleCommand,
  type EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

export interface FollowedBus {
  readonly eventBridge: EventBridgeClient;
  readonly sqs: SQSClient;
  readonly busName: string;
}

/** What nobody took in ten minutes is gone: the queue may outlive a command that was killed. */
const RETENTION_SECONDS = '600';

/** Resolves when the signal is aborted, once rule and queue are removed again. */
export async function followBus(
  { eventBridge, sqs, busName }: FollowedBus,
  pattern: string,
  onEvent: (envelope: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const Name = `hubspot-events-tail-${randomUUID().slice(0, 8)}`;
  const rule = { Name, EventBusName: busName };
  const created = await sqs.send(
    new CreateQueueCommand({ QueueName: Name, Attributes: { MessageRetentionPeriod: RETENTION_SECONDS } }),
  );
  const queue = { QueueUrl: created.QueueUrl };
  try {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ ...queue, AttributeNames: ['QueueArn'] }),
    );
    const Arn = Attributes?.['QueueArn'] ?? '';
    const { RuleArn } = await eventBridge.send(
      new PutRuleCommand({
        ...rule,
        EventPattern: pattern,
        Description: 'Temporary: npm run events -- tail',
      }),
    );
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: Arn,
      Condition: { ArnEquals: { 'aws:SourceArn': RuleArn } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await sqs.send(new SetQueueAttributesCommand({ ...queue, Attributes: { Policy } }));
    await eventBridge.send(
      new PutTargetsCommand({ EventBusName: busName, Rule: Name, Targets: [{ Id: 'tail', Arn }] }),
    );
    await receive(sqs, queue, onEvent, signal);
  } finally {
    await eventBridge
      .send(new RemoveTargetsCommand({ EventBusName: busName, Rule: Name, Ids: ['tail'] }))
      .catch(() => undefined);
    await eventBridge.send(new DeleteRuleCommand(rule)).catch(() => undefined);
    await sqs.send(new DeleteQueueCommand(queue));
  }
}

async function receive(
  sqs: SQSClient,
  queue: { readonly QueueUrl: string | undefined },
  onEvent: (envelope: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const command = new ReceiveMessageCommand({ ...queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
      const { Messages = [] } = await sqs.send(command, { abortSignal: signal });
      for (const { Body = '' } of Messages) onEvent(JSON.parse(Body));
      if (Messages.length === 0) continue;
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ ...queue, Entries }));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
