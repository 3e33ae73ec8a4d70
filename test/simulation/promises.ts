/** What a schedule's settings promise of its events. */
import type { Checkpoint } from '../../functions/poller/core/checkpoint.ts';
import { HOUR, MINUTE, SECOND } from '../support/rig.ts';
import type { PlannedEvent } from './event-plan.ts';
import type { World } from './world.ts';

/**
 * The events that must have come: at or after their stream's floor, and no later than a sweep looks for them, or,
 * without sweeps, the overlap. Clocks that differ take their difference from either.
 */
export function promisedEvents(world: World): PlannedEvent[] {
  const { request, events } = world.schedule;
  const skewMs = mostSkewMs(world);
  const hasSweeps = request.sweepEveryMinutes > 0;
  const reachMs = hasSweeps ? request.sweepLookbackHours * HOUR : request.overlapSeconds * SECOND;
  const now = world.time.now();
  return events.filter(({ stream, occurredAt, visibleAt }) => {
    const floor = world.floors.get(stream);
    if (floor === undefined || occurredAt < floor || occurredAt > now || visibleAt > now) return false;
    return visibleAt - occurredAt <= reachMs - skewMs;
  });
}

/** True when nothing can come any more: every promised event did, every sweep has been by, no backfill is open. */
export function isQuietOver(world: World, quietFrom: number): boolean {
  const { events } = world.schedule;
  // What a run with a clock ahead wrote down counts only when true time has come there.
  const lastVisibleAt =
    events.reduce((latest, { visibleAt }) => Math.max(latest, visibleAt), quietFrom) + mostSkewMs(world);
  const checkpoints = [...world.state.checkpoints.values()];
  if (checkpoints.length === 0 && events.length > 0) return false;
  if (checkpoints.some(({ quarantine, lastError, live }) => quarantine ?? lastError ?? live)) return false;
  if (!checkpoints.every((checkpoint) => isSwept(world, checkpoint, lastVisibleAt))) return false;
  return [...world.state.backfills.values()].every(({ finishedAt }) => finishedAt !== undefined);
}

function isSwept(world: World, { sweptAt, watermark, floor }: Checkpoint, visibleAt: number): boolean {
  const { sweepEveryMinutes, overlapSeconds } = world.schedule.request;
  if (sweepEveryMinutes === 0) return world.time.now() > visibleAt + 5 * MINUTE;
  // Before its window has opened a sweep has nothing to look at.
  const hasWindow = watermark - overlapSeconds * SECOND > floor;
  return sweptAt > visibleAt || (!hasWindow && world.time.now() > visibleAt + 2 * HOUR);
}

/** How far the clocks of two runs are apart at most. */
function mostSkewMs({ schedule }: World): number {
  const skews = schedule.invocations.map(({ clockAheadMs }) => Math.abs(clockAheadMs));
  return 2 * skews.reduce((most, skew) => Math.max(most, skew), 0);
}
