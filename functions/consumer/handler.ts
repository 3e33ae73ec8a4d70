/** The example consumer: acts once on each page view. Deployed by infra/examples/consumer.ts; a start for your own. */
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { type HubSpotEventBridgeEvent, isHubSpotEvent, isReplay } from './event.ts';
import { actOnce } from './once.ts';

const store = new DynamoDBPersistenceLayer({ tableName: process.env['KEYS_TABLE_NAME'] ?? '' });

/** What is to be done once: here a line in the log, in your own a call that must not happen twice. */
async function act(event: HubSpotEventBridgeEvent): Promise<object> {
  const { objectType, objectId, metadata } = event.detail;
  const path = isHubSpotEvent(event, 'e_visited_page') ? event.detail.properties?.hs_url_path : undefined;
  const line = {
    message: 'Acted',
    key: metadata.idempotencyKey,
    of: `${objectType}/${objectId}`,
    path,
    isReplay: isReplay(event),
  };
  console.log(JSON.stringify(line));
  return { actedOn: metadata.idempotencyKey };
}

export const handler = actOnce(act, { store });
