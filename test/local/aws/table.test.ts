import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../../../infra/local/aws/fault.ts';
import { type DynamoDbOptions, ensureTable, startDynamoDb } from '../../../infra/local/aws/table.ts';
import { createOpened } from '../../../infra/local/opened.ts';

const opened = createOpened();
afterEach(opened.close);

const DEFINITION = {
  TableName: 'checkpoints',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
} as const;
const KEY = { pk: { S: 'portal#main' }, sk: { S: 'lease' } };

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

async function open(options: Omit<DynamoDbOptions, 'credentials'> = {}) {
  const server = await startDynamoDb({ credentials, ...options });
  let isOpen = true;
  const close = async () => {
    if (isOpen) await server.close();
    isOpen = false;
  };
  opened.add(close);
  const client = new DynamoDBClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  opened.add(() => client.destroy());
  await ensureTable(client, {
    ...DEFINITION,
    KeySchema: [...DEFINITION.KeySchema],
    AttributeDefinitions: [...DEFINITION.AttributeDefinitions],
  });
  const put = (owner: string) =>
    client.send(new PutItemCommand({ TableName: 'checkpoints', Item: { ...KEY, owner: { S: owner } } }));
  const get = async () =>
    (await client.send(new GetItemCommand({ TableName: 'checkpoints', Key: KEY }))).Item?.['owner']?.S;
  return { put, get, close };
}

test('the embedded DynamoDB keeps a folder from one start to the next', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'table-'));
  opened.add(() => rm(directory, { recursive: true }));
  const first = await open({ directory: join(directory, 'table') });
  await first.put('one');
  await first.close();
  const second = await open({ directory: join(directory, 'table') });
  expect(await second.get()).toBe('one');
});

test('a fault of the embedded DynamoDB: dropped answers are done, resets and errors are not', async () => {
  const faults: Fault[] = [];
  const calls: string[] = [];
  const table = await open({
    onRequest: ({ service, action }) => {
      calls.push(`${service} ${action}`);
      return action === 'PutItem' ? (faults.shift() ?? 'pass') : 'pass';
    },
  });
  await table.put('first');
  faults.push('reset', { status: 400, body: { __type: 'ThrottlingException', message: 'slow down' } });
  await expect(table.put('reset')).rejects.toThrow();
  await expect(table.put('throttled')).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(await table.get()).toBe('first');
  faults.push('drop-answer');
  await expect(table.put('dropped')).rejects.toThrow();
  expect(await table.get()).toBe('dropped');
  expect(calls).toContain('dynamodb PutItem');
});

test('the embedded DynamoDB is closed once the calls under way in it are done', async () => {
  const table = await open();
  const puts = Promise.allSettled(Array.from({ length: 20 }, (_, index) => table.put(`${index}`)));
  // Of the puts some are in dynalite now, and some on their way.
  await table.get();
  await table.close();
  const done = (await puts).filter(({ status }) => status === 'fulfilled');
  expect(done.length).toBeGreaterThan(0);
});
