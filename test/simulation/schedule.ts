/** A schedule: everything that happens in one simulation, as its seed decides. */
import type { PollRequest } from '../../functions/poller/input/request.ts';
import type { PortalBehaviour } from '../../infra/simulator/behaviour.ts';
import { HOUR, MINUTE, NOON, requestOf, SECOND } from '../support/rig.ts';
import { createDraw, type Draw } from './draw.ts';
import { drawEvents, type PlannedEvent } from './event-plan.ts';
import { drawManners, drawOperations, drawRefusals } from './happenings.ts';
import { CALM, drawWeather, type Weather } from './weather.ts';

/** What a schedule can be had without, to find out what a failure needs. */
export const FEATURES = [
  'kills',
  'pairs',
  'skew',
  'cold-starts',
  'operations',
  'refusals',
  'manners',
  'hubspot-faults',
  'bus-faults',
  'table-faults',
  'queue-faults',
  'slowness',
  'slow-peers',
  'short-runs',
] as const;
export type Feature = (typeof FEATURES)[number];

export interface Reduction {
  readonly without: ReadonlySet<Feature>;
  /** How many of the events happen; all where not given. */
  readonly events?: number | undefined;
  /** How many of the invocations happen before the quiet; all where not given. */
  readonly invocations?: number | undefined;
}

export const WHOLE: Reduction = { without: new Set() };

export interface Invocation {
  readonly at: number;
  readonly remainingMs: number;
  readonly weather: Weather;
  /** Which step between two calls the run does not survive; never where undefined. */
  readonly killAtStep: number | undefined;
  /** How far the run's clock is ahead of true time. */
  readonly clockAheadMs: number;
  readonly isCold: boolean;
  /** It gets the lease whoever holds it. */
  readonly ignoresLease: boolean;
}

/** What is done to the table from outside, or to the stream by its operator. */
export type Operation = { readonly at: number } & (
  | { readonly kind: 'restore'; readonly toAt: number }
  | { readonly kind: 'lose-ledger-rows'; readonly percent: number }
  | {
      readonly kind: 'backfill';
      readonly stream: string;
      readonly from: number;
      readonly to: number;
      readonly republish: boolean;
    }
  | { readonly kind: 'cancel-backfill'; readonly stream: string }
);

export interface Schedule {
  readonly seed: string;
  readonly request: PollRequest;
  readonly behaviour: Partial<PortalBehaviour>;
  readonly startsAt: number;
  readonly tickMs: number;
  readonly events: readonly PlannedEvent[];
  readonly invocations: readonly Invocation[];
  readonly operations: readonly Operation[];
  /** Types that HubSpot refuses for a while. */
  readonly refusals: readonly {
    readonly stream: string;
    readonly from: number;
    readonly to: number;
    readonly status: 400 | 403;
  }[];
  /** The bus takes calls of so many bytes at most. */
  readonly busMaxBytes: number;
}

/** No schedule's clocks are further apart than twice this. */
const MOST_SKEW_MS = 2 * MINUTE;

export function drawSchedule(seed: string, reduction: Reduction = WHOLE): Schedule {
  const has = (feature: Feature) => !reduction.without.has(feature);
  const draw = createDraw(seed, 'settings');
  const streams = Array.from({ length: draw.one([1, 1, 2, 3, 12]) }, (_, index) => `pe1_type_${index}`);
  const isBig = draw.chance(4);
  const amount = isBig ? draw.between(1_500, 4_000) : draw.spread(5, 300);
  const request = drawRequest(draw, streams, isBig || amount > 100);
  const tickMs = Math.max(MINUTE, request.pollSeconds * SECOND);
  const runs = draw.between(4, isBig ? 10 : 25);
  const endsAt = NOON + runs * tickMs;
  const latestMs = request.sweepLookbackHours * HOUR - 4 * MOST_SKEW_MS;
  const all = drawEvents(createDraw(seed, 'events'), {
    streams,
    amount,
    from: NOON - 20 * MINUTE,
    to: endsAt,
    overlapMs: request.overlapSeconds * SECOND,
    latestMs: request.sweepEveryMinutes === 0 ? request.overlapSeconds * SECOND : latestMs,
  });
  const invocations = drawInvocations(seed, runs, tickMs, has).slice(0, reduction.invocations);
  return {
    seed,
    request,
    behaviour: has('manners') ? drawManners(createDraw(seed, 'manners')) : {},
    startsAt: NOON,
    tickMs,
    events: reduction.events === undefined ? all : thinOut(all, seed, reduction.events),
    invocations,
    operations: has('operations') ? drawOperations(createDraw(seed, 'operations'), streams, endsAt) : [],
    refusals: has('refusals') ? drawRefusals(createDraw(seed, 'refusals'), streams, endsAt) : [],
    busMaxBytes: createDraw(seed, 'bus').one([1_048_576, 1_048_576, 262_144, 2_000]),
  };
}

