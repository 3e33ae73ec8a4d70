/** The events of a schedule: when each occurred, when HubSpot shows it, and which are none. */
import type { SimulatedEvent } from '../../../infra/simulator/simulated-event.ts';
import type { Draw } from '../draw.ts';

/** An event, and under what the checker looks for it. */
export interface PlannedEvent {
  readonly stream: string;
  /** Of an event its type and id; of what is none its stream and text. */
  readonly key: string;
  readonly isPoison: boolean;
  /** EventBridge refuses it for good. */
  readonly isRefused: boolean;
  readonly occurredAt: number;
  readonly visibleAt: number;
  readonly simulated: SimulatedEvent;
}

export interface EventPlanOptions {
  readonly streams: readonly string[];
  readonly amount: number;
  readonly from: number;
  readonly to: number;
  readonly overlapMs: number;
  /** The most an event may be late and still be promised. */
  readonly latestMs: number;
  /** The longest text of an event's property. */
  readonly mostBytes: number;
}

/** Marks an event that EventBridge refuses for good. */
export const REFUSED_MARK = 'refused-by-the-bus';

export function drawEvents(draw: Draw, options: EventPlanOptions): PlannedEvent[] {
  const { streams, amount, from, to } = options;
  const grainMs = draw.one([1, 1, 10, 1_000, 60_000]);
  const hasBursts = draw.chance(40);
  const lateShare = draw.one([0, 5, 20]);
  const poisonShare = draw.one([0, 0, 2, 10]);
  const bursts = Array.from({ length: 3 }, () => draw.between(from, to));
  return Array.from({ length: amount }, (_, index) => {
    const [first = '', ...others] = streams;
    const stream = draw.one([first, ...others]);
    const near = hasBursts && draw.chance(70) ? draw.one([0, 1, 2]) : undefined;
    const at = near === undefined ? draw.between(from, to) : (bursts[near] ?? from) + draw.between(0, 3_000);
    const occurredAt = Math.floor(at / grainMs) * grainMs;
    const visibleAt = Math.max(from, occurredAt + drawLateness(draw, lateShare, options));
    const place = { stream, occurredAt, visibleAt };
    if (draw.chance(poisonShare)) return drawPoison(draw, index, place);
    return drawEvent(draw, index, place, options.mostBytes);
  });
}

/** Negative: HubSpot shows it before it occurred. */
function drawLateness(draw: Draw, lateShare: number, { overlapMs, latestMs }: EventPlanOptions): number {
  if (draw.chance(2)) return -draw.spread(1_000, 3_600_000);
  if (!draw.chance(lateShare)) return draw.chance(50) ? 0 : draw.between(0, 1_500);
  const most = draw.chance(50) ? Math.max(2, overlapMs * 2) : latestMs;
  return Math.min(latestMs, draw.spread(1, most));
}

interface PlaceInTime {
  readonly stream: string;
  readonly occurredAt: number;
  readonly visibleAt: number;
}

function drawEvent(draw: Draw, index: number, place: PlaceInTime, mostBytes: number): PlannedEvent {
  const { stream, occurredAt, visibleAt } = place;
  const isRefused = draw.chance(1);
  const id = `event-${index}`;
  const simulated: SimulatedEvent = {
    eventType: stream,
    id,
    occurredAt,
    visibleAt,
    objectId: String(draw.between(1, 9)),
    properties: { ...drawText(draw, mostBytes), ...(isRefused ? { mark: REFUSED_MARK } : {}) },
  };
  return { ...place, key: `${stream}/${id}`, isPoison: false, isRefused, simulated };
}

function drawText(draw: Draw, mostBytes: number): { readonly text?: string } {
  return mostBytes > 1 ? { text: 'x'.repeat(draw.spread(1, mostBytes)) } : {};
}

function drawPoison(draw: Draw, index: number, place: PlaceInTime): PlannedEvent {
  const { stream, occurredAt, visibleAt } = place;
  const at = new Date(occurredAt).toISOString();
  const entry = draw.one<unknown>([
    { eventType: stream, occurredAt: at, index },
    { id: `poison-${index}`, occurredAt: at },
    { id: `poison-${index}`, eventType: stream, occurredAt: 'yesterday' },
    [index],
    `no event ${index}`,
    // The same text, whichever of them it is: one letter.
    'no event',
    null,
  ]);
  const json = JSON.stringify(entry);
  const simulated: SimulatedEvent = { eventType: stream, id: `poison-${index}`, occurredAt, visibleAt, json };
  return { ...place, key: `${stream} ${json}`, isPoison: true, isRefused: false, simulated };
}
