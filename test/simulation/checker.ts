/** What must hold of every schedule; SPEC.md names the invariants. */
import type { Checkpoint } from '../../functions/poller/core/checkpoint.ts';
import { promisedEvents } from './promises.ts';
import { judgeRepeats, type Repeats } from './repeats.ts';
import { plannedByKey } from './resolution.ts';
import { judgeRun } from './run-rules.ts';
import { blame, type RunFacts, type Violation, type World } from './world.ts';

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly runs: number;
  readonly events: number;
  readonly kills: number;
  readonly repeats: Repeats;
}

export function check(world: World): Judgement {
  judgeCompleteness(world);
  judgeFloors(world);
  judgeBackfills(world);
  judgeRequestRate(world);
  for (const run of world.runs) judgeRun(world, run);
  const repeats = judgeRepeats(world);
  return {
    violations: world.violations,
    runs: world.runs.length,
    events: world.resolved.size,
    kills: world.runs.filter(({ killedAt }) => killedAt !== undefined).length,
    repeats,
  };
}

/** Judges a checkpoint that a run has just written. */
export function judgeSave(
  world: World,
  run: RunFacts,
  next: Checkpoint,
  before: Checkpoint | undefined,
): void {
  world.trace(world.time.now(), `run ${run.index} saved ${JSON.stringify(next)}`);
  if (before === undefined) {
    const floor = world.floors.get(next.stream);
    world.floors.set(next.stream, Math.max(next.floor, floor ?? next.floor));
  }
  const from = before?.watermark ?? next.floor;
  if (next.watermark < from)
    blame(world, 'watermark-back', `${next.stream}: watermark ${next.watermark} after ${from}`);
  // What another run was shown a moment later, this one could not know of.
  const passed = [...world.unresolved].find(
    ([, { stream, occurredAt, shownTo }]) =>
      stream === next.stream && occurredAt >= from && occurredAt < next.watermark && shownTo.has(run),
  );
  if (passed !== undefined)
    blame(world, 'watermark-early', `${next.stream}: the watermark passed ${passed[0]}, which is unresolved`);
}

function judgeCompleteness(world: World): void {
  const lost = promisedEvents(world).filter(({ key }) => !world.resolved.has(key));
  const [first] = lost;
  if (first === undefined) return;
  const { key, occurredAt, visibleAt } = first;
  const lateSeconds = (visibleAt - occurredAt) / 1000;
  blame(
    world,
    'lost',
    `${lost.length} events were lost, the first is ${key} of ${new Date(occurredAt).toISOString()}, ${lateSeconds} s late`,
  );
}

/** Only a backfill publishes what occurred before its stream started. */
function judgeFloors(world: World): void {
  // A table set back to before its streams' start has them start again, later.
  if (world.isLedgerDamaged) return;
  const planned = plannedByKey(world);
  for (const { key, pass } of world.arrivals) {
    const event = planned.get(key);
    const floor = world.floors.get(event?.stream ?? '');
    // What has no readable time is taken for what HubSpot took it for.
    if (event === undefined || event.isPoison || floor === undefined || pass === 'backfill') continue;
    if (event.occurredAt < floor)
      blame(world, 'floor', `${key} of before its stream's start came by a ${pass}`);
  }
}

/** A finished backfill has read its whole window, also from before the stream's floor. */
function judgeBackfills(world: World): void {
  for (const { stream, from, to, at } of world.backfills) {
    const lost = world.schedule.events.filter(
      (event) =>
        event.stream === stream &&
        event.occurredAt >= from &&
        event.occurredAt < to &&
        event.visibleAt <= at &&
        !world.resolved.has(event.key),
    );
    if (lost.length > 0)
      blame(
        world,
        'backfill-incomplete',
        `${stream}: the backfill lacks ${lost.length}, such as ${lost[0]?.key}`,
      );
  }
  const open = [...world.state.backfills.values()].find(({ finishedAt }) => finishedAt === undefined);
  if (open !== undefined) blame(world, 'backfill-open', `${open.stream}: the backfill never ended`);
}

const RATE_WINDOW_MS = 10_000;

/**
 * What one container sends, as its own clock runs evenly. A second one knows nothing of the first one's requests:
 * after a kill, or where the lease was no lease, both may have sent their share within the same ten seconds.
 */
function judgeRequestRate(world: World): void {
  const most = world.schedule.request.maxRequestsPer10Seconds;
  const steady = world.requests.filter(({ run }) => run.invocation.clockAheadMs === 0);
  for (const requests of Map.groupBy(steady, ({ container }) => container).values()) {
    const found = requests.findIndex(
      ({ at }, index) => at - (requests[index - most]?.at ?? Number.NEGATIVE_INFINITY) < RATE_WINDOW_MS,
    );
    const last = requests[found];
    if (last !== undefined)
      blame(world, 'request-rate', `run ${last.run.index}: ${most + 1} requests within ten seconds`);
  }
}