function drawRequest(draw: Draw, streams: readonly string[], isBig: boolean): PollRequest {
  const pageSizes = isBig ? ([20, 100, 1_000] as const) : ([1, 2, 3, 7, 50, 1_000] as const);
  return requestOf({
    eventTypes: draw.chance(30) ? 'all' : [...streams],
    startFrom: draw.chance(50) ? 'now' : new Date(NOON - draw.between(0, 2 * HOUR)).toISOString(),
    pollSeconds: draw.one([10, 30, 60, 60, 60, 120, 300]),
    idlePollSeconds: draw.one([60, 300]),
    overlapSeconds: draw.one([0, 5, 60, 300, 300]),
    sweepEveryMinutes: draw.one([0, 5, 15, 60, 60]),
    sweepLookbackHours: draw.one([1, 2, 24]),
    pageSize: draw.one<number>(pageSizes),
    // Too few for the streams and their sweeps would only be late for ever.
    maxRequestsPer10Seconds: draw.one(streams.length > 3 ? [40, 90] : [5, 20, 90, 90]),
  });
}

function drawInvocations(
  seed: string,
  runs: number,
  tickMs: number,
  has: (feature: Feature) => boolean,
): Invocation[] {
  const draws = {
    kills: createDraw(seed, 'kills'),
    pairs: createDraw(seed, 'pairs'),
    skew: createDraw(seed, 'skew'),
    cold: createDraw(seed, 'cold'),
    weather: createDraw(seed, 'weather'),
    short: createDraw(seed, 'short'),
  };
  const killPercent = draws.kills.one([0, 10, 40]);
  const skewMs = draws.skew.one([0, 0, 0, 500, 5_000, MOST_SKEW_MS]);
  const pairPercent = draws.pairs.one([0, 0, 20]);
  const breaksLease = draws.pairs.chance(20);
  const shortPercent = draws.short.one([0, 0, 20]);

  function one(at: number, ignoresLease: boolean): Invocation {
    const weather = leaveOut(drawWeather(draws.weather), has);
    const killAtStep = draws.kills.chance(killPercent) ? draws.kills.spread(1, 400) : undefined;
    const clockAheadMs = skewMs === 0 ? 0 : draws.skew.between(-skewMs, skewMs);
    const isCold = draws.cold.chance(10);
    const isShort = draws.short.chance(shortPercent);
    const shortMs = draws.short.spread(10_000, 40_000);
    return {
      at,
      remainingMs: isShort && has('short-runs') ? shortMs : 120_000,
      weather,
      killAtStep: has('kills') ? killAtStep : undefined,
      clockAheadMs: has('skew') ? clockAheadMs : 0,
      isCold: isCold && has('cold-starts'),
      ignoresLease,
    };
  }

  return Array.from({ length: runs }, (_, index) => {
    const at = NOON + index * tickMs + draws.pairs.between(0, 900);
    const isPair = draws.pairs.chance(pairPercent);
    const second = one(at + draws.pairs.spread(1, 5_000), breaksLease);
    const first = one(at, false);
    return isPair && has('pairs') ? [first, second] : [first];
  })
    .flat()
    .sort((a, b) => a.at - b.at);
}

function leaveOut(weather: Weather, has: (feature: Feature) => boolean): Weather {
  return {
    hubSpot: has('hubspot-faults') ? weather.hubSpot : CALM.hubSpot,
    bus: has('bus-faults') ? weather.bus : CALM.bus,
    table: has('table-faults') ? weather.table : CALM.table,
    queue: has('queue-faults') ? weather.queue : CALM.queue,
    slowness: has('slowness') ? weather.slowness : CALM.slowness,
    slowPeer: has('slow-peers') ? weather.slowPeer : CALM.slowPeer,
  };
}

function thinOut(events: readonly PlannedEvent[], seed: string, amount: number): PlannedEvent[] {
  const draw = createDraw(seed, 'thinning');
  const kept = new Set(
    events
      .map((event) => ({ event, place: draw.random() }))
      .sort((a, b) => a.place - b.place)
      .slice(0, amount)
      .map(({ event }) => event),
  );
  return events.filter((event) => kept.has(event));
}
