/**
 * A table of its own for a test file: in the embedded DynamoDB, or, where AWS_ENDPOINT_URL_DYNAMODB is set, at that
 * endpoint, behind the same faults.
 */
import { randomUUID } from 'node:crypto';
import {
  type CreateTableCommandInput,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { request } from 'undici';
import { createCheckpointStore } from '../../../functions/poller/adapters/dynamodb/checkpoints.ts';
import { createLedger } from '../../../functions/poller/adapters/dynamodb/ledger.ts';
import type { Table } from '../../../functions/poller/adapters/dynamodb/table.ts';
import { TABLE } from '../../../functions/poller/contract.ts';
import type { Fault, FaultHook } from '../../../infra/local/aws/fault.ts';
import { ensureTable, startDynamoDb } from '../../../infra/local/aws/table.ts';
import { type LoopbackServer, readBody, startLoopbackServer } from '../../../infra/local/loopback.ts';
import { createSteppingClock, half, type SteppingClock } from '../stepping-clock.ts';

/** 2026-11-10T12:00:00Z */
export const NOON = Date.UTC(2026, 10, 10, 12);

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface DynamoDbRig extends AsyncDisposable {
  readonly clock: SteppingClock;
  /** The actions that were asked for since the last `watch`, in their order. */
  readonly calls: readonly string[];
  /** From now on calls meet this fault, and are counted anew. */
  watch(fault?: (action: string, body: string) => Fault | Promise<Fault>): void;
  table(change?: Partial<Table>): Table;
  /** The store of a run of that name, and its ledger. */
  store(run: string): ReturnType<typeof createCheckpointStore>;
  ledger(run: string): ReturnType<typeof createLedger>;
  /** Every item, unmarshalled. */
  items(): Promise<Record<string, unknown>[]>;
  item(pk: string, sk: string): Promise<Record<string, unknown> | undefined>;
  put(item: Record<string, unknown>): Promise<void>;
}

/** @param untilMs how long calls may be tried, from NOON */
export async function createDynamoDbRig(untilMs = 60_000): Promise<DynamoDbRig> {
  const calls: string[] = [];
  let fault: (action: string, body: string) => Fault | Promise<Fault> = () => 'pass';
  const server = await startServer(({ action, body }) => {
    calls.push(action);
    return fault(action, body);
  });
  const client = new DynamoDBClient({
    endpoint: server.url,
    region: 'eu-west-1',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  const name = `adapters-${randomUUID()}`;
  await ensureTable(client, definitionOf(name));
  const clock = createSteppingClock(NOON);
  const table = (change: Partial<Table> = {}): Table => ({
    client,
    name,
    retry: { clock, random: half, until: () => NOON + untilMs },
    ...change,
  });
  return {
    clock,
    calls,
    watch(next = () => 'pass') {
      calls.length = 0;
      fault = next;
    },
    table,
    store: (run) => createCheckpointStore(table(), run),
    ledger: (run) => createLedger(table(), run, []),
    async items() {
      const { Items = [] } = await client.send(new ScanCommand({ TableName: name, ConsistentRead: true }));
      return Items.map((item) => unmarshall(item));
    },
    async item(pk, sk) {
      const Key = marshall({ [TABLE.partitionKey]: pk, [TABLE.sortKey]: sk });
      const { Item } = await client.send(new GetItemCommand({ TableName: name, Key, ConsistentRead: true }));
      return Item && unmarshall(Item);
    },
    async put(item) {
      await client.send(new PutItemCommand({ TableName: name, Item: marshall(item) }));
    },
    async [Symbol.asyncDispose]() {
      fault = () => 'pass';
      await client.send(new DeleteTableCommand({ TableName: name }));
      client.destroy();
      await server.close();
    },
  };
}

/** All that a reading gives. */
export async function collect<T>(reading: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of reading) found.push(one);
  return found;
}

function startServer(onRequest: FaultHook): Promise<LoopbackServer> {
  const endpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  return endpoint === undefined || endpoint === ''
    ? startDynamoDb({ credentials: CREDENTIALS, onRequest })
    : startForwarder(endpoint, onRequest);
}

/** Passes every call on to another DynamoDB, but for what the hook decides otherwise. */
function startForwarder(endpoint: string, onRequest: FaultHook): Promise<LoopbackServer> {
  return startLoopbackServer(async (incoming, response) => {
    const body = await readBody(incoming);
    const target = String(incoming.headers['x-amz-target'] ?? '');
    const fault = await onRequest({ service: 'dynamodb', action: target.replace(/^.*\./, ''), body });
    if (fault === 'reset') {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(fault.body));
      return;
    }
    const names = ['authorization', 'content-type', 'x-amz-target', 'x-amz-date'];
    const headers = Object.fromEntries(names.map((name) => [name, String(incoming.headers[name] ?? '')]));
    const answer = await request(endpoint, { method: 'POST', headers, body });
    const text = await answer.body.text();
    if (fault === 'drop-answer') {
      incoming.socket.resetAndDestroy();
      return;
    }
    response.writeHead(answer.statusCode, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(text);
  });
}

function definitionOf(TableName: string): CreateTableCommandInput {
  const keys = [TABLE.partitionKey, TABLE.sortKey];
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
      { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
    ],
  };
}
