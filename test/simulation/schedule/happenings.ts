/** What a schedule's HubSpot is like, and what happens to its table and streams from outside. */
import { DEFAULT_LIMITS, type PortalBehaviour } from '../../../infra/simulator/behaviour.ts';
import { MINUTE, NOON } from '../../support/rig.ts';
import type { Draw } from '../draw.ts';
import type { Has } from './features.ts';
import type { SeededDraw } from './hubspot-plan.ts';
import type { Ticks } from './span.ts';

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

/** What is unknown of HubSpot, either way, and what it does now and then. */
export function drawManners(seed: SeededDraw, isNarrow: boolean, has: Has): Partial<PortalBehaviour> {
  return {
    ...(has('manners') ? drawUsual(seed('manners')) : {}),
    ...(isNarrow ? drawNarrow(seed('narrow-pages')) : {}),
  };
}

function drawUsual(draw: Draw): Partial<PortalBehaviour> {
  const bounds = ['inclusive', 'exclusive'] as const;
  return {
    occurredAfter: draw.one(bounds),
    occurredBefore: draw.one(bounds),
    mostPerPage: draw.one([1_000, 1_000, 200, 100]),
    aboveMostPerPage: draw.one(['refuse', 'cap']),
    emptyPageEvery: draw.one([0, 0, 2, 5]),
    percentEncodedCursors: draw.chance(80),
    silentTypes: draw.chance(30) ? ['e_never_comes'] : [],
    limits: {
      ...DEFAULT_LIMITS,
      per10Seconds: draw.one([190, 190, 40]),
      retryAfter: draw.one(['none', 'seconds']),
    },
    boundsBy: draw.chance(25) ? 'second' : 'millisecond',
  };
}

/** Pages of one or of twenty without a word, or many empty ones in a row. */
function drawNarrow(draw: Draw): Partial<PortalBehaviour> {
  return draw.one<Partial<PortalBehaviour>>([
    { mostPerPage: 1, aboveMostPerPage: 'cap', emptyPageEvery: 0 },
    { mostPerPage: 20, aboveMostPerPage: 'cap' },
    { mostPerPage: 20, aboveMostPerPage: 'cap', emptyPageEvery: 6, emptyPagesInRow: 150 },
  ]);
}

export function drawOperations(draw: Draw, streams: readonly string[], { endsAt }: Ticks): Operation[] {
  const [first = '', ...others] = streams;
  const kind = draw.between(1, 100);
  const at = draw.between(NOON + MINUTE, endsAt);
  if (kind <= 5) return [{ kind: 'restore', at, toAt: draw.between(NOON, at) }];
  if (kind <= 10) return [{ kind: 'lose-ledger-rows', at, percent: draw.one([10, 50, 100]) }];
  if (kind > 30) return [];
  const stream = draw.one([first, ...others]);
  const from = NOON - draw.between(1, 30) * MINUTE;
  const to = draw.between(from + 1, endsAt);
  const republish = draw.chance(30);
  const asked = { kind: 'backfill', at, stream, from, to, republish } as const;
  return draw.chance(20)
    ? [asked, { kind: 'cancel-backfill', at: draw.between(at, endsAt), stream }]
    : [asked];
}
