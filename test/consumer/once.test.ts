import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import { HubSpotEventError } from '../../functions/consumer/event.ts';
import { actOnce } from '../../functions/consumer/once.ts';
import { ensureTable, startDynamoDb } from '../../infra/local/aws/table.ts';
import { createOpened } from '../../infra/local/opened.ts';
import { deliveredFrom, PAGE_VIEW } from './envelopes.ts';

const opened = createOpened();
afterEach(opened.close);

const noop = () => undefined;
const CONTEXT: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'consumer',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:consumer',
  memoryLimitInMB: '128',
  awsRequestId: '1',
  logGroupName: '',
  logStreamName: '',
  getRemainingTimeInMillis: () => 10_000,
  done: noop,
  fail: noop,
  succeed: noop,
};

/** A consumer that notes the keys it acts on, and a store of keys that is a real table. */
async function openConsumer(failures = 0) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const server = await startDynamoDb({ credentials });
  opened.add(server.close);
  const client = new DynamoDBClient({ endpoint: server.url, region: 'us-east-1', credentials });
  opened.add(() => client.destroy());
  await ensureTable(client, {
    TableName: 'keys',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const acted: string[] = [];
  let left = failures;
  const handler = actOnce(
    async ({ detail }) => {
      acted.push(detail.metadata.idempotencyKey);
      if (left-- > 0) throw new Error('The mail server is away');
      return { number: acted.length };
    },
    { store: new DynamoDBPersistenceLayer({ tableName: 'keys', awsSdkV3Client: client }) },
  );
  return { acted, deliver: (envelope: unknown) => handler(envelope, CONTEXT) };
}

describe('actOnce', () => {
  test('acts once on an event that is delivered twice, and gives the first result again', async () => {
    const { acted, deliver } = await openConsumer();
    const envelope = deliveredFrom(PAGE_VIEW);
    expect(await deliver(envelope)).toEqual({ number: 1 });
    // Published again after a crash: another id of EventBridge's, the same event.
    expect(await deliver({ ...envelope, id: 'another' })).toEqual({ number: 1 });
    expect(acted).toEqual(['main/e_visited_page/7f1c']);
  });

  test('tells apart equal ids of two event types and of two portals', async () => {
    const { acted, deliver } = await openConsumer();
    await deliver(deliveredFrom(PAGE_VIEW));
    await deliver(deliveredFrom({ ...PAGE_VIEW, eventType: 'e_call_started' }));
    await deliver(deliveredFrom(PAGE_VIEW, 'eu-shop'));
    expect(acted).toEqual([
      'main/e_visited_page/7f1c',
      'main/e_call_started/7f1c',
      'eu-shop/e_visited_page/7f1c',
    ]);
  });

  test('tries again at the next delivery where acting failed', async () => {
    const { acted, deliver } = await openConsumer(1);
    const envelope = deliveredFrom(PAGE_VIEW);
    await expect(deliver(envelope)).rejects.toThrow('The mail server is away');
    expect(await deliver(envelope)).toEqual({ number: 2 });
    expect(acted).toHaveLength(2);
  });

  test('refuses what is no event of the poller before anything is kept', async () => {
    const { acted, deliver } = await openConsumer();
    await expect(async () => deliver({ source: 'aws.ec2' })).rejects.toThrow(HubSpotEventError);
    expect(acted).toEqual([]);
  });
});
