/** A queue behind a rule on the stack's bus, and its consumer. */
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Deployment } from './deployment.ts';

/** An event as a target gets it. */
export const envelopeSchema = z.looseObject({
  source: z.string(),
  'detail-type': z.string(),
  time: z.string(),
  resources: z.array(z.string()),
  detail: z.looseObject({ metadata: z.looseObject({ idempotencyKey: z.string() }) }),
});
export type Envelope = z.output<typeof envelopeSchema>;

export interface ConsumerQueue {
  /** Takes what is there, until nothing more is. */
  readonly drain: () => Promise<readonly Envelope[]>;
  /** Takes what comes while `use` runs, and what is left then. */
  readonly drainWhile: (use: () => Promise<void>) => Promise<readonly Envelope[]>;
}

/** The queue, once the rule sends to it. */
export async function openConsumerQueue(
  { moto, outputs }: Pick<Deployment, 'moto' | 'outputs'>,
  pattern: object,
): Promise<ConsumerQueue> {
  const sqs = new SQSClient(moto.client);
  const eventBridge = new EventBridgeClient(moto.client);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'consumer' }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const rule = { EventBusName: outputs['EventBusName'] };
  await eventBridge.send(
    new PutRuleCommand({ ...rule, Name: 'consumer', EventPattern: JSON.stringify(pattern) }),
  );
  const Targets = [{ Id: 'queue', Arn: Attributes?.['QueueArn'] }];
  await eventBridge.send(new PutTargetsCommand({ ...rule, Rule: 'consumer', Targets }));

  async function take(): Promise<Envelope[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return [];
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    return Messages.map(({ Body = '' }) => envelopeSchema.parse(JSON.parse(Body)));
  }

  async function drainUntil(isOver: () => boolean): Promise<Envelope[]> {
    const taken: Envelope[] = [];
    for (;;) {
      const wasOver = isOver();
      const some = await take();
      taken.push(...some);
      if (wasOver && some.length === 0) return taken;
    }
  }

  return {
    drain: () => drainUntil(() => true),
    drainWhile: async (use) => {
      let isOver = false;
      const using = use().finally(() => {
        isOver = true;
      });
      const [taken] = await Promise.all([drainUntil(() => isOver), using]);
      return taken;
    },
  };
}
