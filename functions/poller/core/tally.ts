import type { PassKind } from '../contract.ts';
import { Distribution } from './distribution.ts';
import type { PageEntry } from './event/event.ts';
import type { Instant } from './instant.ts';

/** What a run counts as it goes. The one mutable record that its parts share. */
export interface Tally {
  eventsRead: number;
  eventsPublished: number;
  duplicatesSuppressed: number;
  lateEvents: number;
  eventsDeadLettered: number;
  hubSpotRequests: number;
  hubSpotThrottled: number;
  hubSpotDailyRemaining: number | undefined;
  hubSpotDailyLimit: number | undefined;
  publishRetries: number;
  /** How many events of each type were published. */
  readonly publishedByType: Map<string, number>;
  /** published − occurredAt of the events, in seconds. */
  readonly eventAgesSeconds: Distribution;
  /** The same of those that a sweep found, in seconds: what overlap and sweep are chosen by. */
  readonly sweptLatenessSeconds: Distribution;
}

export function startTally(): Tally {
  return {
    eventsRead: 0,
    eventsPublished: 0,
    duplicatesSuppressed: 0,
    lateEvents: 0,
    eventsDeadLettered: 0,
    hubSpotRequests: 0,
    hubSpotThrottled: 0,
    hubSpotDailyRemaining: undefined,
    hubSpotDailyLimit: undefined,
    publishRetries: 0,
    publishedByType: new Map(),
    eventAgesSeconds: new Distribution(),
    sweptLatenessSeconds: new Distribution(),
  };
}

/** What the metrics are made of: the tally, and how the portal stands. */
export interface RunReport {
  readonly portal: string;
  readonly tally: Tally;
  /** Undefined where the checkpoints could not be read. */
  readonly lagSeconds: number | undefined;
  readonly streamsFailing: number | undefined;
  readonly runSeconds: number;
}

/** Counts events that the bus has just accepted. Those from before `lateBefore` came late. */
export function countPublished(
  tally: Tally,
  accepted: readonly PageEntry[],
  pass: PassKind,
  lateBefore: Instant,
  now: Instant,
): void {
  tally.eventsPublished += accepted.length;
  for (const entry of accepted) {
    if (entry.kind === 'event') {
      tally.publishedByType.set(entry.eventType, (tally.publishedByType.get(entry.eventType) ?? 0) + 1);
    }
    const occurredAt = entry.occurredAt ?? now;
    const ageSeconds = Math.max(0, now - occurredAt) / 1000;
    tally.eventAgesSeconds.add(ageSeconds);
    if (occurredAt >= lateBefore) continue;
    tally.lateEvents += 1;
    if (pass === 'sweep') tally.sweptLatenessSeconds.add(ageSeconds);
  }
}

/** The value at a fraction (0 to 1) of the sorted numbers; undefined where there are none. */
export function quantile(numbers: readonly number[], fraction: number): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))];
}

/** How many event types a log line names. */
const NAMED_TYPES = 20;

/** The event types that most events were published of, the most first; undefined where none was. */
export function mostPublished({
  publishedByType,
}: Tally): { eventType: string; events: number }[] | undefined {
  if (publishedByType.size === 0) return undefined;
  return [...publishedByType]
    .map(([eventType, events]) => ({ eventType, events }))
    .sort((a, b) => b.events - a.events)
    .slice(0, NAMED_TYPES);
}

/** How late the events were that sweeps found: what overlapSeconds and sweepLookbackHours are chosen by. */
export function describeLateness({ sweptLatenessSeconds: { count, numbers } }: Tally): object | undefined {
  if (count === 0) return undefined;
  return {
    events: count,
    p50Seconds: quantile(numbers, 0.5),
    p90Seconds: quantile(numbers, 0.9),
    maxSeconds: quantile(numbers, 1),
  };
}
