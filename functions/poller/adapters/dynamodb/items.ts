/** The table's items and what they mean: instants are ISO 8601 texts there, to be read by people too. */
import { z } from 'zod';
import {
  type Backfill,
  CHECKPOINT_VERSION,
  type Checkpoint,
  type Discovery,
  type Pass,
} from '../../core/checkpoint.ts';
import { type Instant, parseInstant, toIso } from '../../core/instant.ts';
import { type FailureCode, isFailureCode, PollerError } from '../../errors.ts';
import type { ListedPortal, PortalStanding } from '../../ports.ts';

export type Attributes = Readonly<Record<string, unknown>>;

/** The most characters of a failure's message that a checkpoint keeps: a larger item costs more at every write. */
const MESSAGE_CHARACTERS = 300;

const instant = z.string().transform((text, context): Instant => {
  const at = parseInstant(text);
  if (at !== undefined) return at;
  context.addIssue(`must be an ISO 8601 instant, found ${JSON.stringify(text)}`);
  return z.NEVER;
});

const passShape = {
  startedAt: instant,
  from: instant,
  to: instant,
  position: instant,
  cursor: z.string().optional(),
  sliceTo: instant.optional(),
};

const backfillSchema = z.object({
  ...passShape,
  id: z.string(),
  republish: z.boolean(),
  eventsPublished: z.number(),
  requests: z.number(),
  finishedAt: instant.optional(),
});

const checkpointSchema = z.object({
  revision: z.int().min(1),
  floor: instant,
  watermark: instant,
  shownAt: instant,
  lastEventAt: instant.optional(),
  sweptAt: instant,
  live: z.object(passShape).optional(),
  sweep: z.object(passShape).optional(),
  pageSize: z.number().optional(),
  quarantine: z.object({ since: instant, retryAt: instant, reason: z.string() }).optional(),
  lastError: z.object({ at: instant, code: z.string(), message: z.string() }).optional(),
  backfill: backfillSchema.optional(),
});

const discoverySchema = z.object({ eventTypes: z.array(z.string()), discoveredAt: instant });

const listedPortalSchema = z.object({
  leaseUntil: instant.optional(),
  standing: z
    .object({
      endedAt: instant,
      outcome: z.enum(['polled', 'failed']),
      code: z.custom<FailureCode>(isFailureCode).optional().catch(undefined),
      lagSeconds: z.number().optional(),
      streams: z.number(),
      streamsFailing: z.number(),
      furthestBehind: z.string().optional(),
    })
    .optional(),
});

/** A checkpoint's attributes but for its keys and its backfill; undefined: the attribute is to be removed. */
export function toAttributes(checkpoint: Checkpoint, revision: number, writer: string): Attributes {
  const { quarantine, lastError } = checkpoint;
  return {
    version: CHECKPOINT_VERSION,
    revision,
    writer,
    floor: toIso(checkpoint.floor),
    watermark: toIso(checkpoint.watermark),
    shownAt: toIso(checkpoint.shownAt),
    lastEventAt: checkpoint.lastEventAt === undefined ? undefined : toIso(checkpoint.lastEventAt),
    sweptAt: toIso(checkpoint.sweptAt),
    live: checkpoint.live && passAttributes(checkpoint.live),
    sweep: checkpoint.sweep && passAttributes(checkpoint.sweep),
    pageSize: checkpoint.pageSize,
    quarantine: quarantine && {
      since: toIso(quarantine.since),
      retryAt: toIso(quarantine.retryAt),
      reason: quarantine.reason.slice(0, MESSAGE_CHARACTERS),
    },
    lastError: lastError && {
      at: toIso(lastError.at),
      code: lastError.code,
      message: lastError.message.slice(0, MESSAGE_CHARACTERS),
    },
  };
}

export function toBackfillAttributes(backfill: Backfill): Attributes {
  const { id, republish, eventsPublished, requests, finishedAt } = backfill;
  return {
    ...passAttributes(backfill),
    id,
    republish,
    eventsPublished,
    requests,
    finishedAt: finishedAt === undefined ? undefined : toIso(finishedAt),
  };
}

export function toDiscoveryAttributes({ eventTypes, discoveredAt }: Discovery): Attributes {
  return { eventTypes: [...eventTypes], discoveredAt: toIso(discoveredAt) };
}

export function toStandingAttributes(standing: PortalStanding): Attributes {
  return { ...standing, endedAt: toIso(standing.endedAt) };
}

export function readListedPortal(portal: string, item: Attributes): ListedPortal {
  const { leaseUntil, standing } = parse(listedPortalSchema, `the standing of portal ${portal}`, item);
  return { portal, leaseUntil, standing: standing && { ...standing, lagSeconds: standing.lagSeconds } };
}

/** @throws PollerError `checkpoint-newer` or `checkpoint-malformed`: nothing of the portal is touched then */
export function readCheckpoint(
  stream: string,
  item: Attributes,
): { checkpoint: Checkpoint; backfill?: Backfill } {
  const { version } = item;
  const found = JSON.stringify(version);
  if (typeof version !== 'number') {
    const text = `Reading the checkpoint of ${stream}: its version must be a number, found ${found}`;
    throw new PollerError('checkpoint-malformed', text);
  }
  if (version > CHECKPOINT_VERSION) {
    const text = `Reading the checkpoint of ${stream}: its version must be ${CHECKPOINT_VERSION} or less, found ${found}. A newer poller wrote it: deploy that one again.`;
    throw new PollerError('checkpoint-newer', text);
  }
  const { backfill, ...checkpoint } = parse(checkpointSchema, `the checkpoint of ${stream}`, item);
  return { checkpoint: { stream, ...checkpoint }, ...(backfill && { backfill: { stream, ...backfill } }) };
}

export function readDiscovery(item: Attributes): Discovery {
  return parse(discoverySchema, 'the list of event types', item);
}

function passAttributes({ startedAt, from, to, position, cursor, sliceTo }: Pass): Attributes {
  return {
    startedAt: toIso(startedAt),
    from: toIso(from),
    to: toIso(to),
    position: toIso(position),
    cursor,
    sliceTo: sliceTo === undefined ? undefined : toIso(sliceTo),
  };
}

function parse<T>(schema: z.ZodType<T>, what: string, item: Attributes): T {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const text = `Reading ${what} from the table: it must be readable, found: ${z.prettifyError(result.error)}`;
  throw new PollerError('checkpoint-malformed', text, { cause: result.error });
}
