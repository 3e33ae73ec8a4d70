/** What the page's server and its browser tell each other, as JSON. Instants in UNIX ms. */
import * as z from 'zod/mini';

const count = z.int().check(z.minimum(0));
const instant = z.number();

export const proofSchema = z.object({
  shown: count,
  onBus: count,
  letters: count,
  /** Shown, not on the bus yet, and still to come by itself or after a listing, a retry or a sweep. */
  waiting: count,
  /** Of the waiting: of types that were not listed yet, of streams that are set aside, for a sweep. */
  unlisted: count,
  aside: count,
  late: count,
  /** So late that only a backfill brings it. */
  beyond: count,
  missing: count,
  /** Came again for no reason that is promised. */
  twice: count,
  repeated: z.object({ kill: count, lostAnswer: count, unwritten: count }),
  /** Different events on the bus, whatever HubSpot showed. */
  distinct: count,
  /** All that HubSpot showed before is on the bus, a dead letter, or counted among the late, aside, unlisted and beyond. */
  settledTo: instant,
});
export type ProofFigures = z.output<typeof proofSchema>;

const spanSchema = z.object({ from: instant, to: instant });
const passSchema = z.object({
  startedAt: instant,
  from: instant,
  to: instant,
  open: z.array(spanSchema),
  finishedAt: z.optional(instant),
});
export type Pass = z.output<typeof passSchema>;

export const streamSchema = z.object({
  portal: z.string(),
  stream: z.string(),
  state: z.enum(['current', 'reading', 'failing', 'aside']),
  revision: count,
  floor: instant,
  watermark: instant,
  sweptAt: instant,
  lastEventAt: z.optional(instant),
  reason: z.optional(z.string()),
  /** Set aside until then. */
  until: z.optional(instant),
  live: z.optional(passSchema),
  sweep: z.optional(passSchema),
  backfill: z.optional(passSchema),
});
export type Stream = z.output<typeof streamSchema>;

export const runSchema = z.object({
  portal: z.string(),
  startedAt: instant,
  endedAt: instant,
  /** `partly`: it came to its end, and streams of it are failing. */
  outcome: z.enum(['polled', 'partly', 'failed', 'skipped', 'killed']),
  published: count,
  read: count,
  duplicates: count,
  requests: count,
  throttled: count,
  /** PutEvents calls that were sent again. */
  retries: count,
  failure: z.optional(z.string()),
  problems: z.array(z.string()),
});
export type Run = z.output<typeof runSchema>;

/** Points of a lag line: instant and seconds, just before and after each run. */
const lagPoint = z.tuple([instant, z.number()]);
export const lagLineSchema = z.object({ portal: z.string(), stream: z.string(), points: z.array(lagPoint) });
export type LagLine = z.output<typeof lagLineSchema>;

/** What happened within a second: its instant, events on the bus, requests to HubSpot. */
const secondSchema = z.tuple([instant, count, count]);
export type Second = z.output<typeof secondSchema>;

export const alarmSchema = z.object({
  name: z.string(),
  description: z.string(),
  article: z.string(),
  state: z.enum(['ok', 'ringing', 'starting', 'unknown']),
  /** How it stands, in words: `12 s of 10 min`. */
  standing: z.string(),
  /** How near it is to its threshold, 0 to 1. */
  nearness: z.number(),
});
export type Alarm = z.output<typeof alarmSchema>;

export const letterSchema = z.object({
  reason: z.string(),
  stream: z.string(),
  at: z.string(),
  text: z.string(),
});
export type Letter = z.output<typeof letterSchema>;

export const faultSchema = z.object({
  id: z.string(),
  kind: z.enum(['switch', 'button']),
  group: z.string(),
  name: z.string(),
  expect: z.string(),
  /** Why it cannot be had here. */
  unavailable: z.optional(z.string()),
});
export type FaultEntry = z.output<typeof faultSchema>;

export const eventSchema = z.object({
  /** The bus's own id. */
  id: z.string(),
  at: instant,
  detailType: z.string(),
  time: instant,
  resource: z.string(),
  bytes: count,
});
export type EventRow = z.output<typeof eventSchema>;

const stormSchema = z.object({ seed: z.optional(z.string()), steps: count, last: z.string() });

const helloSchema = z.object({
  kind: z.literal('hello'),
  source: z.string(),
  portals: z.array(z.string()),
  everySeconds: z.number(),
  /** False with the real HubSpot: what it shows is known to it alone. */
  isSimulated: z.boolean(),
  lagAlarmSeconds: z.number(),
  requestLimit: z.number(),
  /** The stack's alarms that cannot be evaluated here. */
  alarmsLeftOut: z.array(z.string()),
  faults: z.array(faultSchema),
  lag: z.array(lagLineSchema),
  runs: z.array(runSchema),
  seconds: z.array(secondSchema),
});

const stateSchema = z.object({
  kind: z.literal('state'),
  now: instant,
  proof: proofSchema,
  second: secondSchema,
  streams: z.array(streamSchema),
  /** A killed run still holds the lease: the others are skipped until it is over. */
  isLeaseHeld: z.boolean(),
  alarms: z.array(alarmSchema),
  letters: z.array(letterSchema),
  letterCount: count,
  on: z.array(z.string()),
  storm: stormSchema,
});

const runMessageSchema = z.object({ kind: z.literal('run'), run: runSchema, lag: z.array(lagLineSchema) });

const eventsSchema = z.object({
  kind: z.literal('events'),
  rows: z.array(eventSchema),
  /** Events that matched and are not in `rows`: more than a person can see. */
  unshown: count,
});

export const messageSchema = z.discriminatedUnion('kind', [
  helloSchema,
  stateSchema,
  runMessageSchema,
  eventsSchema,
]);
export type Message = z.output<typeof messageSchema>;
export type Hello = z.output<typeof helloSchema>;
export type State = z.output<typeof stateSchema>;

const id = z.string().check(z.maxLength(64));

/** What the browser asks to be done. */
export const commandSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('set'), id, on: z.boolean() }),
  z.object({ do: z.literal('press'), id }),
  z.object({ do: z.literal('mend') }),
  z.object({ do: z.literal('retry') }),
  z.object({ do: z.literal('sweep') }),
  z.object({ do: z.literal('list-types') }),
  z.object({ do: z.literal('backfill') }),
  z.object({ do: z.literal('end-lease') }),
  z.object({ do: z.literal('storm'), seed: z.optional(z.string().check(z.maxLength(64))) }),
]);
export type Command = z.output<typeof commandSchema>;

/** What became of a command, or of a pattern: a sentence where it could not be. */
export const answerSchema = z.object({ failure: z.optional(z.string()) });
export const fullEventSchema = z.object({ envelope: z.optional(z.string()) });
export const articleSchema = z.object({ text: z.optional(z.string()) });
export const renewalSchema = z.object({ key: z.string() });
