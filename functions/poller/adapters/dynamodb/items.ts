/** The table's items and what they mean: instants are ISO 8601 texts there, to be read by people too. */
import {
  type Backfill,
  CHECKPOINT_VERSION,
  type Checkpoint,
  type Pass,
  positionOf,
  type StreamError,
} from '../../core/checkpoint.ts';
import type { Discovery } from '../../core/discovery.ts';
import { type Instant, parseInstant, toIso } from '../../core/instant.ts';
import * as z from '../../core/schema.ts';
import { type FailureCode, isFailureCode, PollerError } from '../../errors.ts';
import type { ListedPortal, PortalStanding } from '../../ports.ts';

export type Attributes = Readonly<Record<string, unknown>>;

/** The most characters of a failure's message that a checkpoint keeps: a larger item costs more at every write. */
const MESSAGE_CHARACTERS = 300;

const instant = z.pipe(
  z.string(),
  z.transform((text: string, context): Instant => {
    const at = parseInstant(text);
    if (at !== undefined) return at;
    const message = `must be an ISO 8601 instant, found ${JSON.stringify(text)}`;
    context.issues.push({ code: 'custom', message, input: text });
    return z.NEVER;
  }),
);

const segmentSchema = z.object({
  from: instant,
  to: instant,
  position: instant,
  cursor: z.optional(z.string()),
  windowTo: z.optional(instant),
  isUnordered: z.optional(z.literal(true)),
});

/** `position` is there for whoever looks; before there were segments it was all there was, and its cursor. */
const passShape = { startedAt: instant, from: instant, to: instant, position: instant };
const storedPass = z.object({ ...passShape, segments: z.optional(z.array(segmentSchema)) });
type StoredPass = z.output<typeof storedPass>;
const passSchema = z.pipe(
  storedPass,
  z.transform((stored: StoredPass) => toPass(stored)),
);

const errorSchema = z.object({ at: instant, code: z.string(), message: z.string() });

const storedBackfill = z.object({
  ...passShape,
  segments: z.optional(z.array(segmentSchema)),
  id: z.string(),
  republish: z.boolean(),
  eventsPublished: z.number(),
  requests: z.number(),
  finishedAt: z.optional(instant),
  lastError: z.optional(errorSchema),
});
const backfillSchema = z.pipe(
  storedBackfill,
  z.transform(({ startedAt, from, to, position, segments, ...rest }: z.output<typeof storedBackfill>) => ({
    ...rest,
    ...toPass({ startedAt, from, to, position, segments }),
  })),
);

const checkpointSchema = z.object({
  revision: z.int().check(z.minimum(1)),
  floor: instant,
  watermark: instant,
  shownAt: instant,
  lastEventAt: z.optional(instant),
  sweptAt: instant,
  live: z.optional(passSchema),
  sweep: z.optional(passSchema),
  pageLimit: z.optional(
    z.object({
      limit: z.int().check(z.minimum(1)),
      reason: z.enum(['refused', 'slow', 'large']),
      asked: z.int(),
      at: instant,
      isConfirmed: z.optional(z.literal(true)),
    }),
  ),
  quarantine: z.optional(z.object({ since: instant, retryAt: instant, reason: z.string() })),
  lastError: z.optional(errorSchema),
  sweepError: z.optional(errorSchema),
  backfill: z.optional(backfillSchema),
});

const instants = z.record(z.string(), instant);

const discoverySchema = z.object({
  eventTypes: z.array(z.string()),
  discoveredAt: instant,
  starting: z._default(instants, {}),
  leaving: z._default(instants, {}),
  doubtedAt: z.optional(instant),
});

const listedPortalSchema = z.object({
  leaseUntil: z.optional(instant),
  standing: z.optional(
    z.object({
      endedAt: instant,
      outcome: z.enum(['polled', 'failed']),
      code: z.catch(z.optional(z.custom<FailureCode>(isFailureCode)), undefined),
      lagSeconds: z.optional(z.number()),
      streams: z.number(),
      streamsFailing: z.number(),
      furthestBehind: z.optional(z.string()),
    }),
  ),
});

/** A checkpoint's attributes but for its keys and its backfill; undefined: the attribute is to be removed. */
export function toAttributes(checkpoint: Checkpoint, revision: number, writer: string): Attributes {
  const { quarantine, pageLimit } = checkpoint;
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
    pageLimit: pageLimit && { ...pageLimit, at: toIso(pageLimit.at) },
    // What an older poller kept of it.
    pageSize: undefined,
    quarantine: quarantine && {
      since: toIso(quarantine.since),
      retryAt: toIso(quarantine.retryAt),
      reason: shorten(quarantine.reason),
    },
    lastError: errorAttributes(checkpoint.lastError),
    sweepError: errorAttributes(checkpoint.sweepError),
  };
}

export function toBackfillAttributes(backfill: Backfill): Attributes {
  const { id, republish, eventsPublished, requests, finishedAt, lastError } = backfill;
  return {
    ...passAttributes(backfill),
    id,
    republish,
    eventsPublished,
    requests,
    finishedAt: finishedAt === undefined ? undefined : toIso(finishedAt),
    lastError: errorAttributes(lastError),
  };
}

export function toDiscoveryAttributes(discovery: Discovery): Attributes {
  const { eventTypes, discoveredAt, starting, leaving, doubtedAt } = discovery;
  const isoOf = (instants: Readonly<Record<string, Instant>>) =>
    Object.fromEntries(Object.entries(instants).map(([type, at]) => [type, toIso(at)]));
  return {
    eventTypes: [...eventTypes],
    discoveredAt: toIso(discoveredAt),
    starting: isoOf(starting),
    leaving: isoOf(leaving),
    doubtedAt: doubtedAt === undefined ? undefined : toIso(doubtedAt),
  };
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

function toPass(stored: StoredPass): Pass {
  const { startedAt, from, to, position, segments } = stored;
  return { startedAt, from, to, segments: segments ?? [{ from, to, position }] };
}

function passAttributes(pass: Pass): Attributes {
  const { startedAt, from, to, segments } = pass;
  return {
    startedAt: toIso(startedAt),
    from: toIso(from),
    to: toIso(to),
    position: toIso(positionOf(pass)),
    segments: segments.map((segment) => ({
      from: toIso(segment.from),
      to: toIso(segment.to),
      position: toIso(segment.position),
      cursor: segment.cursor,
      windowTo: segment.windowTo === undefined ? undefined : toIso(segment.windowTo),
      isUnordered: segment.isUnordered,
    })),
  };
}

/** Cut between two words where it is too long. */
function shorten(message: string): string {
  if (message.length <= MESSAGE_CHARACTERS) return message;
  const cut = message.slice(0, MESSAGE_CHARACTERS);
  const end = cut.lastIndexOf(' ');
  return end < 0 ? cut : `${cut.slice(0, end)}…`;
}

function errorAttributes(error: StreamError | undefined): Attributes | undefined {
  return error && { at: toIso(error.at), code: error.code, message: shorten(error.message) };
}

function parse<T>(schema: z.ZodMiniType<T>, what: string, item: Attributes): T {
  const result = schema.safeParse(item);
  if (result.success) return result.data;
  const text = `Reading ${what} from the table: it must be readable, found: ${z.prettifyError(result.error)}`;
  throw new PollerError('checkpoint-malformed', text, { cause: result.error });
}
