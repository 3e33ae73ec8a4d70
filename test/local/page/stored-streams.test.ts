import { DynamoDBClient as Client, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCredentials } from '../../../infra/local/aws/signature.ts';
import { ensureTable, startDynamoDb } from '../../../infra/local/aws/table.ts';
import { createOpened } from '../../../infra/local/opened.ts';
import { readStoredPortal } from '../../../infra/local/page/observer/stored-streams.ts';

const opened = createOpened();
let client: DynamoDBClient;
afterAll(opened.close);

beforeAll(async () => {
  const credentials = createCredentials();
  const server = await startDynamoDb({ credentials });
  opened.add(server.close);
  client = new Client({
    endpoint: server.url,
    region: 'us-east-1',
    credentials,
  });
  opened.add(() => client.destroy());
  await ensureTable(client, {
    TableName: 'table',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  });
});

const at = (minute: number) => new Date(Date.UTC(2026, 10, 10, 12, minute)).toISOString();
const ms = (minute: number) => Date.UTC(2026, 10, 10, 12, minute);

test('a reading in progress is read in both forms: with one position, and with one in each piece', async () => {
  const window = { startedAt: at(50), from: at(0), to: at(40) };
  const stream = { revision: 3, floor: at(0), watermark: at(10), sweptAt: at(0) };
  const segments = [
    { from: at(0), to: at(20), position: at(20) },
    { from: at(20), to: at(40), position: at(30) },
  ];
  const items = [
    { sk: 'discovery', discoveredAt: at(5), eventTypes: [] },
    { sk: 'ledger#e_a#1', rows: 1 },
    { sk: 'stream#e_a', ...stream, live: { ...window, position: at(10) } },
    {
      sk: 'stream#e_b',
      ...stream,
      sweep: { ...window, segments },
      quarantine: { since: at(0), retryAt: at(59), reason: 'refused' },
    },
  ];
  for (const item of items) {
    await client.send(
      new PutItemCommand({ TableName: 'table', Item: marshall({ pk: 'portal#main', ...item }) }),
    );
  }
  const { streams } = await readStoredPortal({ client, name: 'table' }, 'main');
  expect(streams).toMatchObject([
    { stream: 'e_a', live: { from: ms(0), to: ms(40), open: [{ from: ms(10), to: ms(40) }] } },
    {
      stream: 'e_b',
      sweep: { open: [{ from: ms(30), to: ms(40) }] },
      setAside: { until: ms(59), reason: 'refused' },
    },
  ]);
});
