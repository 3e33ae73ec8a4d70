/** What HubSpot lists, serves and refuses, and when. */
import type { Draw } from '../draw.ts';
import type { Has } from './features.ts';
import { drawMoment, drawSpan, type Span, type Ticks } from './span.ts';

/** An event type, and when the event-types endpoint lists it. */
export interface TypePlan {
  readonly name: string;
  /** In order; the last one may have no end. */
  readonly listed: readonly Span[];
  /** What a query of it gets while it is not listed. */
  readonly unlisted: 'served' | 'type-refused' | 'bad-request';
  /** How long HubSpot takes for each of its events. */
  readonly msPerEvent: number;
}

export interface ListFault extends Span {
  readonly kind: 'empty' | 'short' | 'fails' | 'malformed';
}

export interface AccountFault extends Span {
  readonly kind: 'scope' | 'plan' | 'token';
}

export interface TypeRefusal extends Span {
  readonly stream: string;
  readonly status: 400 | 403;
}

/** Queries that reach back further than this are refused. */
export interface PastRefusal extends Span {
  readonly olderThanMs: number;
}

export interface HubSpotPlan {
  readonly types: readonly TypePlan[];
  readonly lists: readonly ListFault[];
  readonly account: readonly AccountFault[];
  readonly refusals: readonly TypeRefusal[];
  readonly past: readonly PastRefusal[];
  /** In percent of the pages with events: the entries come in another order than the ascending one. */
  readonly disorder: number;
}

const ALWAYS: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

export function drawHubSpotPlan(
  seed: SeededDraw,
  names: readonly string[],
  amount: number,
  ticks: Ticks,
  has: Has,
): HubSpotPlan {
  const disorder = seed('disorder');
  return {
    types: drawTypes(seed, names, amount, ticks, has),
    lists: has('lists') ? drawListFaults(seed('lists'), ticks) : [],
    account: has('account') ? drawAccountFaults(seed('account'), ticks) : [],
    refusals: has('refusals') ? drawRefusals(seed('refusals'), names, ticks) : [],
    past: has('past-refusals') ? drawPastRefusals(seed('past-refusals'), ticks) : [],
    disorder: has('disorder') && disorder.chance(8) ? disorder.one([5, 30, 100]) : 0,
  };
}

/** Draws of a topic, all of one seed. */
export type SeededDraw = (topic: string) => Draw;

/** To read all events of a heavy type once takes no longer: else it could never be up to date. */
const HEAVY_MS = 40_000;

function drawTypes(
  seed: SeededDraw,
  names: readonly string[],
  amount: number,
  ticks: Ticks,
  has: Has,
): TypePlan[] {
  const draw = seed('types');
  const heavy = seed('heavy-types');
  const percent = has('types') && draw.chance(35) ? draw.one([20, 60, 100]) : 0;
  const heavyName = heavy.chance(5) ? names[heavy.between(0, names.length - 1)] : undefined;
  const msPerEvent = Math.min(heavy.spread(50, 2_000), Math.floor(HEAVY_MS / amount));
  return names.map((name) => {
    const drawn = { listed: drawListed(draw, ticks), unlisted: drawUnlisted(draw) };
    const isChanging = draw.chance(percent);
    const isHeavy = has('heavy-types') && name === heavyName;
    const always = { listed: [ALWAYS], unlisted: 'served' } as const;
    return { name, ...(isChanging ? drawn : always), msPerEvent: isHeavy ? msPerEvent : 0 };
  });
}

/** Appears, vanishes, or goes and comes back. */
function drawListed(draw: Draw, ticks: Ticks): Span[] {
  const [first = 0, second = 0] = [drawMoment(draw, ticks), drawMoment(draw, ticks)].sort((a, b) => a - b);
  return draw.one([
    [{ ...ALWAYS, from: first }],
    [{ ...ALWAYS, from: first }],
    [{ ...ALWAYS, to: first }],
    [{ from: first, to: second }],
    [
      { ...ALWAYS, to: first },
      { ...ALWAYS, from: second + 1 },
    ],
  ]);
}

function drawUnlisted(draw: Draw): TypePlan['unlisted'] {
  return draw.one(['served', 'served', 'type-refused', 'bad-request']);
}

function drawListFaults(draw: Draw, ticks: Ticks): ListFault[] {
  const amount = draw.chance(25) ? draw.between(1, 3) : 0;
  return Array.from({ length: amount }, () => ({
    ...drawSpan(draw, ticks),
    kind: draw.one(['empty', 'short', 'fails', 'malformed']),
  }));
}

function drawAccountFaults(draw: Draw, ticks: Ticks): AccountFault[] {
  const amount = draw.chance(15) ? draw.between(1, 2) : 0;
  return Array.from({ length: amount }, () => ({
    ...drawSpan(draw, ticks),
    kind: draw.one(['scope', 'scope', 'plan', 'token']),
  }));
}

function drawRefusals(draw: Draw, names: readonly string[], ticks: Ticks): TypeRefusal[] {
  const amount = draw.chance(12) ? draw.between(1, 2) : 0;
  return Array.from({ length: amount }, () => ({
    ...drawSpan(draw, ticks),
    stream: names[draw.between(0, names.length - 1)] ?? '',
    status: draw.one([400, 403]),
  }));
}

function drawPastRefusals(draw: Draw, ticks: Ticks): PastRefusal[] {
  if (!draw.chance(5)) return [];
  return [{ ...drawSpan(draw, ticks), olderThanMs: draw.spread(400_000, 7_200_000) }];
}
