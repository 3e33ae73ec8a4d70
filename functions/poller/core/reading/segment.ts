/** A part of a window with a chain of pages of its own. */
import type { Instant } from '../instant.ts';
import { type Chain, startChain } from './paging.ts';
import type { Span } from './sweep.ts';

/** A page that was asked for, and what became of it so far. */
export interface OpenPage {
  readonly cursor: string | undefined;
  /** The chain after it; undefined until it is answered. */
  readonly chain: Chain | undefined;
  readonly isResolved: boolean;
}

/** A part of the window with a chain of pages of its own: everything of it before `position` is resolved. */
export interface Segment {
  readonly id: number;
  readonly from: Instant;
  readonly to: Instant;
  readonly position: Instant;
  /** Where the first page that is not resolved starts. */
  readonly cursor: string | undefined;
  /** The end of the window that its pages are asked of: later than `to` where it was cut while it was read. */
  readonly windowTo: Instant;
  /** True until the first page of a cursor that an earlier run left: HubSpot may no longer know it. */
  readonly isResumed: boolean;
  /** Where its pages have come to; further than `position` by the pages under way. */
  readonly chain: Chain;
  readonly pages: readonly OpenPage[];
}

/** A segment that nobody has begun to read. */
export function startSegment(id: number, { from, to }: Span): Segment {
  return {
    id,
    from,
    to,
    position: from,
    cursor: undefined,
    windowTo: to,
    isResumed: false,
    chain: startChain(undefined),
    pages: [],
  };
}

/** In any other order than the ascending one, what is still to come may lie before what was read. */
export function moveTo(
  { to }: Segment,
  position: Instant,
  reachedAt: Instant | undefined,
  isAscending: boolean | undefined,
): Instant {
  return isAscending === true ? Math.max(position, Math.min(reachedAt ?? position, to)) : position;
}

/** True where every page of the segment was answered. */
export function isRead({ chain, to }: Segment): boolean {
  if (!chain.isStarted) return false;
  return chain.cursor === undefined || (chain.isAscending && (chain.lastAt ?? to) > to);
}

/** Where its next page starts. What HubSpot shows of before the segment does not set it back. */
export function headOf({ chain, position }: Segment): Instant {
  return Math.max(chain.lastAt ?? position, position);
}
