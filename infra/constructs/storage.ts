/** Where the poller keeps what it must not forget: the table, and the queue of dead letters. */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { TABLE } from '../../functions/poller/contract.ts';

/** SQS keeps a message 14 days at most (SQS quotas, 2026-11): the longest time to look at one. */
const LONGEST_RETENTION = Duration.days(14);

/**
 * The checkpoints and the ledger. Losing them means starting anew at `startFrom`, so the table outlives
 * the stack, is protected from deletion, and can be restored to any second of the last 35 days.
 */
export function createTable(scope: Construct, encryptionKey?: IKey): Table {
  return new Table(scope, 'Table', {
    ...(encryptionKey === undefined ? {} : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    partitionKey: { name: TABLE.partitionKey, type: AttributeType.STRING },
    sortKey: { name: TABLE.sortKey, type: AttributeType.STRING },
    timeToLiveAttribute: TABLE.timeToLive,
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}

/** Events given up on, each with the reason. It outlives the stack: nobody may have looked at them yet. */
export function createDeadLetterQueue(scope: Construct): Queue {
  return createEndQueue(scope, 'DeadLetterQueue');
}

/** Invocations that failed or never began. The next tick does their work, so they go with the stack. */
export function createFailedInvocationsQueue(scope: Construct): Queue {
  return createEndQueue(scope, 'FailedInvocationsQueue', RemovalPolicy.DESTROY);
}

/** A queue at the end of the line. It outlives the stack where not said otherwise. */
export function createEndQueue(
  scope: Construct,
  id: string,
  removalPolicy: RemovalPolicy = RemovalPolicy.RETAIN,
): Queue {
  const queue = new Queue(scope, id, {
    retentionPeriod: LONGEST_RETENTION,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    removalPolicy,
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'It is itself the end of the line: a person reads it, no consumer can fail on it.',
  });
  return queue;
}
