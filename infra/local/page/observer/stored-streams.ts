/** The portal's streams as the table has them, read as it stands there: not through the poller's own code. */
import { paginateQuery } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { TABLE } from '../../../../functions/poller/contract.ts';
import type { LocalStack } from '../../stack.ts';

/** A reading in progress. What of its window lies in no open piece is resolved. Instants in UNIX ms. */
export interface StoredPass {
  readonly startedAt: number;
  readonly from: number;
  readonly to: number;
  readonly open: readonly Span[];
  readonly finishedAt?: number | undefined;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface StoredStream {
  readonly stream: string;
  readonly revision: number;
  readonly floor: number;
  readonly watermark: number;
  readonly sweptAt: number;
  readonly lastEventAt: number | undefined;
  readonly live: StoredPass | undefined;
  readonly sweep: StoredPass | undefined;
  readonly backfill: StoredPass | undefined;
  readonly setAside: { readonly until: number; readonly reason: string } | undefined;
  readonly lastError: { readonly at: number; readonly message: string } | undefined;
}

export interface StoredPortal {
  readonly streams: readonly StoredStream[];
}

const instant = z.string().transform((text) => Date.parse(text));

const windowShape = { startedAt: instant, from: instant, to: instant, finishedAt: instant.optional() };

/** One position in the window, or pieces with a position each. */
const passSchema = z
  .union([
    z.object({
      ...windowShape,
      segments: z.array(z.object({ from: instant, to: instant, position: instant })),
    }),
    z.object({ ...windowShape, position: instant }).transform(({ position, ...pass }) => ({
      ...pass,
      segments: [{ from: pass.from, to: pass.to, position }],
    })),
  ])
  .transform(
    ({ segments, ...pass }): StoredPass => ({
      ...pass,
      open: pass.finishedAt === undefined ? openSpans(segments) : [],
    }),
  );

const streamSchema = z
  .object({
    [TABLE.sortKey]: z.string(),
    revision: z.number(),
    floor: instant,
    watermark: instant,
    sweptAt: instant,
    lastEventAt: instant.optional(),
    live: passSchema.optional(),
    sweep: passSchema.optional(),
    backfill: passSchema.optional(),
    quarantine: z.object({ retryAt: instant, reason: z.string() }).optional(),
    lastError: z.object({ at: instant, message: z.string() }).optional(),
  })
  .transform(
    ({
      [TABLE.sortKey]: sortKey,
      lastEventAt,
      live,
      sweep,
      backfill,
      quarantine,
      lastError,
      ...rest
    }): StoredStream => ({
      ...rest,
      stream: sortKey.slice(STREAM_PREFIX.length),
      lastEventAt,
      live,
      sweep,
      backfill,
      setAside: quarantine && { until: quarantine.retryAt, reason: quarantine.reason },
      lastError,
    }),
  );

const STREAM_PREFIX = 'stream#';

/** @throws where the table cannot be read just now */
export async function readStoredPortal(table: LocalStack['table'], portal: string): Promise<StoredPortal> {
  const pages = paginateQuery(
    { client: table.client },
    {
      TableName: table.name,
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': TABLE.partitionKey },
      ExpressionAttributeValues: { ':pk': { S: `portal#${portal}` } },
      ConsistentRead: true,
    },
  );
  const streams: StoredStream[] = [];
  for await (const { Items = [] } of pages) {
    for (const item of Items.map((attributes) => unmarshall(attributes))) {
      const sortKey = String(item[TABLE.sortKey]);
      if (sortKey.startsWith(STREAM_PREFIX)) streams.push(streamSchema.parse(item));
    }
  }
  return { streams };
}

/** What of the pieces is still to be read; a piece that was read to its end is none. */
function openSpans(segments: readonly { readonly to: number; readonly position: number }[]): Span[] {
  return segments.flatMap(({ position, to }) => (position < to ? [{ from: position, to }] : []));
}
