/** HubSpot's list of a portal's event types from one asking to the next: what is new, what is gone, what is doubted. */
import type { Checkpoint } from './checkpoint.ts';
import { HOUR_MS, type Instant, MINUTE_MS } from './instant.ts';
import { type Stream, type StreamSettings, streamOfObject, streamOfType } from './streams.ts';

/** The portal's event types as HubSpot last listed them. */
export interface Discovery {
  readonly eventTypes: readonly string[];
  readonly discoveredAt: Instant;
  /** Where types start that have no checkpoint yet: the instant of the last list in which they were not. */
  readonly starting: Readonly<Record<string, Instant>>;
  /** Types that are listed no more, each with the instant up to which it is still read. */
  readonly leaving: Readonly<Record<string, Instant>>;
  /** When a list came that lacked many of these types: it is believed when it comes again. */
  readonly doubtedAt?: Instant | undefined;
}

/** How old the list may grow, and how soon a doubted one is asked for again. */
const LIST_AGAIN_MS = HOUR_MS;
const DOUBT_AGAIN_MS = 10 * MINUTE_MS;

/** A list that lacks more of the types than this, and at least three, is doubted. */
const LACKING_SHARE = 0.2;
const LACKING_TYPES = 3;

/** True where HubSpot is to be asked for its list. */
export function isListDue(discovery: Discovery | undefined, now: Instant): boolean {
  if (discovery === undefined) return true;
  const { discoveredAt, doubtedAt } = discovery;
  const [since, againMs] =
    doubtedAt === undefined ? [discoveredAt, LIST_AGAIN_MS] : [doubtedAt, DOUBT_AGAIN_MS];
  return now - since >= againMs || since > now;
}

/** The listed types that the portal's list of before lacks. */
export function lackingIn(listed: readonly string[], before: Discovery): string[] {
  const types = new Set(listed);
  return before.eventTypes.filter((type) => !types.has(type));
}

/**
 * What holds after HubSpot gave a list. `startsAt` is where a type starts that was there from the first list on.
 * `stored` has the checkpoints by stream.
 */
export function learnList(
  before: Discovery | undefined,
  listed: readonly string[],
  stored: ReadonlyMap<string, Checkpoint>,
  startFrom: Instant | 'now',
  now: Instant,
): Discovery {
  if (before !== undefined && before.doubtedAt === undefined && lacksMany(listed, before))
    return { ...before, doubtedAt: now };
  const startsAt = startFrom === 'now' ? (before?.discoveredAt ?? now) : startFrom;
  const starting = listed
    .filter((type) => !stored.has(type))
    .map((type) => [type, before?.starting[type] ?? startsAt] as const);
  const gone = before === undefined ? [] : lackingIn(listed, before).map((type) => [type, now] as const);
  const leaving = [...Object.entries(before?.leaving ?? {}), ...gone].filter(
    ([type, until]) => !listed.includes(type) && !hasLeft(stored.get(type), until),
  );
  return {
    eventTypes: listed,
    discoveredAt: now,
    starting: Object.fromEntries(starting),
    leaving: Object.fromEntries(leaving),
  };
}

function lacksMany(listed: readonly string[], before: Discovery): boolean {
  const lacking = lackingIn(listed, before).length;
  return lacking >= LACKING_TYPES && lacking > LACKING_SHARE * before.eventTypes.length;
}

/**
 * The event types to poll: the listed ones, and each that is listed no more until what it had until then is read,
 * or HubSpot refuses it.
 */
export function typesToPoll(discovery: Discovery, stored: ReadonlyMap<string, Checkpoint>): string[] {
  const leaving = Object.entries(discovery.leaving)
    .filter(([type, until]) => !hasLeft(stored.get(type), until))
    .map(([type]) => type);
  return [...discovery.eventTypes, ...leaving];
}

/** The portal's streams; with `"all"`: of the types that the discovery says are to be polled. */
export function listStreams(
  settings: StreamSettings,
  discovery: Discovery | undefined,
  stored: ReadonlyMap<string, Checkpoint>,
): Stream[] {
  const discovered = discovery === undefined ? [] : typesToPoll(discovery, stored);
  const types = settings.eventTypes === 'all' ? discovered : settings.eventTypes;
  const streams = [...types.map(streamOfType), ...settings.objects.map(streamOfObject)];
  return [...new Map(streams.map((stream) => [stream.name, stream])).values()];
}

function hasLeft(checkpoint: Checkpoint | undefined, until: Instant): boolean {
  if (checkpoint === undefined || checkpoint.watermark >= until) return true;
  const { quarantine, lastError } = checkpoint;
  // A type that is gone may be refused, and asking again leads nowhere.
  return quarantine !== undefined || (lastError?.code === 'hubspot-bad-request' && lastError.at >= until);
}
