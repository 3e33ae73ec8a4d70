/** How each stream stands, read from its checkpoint in the table. */
import { paginateQuery } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { TABLE } from '../../../functions/poller/contract.ts';
import type { LocalStack } from '../stack.ts';

export interface StreamStanding {
  readonly stream: string;
  readonly watermark: Date;
  readonly lastEventAt: Date | undefined;
  /** Why it is set aside, or its last poll failed. */
  readonly problem: string | undefined;
}

const instant = z.string().transform((text) => new Date(text));
const checkpointSchema = z.object({
  [TABLE.sortKey]: z.string(),
  watermark: instant,
  lastEventAt: instant.optional(),
  lastError: z.object({ message: z.string() }).optional(),
  quarantine: z.object({ reason: z.string() }).optional(),
});

const STREAM_PREFIX = 'stream#';

/** The portal's streams, by name. */
export async function readStreams(table: LocalStack['table'], portal: string): Promise<StreamStanding[]> {
  const pages = paginateQuery(
    { client: table.client },
    {
      TableName: table.name,
      KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :stream)',
      ExpressionAttributeNames: { '#pk': TABLE.partitionKey, '#sk': TABLE.sortKey },
      ExpressionAttributeValues: { ':pk': { S: `portal#${portal}` }, ':stream': { S: STREAM_PREFIX } },
      ConsistentRead: true,
    },
  );
  const streams: StreamStanding[] = [];
  for await (const { Items = [] } of pages) {
    streams.push(...Items.map((attributes) => toStanding(unmarshall(attributes))));
  }
  return streams;
}

function toStanding(attributes: unknown): StreamStanding {
  const { watermark, lastEventAt, lastError, quarantine, ...keys } = checkpointSchema.parse(attributes);
  const aside = quarantine === undefined ? undefined : `set aside: ${quarantine.reason}`;
  return {
    stream: keys[TABLE.sortKey].slice(STREAM_PREFIX.length),
    watermark,
    lastEventAt,
    problem: aside ?? lastError?.message,
  };
}
