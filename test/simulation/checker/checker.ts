/** What must hold of every schedule; SPEC.md names the invariants. */
import type { Checkpoint } from '../../../functions/poller/core/checkpoint.ts';
import { HOUR, MINUTE } from '../../support/rig.ts';
import type { RunFacts } from '../world/run-facts.ts';
import type { Violation } from '../world/world.ts';
import { blame, type World } from '../world/world.ts';
import { earliestStart, mostSkewMs, type Promised, promisedEvents } from './promises.ts';
import { describeOutcome, isReadable, judgeRecovery } from './recovery.ts';
import { judgeRepeats, type Repeats } from './repeats.ts';
import { judgeRun } from './run-rules.ts';

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly runs: number;
  readonly events: number;
  readonly promised: number;
  readonly kills: number;
  readonly repeats: Repeats;
}

export function check(world: World): Judgement {
  const promised = promisedEvents(world);
  judgeCompleteness(world, promised);
  judgeFloors(world);
  judgeBackfills(world);
  judgeRequestRate(world);
  judgeSilence(world);
  judgeRecovery(world);
  for (const run of world.runs) judgeRun(world, run);
  const repeats = judgeRepeats(world);
  return {
    violations: world.violations,
    runs: world.runs.length,
    events: world.resolution.resolvedAt.size,
    promised: promised.length,
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
  const from = before?.watermark ?? next.floor;
  if (next.watermark < from)
    blame(world, 'watermark-back', `${next.stream}: watermark ${next.watermark} after ${from}`);
  // A clock ahead puts the watermark into what is still to come.
  if (run.invocation.clockAheadMs > 0) return;
  // What another run was shown a moment later, this one could not know of.
  for (const [key, { occurredAt, shownTo }] of world.resolution.unresolved.get(next.stream) ?? []) {
    if (occurredAt < from || occurredAt >= next.watermark || !shownTo.has(run)) continue;
    blame(world, 'watermark-early', `${next.stream}: the watermark passed ${key}, which is unresolved`);
    return;
  }
}

/** Every promised event has come, and none of them too late. */
function judgeCompleteness(world: World, promised: readonly Promised[]): void {
  const { resolvedAt } = world.resolution;
  const lost = promised.filter(({ event }) => !resolvedAt.has(event.key));
  const late = promised.filter(({ event, dueAt }) => (resolvedAt.get(event.key) ?? 0) > dueAt + STEP_MS);
  for (const [rule, found] of [['lost', lost] as const, ['late', late] as const]) {
    const [first] = found;
    if (first === undefined) continue;
    const { event, dueAt } = first;
    const lateSeconds = (event.visibleAt - event.occurredAt) / 1000;
    const text = `${found.length} events, the first is ${event.key} of ${toText(event.occurredAt)}, shown ${lateSeconds} s late, due ${toText(dueAt)}`;
    if (rule === 'lost') blame(world, 'lost', text);
    else blame(world, 'late', `${text}, there ${toText(resolvedAt.get(event.key) ?? 0)}`);
  }
}

/** In the quiet the runs are no further apart. */
export const STEP_MS = HOUR;

function toText(instant: number): string {
  return new Date(instant).toISOString();
}

/** Only a backfill publishes what occurred before its stream can have started. */
function judgeFloors(world: World): void {
  // A table set back to before its streams' start has them start again, later.
  if (world.isLedgerDamaged) return;
  const floor = earliestStart(world);
  for (const { key, pass } of world.arrivals) {
    const event = world.resolution.planned.get(key);
    // What has no readable time is taken for what HubSpot took it for.
    if (event === undefined || event.isPoison || pass === 'backfill') continue;
    if (event.occurredAt < floor)
      blame(world, 'floor', `${key} of before its stream's start came by a ${pass}`);
  }
}

/** A finished backfill has read its whole window, also from before the stream's start. */
function judgeBackfills(world: World): void {
  for (const { stream, from, to, at } of world.backfills) {
    if (!isReadable(world, stream)) continue;
    const lost = world.schedule.events.filter(
      (event) =>
        event.stream === stream &&
        event.occurredAt >= from &&
        event.occurredAt < to &&
        event.visibleAt <= at &&
        !world.resolution.resolvedAt.has(event.key),
    );
    if (lost.length > 0)
      blame(
        world,
        'backfill-incomplete',
        `${stream}: the backfill lacks ${lost.length}, such as ${lost[0]?.key}`,
      );
  }
  const open = [...world.state.backfills.values()].find(
    ({ finishedAt, stream }) => finishedAt === undefined && isReadable(world, stream),
  );
  if (open !== undefined) blame(world, 'backfill-open', `${open.stream}: the backfill never ended`);
}

const RATE_WINDOW_MS = 10_000;

/**
 * What one process sends under one setting, as its own clock runs evenly. A second one knows nothing of the first
 * one's requests: after a kill, or where the lease was no lease, both may have sent their share within the same ten
 * seconds.
 */
function judgeRequestRate(world: World): void {
  const steady = world.requests.filter(({ run }) => run.invocation.clockAheadMs === 0);
  for (const [{ mostRequests: most }, requests] of Map.groupBy(steady, ({ warm }) => warm)) {
    const found = requests.findIndex(
      ({ at }, index) => at - (requests[index - most]?.at ?? Number.NEGATIVE_INFINITY) < RATE_WINDOW_MS,
    );
    const last = requests[found];
    if (last !== undefined)
      blame(world, 'request-rate', `run ${last.run.index}: ${most + 1} requests within ten seconds`);
  }
}

/** The longest time in which nothing need be asked: the age of a list, and some minutes more. */
const LONGEST_SILENCE_MS = 75 * MINUTE;

/** Runs that could ask HubSpot do so within the hour, whatever it said and whatever the clocks did. */
function judgeSilence(world: World): void {
  const mostMs = LONGEST_SILENCE_MS + mostSkewMs(world.schedule);
  // A stream that HubSpot refused again and again is asked once a day, and there may be no other.
  if ([...world.knowledge.answers.values()].some(({ isConfirmed }) => isConfirmed)) return;
  let silentSince: number | undefined;
  for (const run of world.runs) {
    const isAble = run.hasLease && run.killedAt === undefined && canAsk(run);
    if (!isAble || run.requests > 0) silentSince = undefined;
    else silentSince ??= run.startedAt;
    if (silentSince === undefined || run.startedAt - silentSince <= mostMs) continue;
    const text = `run ${run.index} asked nothing, and none did since ${toText(silentSince)}; it ended as ${describeOutcome(run)}`;
    blame(world, 'silence', text);
    return;
  }
}

function canAsk({ outcome }: RunFacts): boolean {
  return outcome === 'polled' || (typeof outcome === 'object' && outcome.code.startsWith('hubspot-'));
}
