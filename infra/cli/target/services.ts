/** The ports that are clients of AWS's services, wherever these are: in an account, or in an `npm start`. */
import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeEventBusCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  RestoreSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createCheckpointStore } from '../../../functions/poller/adapters/dynamodb/checkpoints.ts';
import {
  connectEventBridge,
  createPublisher,
} from '../../../functions/poller/adapters/eventbridge/publisher.ts';
import { errorName } from '../../../functions/poller/adapters/retry.ts';
import { startClock } from '../../../functions/poller/adapters/system-clock.ts';
import { DEFAULT_PUT_EVENTS_MAX_BYTES, TABLE } from '../../../functions/poller/contract.ts';
import { startTally } from '../../../functions/poller/core/tally.ts';
import { createDeadLetters } from './dead-letters.ts';
import { openHubSpot } from './hubspot.ts';
import type { Bus, Secrets, Target } from './target.ts';

export interface Clients {
  readonly dynamoDb: DynamoDBClient;
  readonly eventBridge: EventBridgeClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sqs: SQSClient;
}

export interface Names {
  readonly table: string;
  readonly bus: string;
  readonly deadLetterQueueUrl: string;
}

type Services = Pick<Target, 'store' | 'forgetPortal' | 'deadLetters' | 'secrets' | 'hubSpot'> & {
  readonly bus: Omit<Bus, 'follow'>;
};

/** @param patienceMs how long a call that fails is tried again */
export function openServices(clients: Clients, names: Names, patienceMs: number): Services {
  const { dynamoDb, secretsManager, sqs } = clients;
  const retry = () => {
    const clock = startClock();
    const endsAt = clock.now() + patienceMs;
    return { clock, random: Math.random, until: () => endsAt };
  };
  return {
    store: () =>
      createCheckpointStore(
        { client: dynamoDb, name: names.table, retry: retry() },
        // Names this command in what it writes.
        `cli-${process.pid}-${Date.now()}`,
      ),
    forgetPortal: async (portal) => {
      const Key = { [TABLE.partitionKey]: { S: TABLE.portalsPartition }, [TABLE.sortKey]: { S: portal } };
      await dynamoDb.send(new DeleteItemCommand({ TableName: names.table, Key }));
    },
    bus: openBus(clients.eventBridge, names.bus, retry),
    deadLetters: createDeadLetters(sqs, names.deadLetterQueueUrl),
    secrets: openSecrets(secretsManager),
    hubSpot: ({ request }, credential) => openHubSpot(secretsManager, request, retry(), credential),
  };
}

function openBus(
  eventBridge: EventBridgeClient,
  name: string,
  retry: () => Parameters<typeof createPublisher>[0]['retry'],
): Omit<Bus, 'follow'> {
  return {
    name,
    check: async () => {
      await eventBridge.send(new DescribeEventBusCommand({ Name: name }));
    },
    publish: async (entries) => {
      const silent = () => undefined;
      const publisher = createPublisher({
        bus: name,
        eventBridge: connectEventBridge(eventBridge, name),
        maxBytes: DEFAULT_PUT_EVENTS_MAX_BYTES,
        retry: retry(),
        tally: startTally(),
        // What became of each entry is in the outcomes.
        log: { info: silent, warn: silent, error: silent },
        busCheck: { seenAt: Number.NEGATIVE_INFINITY },
      });
      // EventBridge takes events for a bus that does not exist, and drops them.
      await publisher.checkBus();
      return publisher.publish(entries);
    },
  };
}

function openSecrets(client: SecretsManagerClient): Secrets {
  /** Undefined where there is none; AWS tells of one that is scheduled for deletion, too. */
  async function describe(SecretId: string) {
    try {
      return await client.send(new DescribeSecretCommand({ SecretId }));
    } catch (error) {
      if (errorName(error) === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  return {
    write: async (SecretId, SecretString) => {
      await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
    },
    ensure: async (Name, SecretString, Description) => {
      const found = await describe(Name);
      if (found?.DeletedDate !== undefined) {
        await client.send(new RestoreSecretCommand({ SecretId: Name }));
        return 'restored';
      }
      if (found !== undefined) return 'kept';
      try {
        await client.send(new CreateSecretCommand({ Name, SecretString, Description }));
        return 'created';
      } catch (error) {
        // Made by somebody else since: what it holds is theirs.
        if (error instanceof ResourceExistsException) return 'kept';
        throw error;
      }
    },
    remove: async (SecretId) => {
      try {
        await client.send(new DeleteSecretCommand({ SecretId }));
      } catch (error) {
        // Of an attempt that was broken off after this step.
        if (errorName(error) !== 'ResourceNotFoundException') throw error;
      }
    },
  };
}
