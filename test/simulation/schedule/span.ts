/** Times in which something of the world is otherwise. */
import { MINUTE, NOON, SECOND } from '../../support/rig.ts';
import type { Draw } from '../draw.ts';

/** Both ends are in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When the runs of a schedule are. */
export interface Ticks {
  /** Ascending. */
  readonly starts: readonly number[];
  readonly endsAt: number;
}

/** Any moment: half of the time one within the first seconds of a run, where it matters most. */
export function drawMoment(draw: Draw, { starts, endsAt }: Ticks): number {
  const anywhere = draw.between(NOON, endsAt);
  const [first = NOON, ...others] = starts;
  const within = draw.one([first, ...others]) + draw.spread(1, 10 * SECOND);
  return draw.chance(60) ? Math.min(within, endsAt) : anywhere;
}

/** From any moment on for a second to hours, but not beyond the schedule's end. */
export function drawSpan(draw: Draw, ticks: Ticks): Span {
  const from = drawMoment(draw, ticks);
  return { from, to: Math.min(ticks.endsAt, from + draw.spread(SECOND, 600 * MINUTE)) };
}

export function isIn({ from, to }: Span, at: number): boolean {
  return at >= from && at <= to;
}
