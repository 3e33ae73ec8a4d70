// A bare handler with the same SDK clients: it reads the token, and asks HubSpot. What a cold start is compared with.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { pageAddress, readOrder } from './order.ts';

const clients = {
  dynamoDb: new DynamoDBClient({}),
  eventBridge: new EventBridgeClient({}),
  sqs: new SQSClient({}),
  secretsManager: new SecretsManagerClient({}),
};

export async function handler(event: unknown): Promise<object> {
  const { apiUrl, eventTypes, startFrom } = readOrder(event);
  const secret = await clients.secretsManager.send(
    new GetSecretValueCommand({ SecretId: 'hubspot-events/main' }),
  );
  const headers = { authorization: `Bearer ${secret.SecretString}` };
  const response = await fetch(pageAddress(apiUrl, eventTypes[0] ?? '', startFrom, undefined), { headers });
  return { eventsPublished: 0, status: response.status, bytes: (await response.text()).length };
}
