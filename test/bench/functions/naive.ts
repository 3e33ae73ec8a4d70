// The loop a user would write, in a Lambda function of its own.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { ENVIRONMENT, TABLE } from '../../../functions/poller/contract.ts';
import { runNaiveLoop } from '../naive-loop.ts';
import { measure } from './measure.ts';
import { pageAddress, readOrder, TOKEN } from './order.ts';

const eventBridge = new EventBridgeClient({});
const dynamoDb = new DynamoDBClient({});
const EventBusName = process.env[ENVIRONMENT.eventBusName];
const TableName = process.env[ENVIRONMENT.tableName];

export function handler(event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<object> {
  const { apiUrl, eventTypes, startFrom } = readOrder(event);
  return measure(async () => ({
    eventsPublished: await runNaiveLoop(eventTypes, startFrom, {
      readPage: async (eventType, occurredAfter, after) => {
        const url = pageAddress(apiUrl, eventType, occurredAfter, after);
        const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
        if (!response.ok) throw new Error(`HubSpot answered ${response.status}`);
        return response.json();
      },
      putEvents: (events) =>
        eventBridge.send(
          new PutEventsCommand({
            Entries: events.map((one) => ({
              EventBusName,
              Source: 'hubspot.events',
              DetailType: one.eventType,
              Time: new Date(one.occurredAt),
              Detail: JSON.stringify(one),
            })),
          }),
        ),
      saveCheckpoint: (eventType, occurredAt) =>
        dynamoDb.send(
          new PutItemCommand({
            TableName,
            Item: {
              [TABLE.partitionKey]: { S: 'naive' },
              [TABLE.sortKey]: { S: eventType },
              occurredAt: { S: occurredAt },
            },
          }),
        ),
      isOver: () => context.getRemainingTimeInMillis() < 2_000,
    }),
  }));
}
