/**
 * One schedule from its start to the quiet after it, and what the checker says.
 *
 *   invocations with their weather, kills, pairs ─▶ quiet: no faults, the schedule ticks on ─▶ checker
 */
import { HOUR, MINUTE, SECOND } from '../support/rig.ts';
import { check, type Judgement, STEP_MS } from './checker/checker.ts';
import { isQuietOver } from './checker/recovery.ts';
import type { Invocation } from './schedule/invocations.ts';
import type { Schedule } from './schedule/schedule.ts';
import { requestAt } from './schedule/settings.ts';
import { CALM } from './schedule/weather.ts';
import { type Backups, carryOut, takeBackup } from './world/operations.ts';
import { startRun } from './world/run.ts';
import { isAlive, type RunFacts } from './world/run-facts.ts';
import { createWorld, type Trace, type World } from './world/world.ts';

/** The quiet lasts as long as anything is still to come, but no more ticks than this. */
const MOST_QUIET_TICKS = 1_500;

const untraced: Trace = () => undefined;

export async function simulate(schedule: Schedule, trace: Trace = untraced): Promise<Judgement> {
  const world = createWorld(schedule, trace);
  const backups: Backups = [];
  const active = new Set<Promise<void>>();

  async function invoke(invocation: Invocation): Promise<void> {
    await world.time.moveTo(invocation.at);
    const run = startRun(world, invocation).finally(() => active.delete(run));
    active.add(run);
  }

  const operations = schedule.operations.toSorted((a, b) => a.at - b.at);
  for (const invocation of schedule.invocations) {
    while (operations[0] !== undefined && operations[0].at <= invocation.at) {
      const [operation] = operations.splice(0, 1);
      await world.time.moveTo(operation?.at ?? 0);
      if (operation !== undefined) await carryOut(world, operation, backups);
    }
    takeBackup(world, backups);
    await invoke(invocation);
  }
  await world.time.until(Promise.all(active));
  await keepQuiet(world);
  return check(world);
}

/** Runs on schedule without faults, until everything is as it should be and every sweep has been by, or it is too late. */
async function keepQuiet(world: World): Promise<void> {
  const { schedule, time } = world;
  await time.moveTo(schedule.quietFrom);
  const from = time.now();
  const { sweepEveryMinutes } = requestAt(schedule.phases, from);
  const sweptAt = from + (sweepEveryMinutes + 2) * MINUTE;
  const leastUntil = schedule.events.reduce((latest, { visibleAt, occurredAt }) => {
    return Math.max(latest, visibleAt + 2 * MINUTE, occurredAt + 2 * MINUTE);
  }, sweptAt);
  for (let ticks = 0; ticks < MOST_QUIET_TICKS; ticks += 1) {
    const stepMs = stepOf(world, time.now() - from);
    await time.moveTo(Math.ceil((time.now() + SECOND) / stepMs) * stepMs);
    if (isQuietOver(world, leastUntil)) return;
    await time.until(startRun(world, quietInvocation(time.now())));
    if (world.runs.some(isAlive)) throw new Error('Simulating: every run must be over by now.');
  }
}

/** Nothing much happens at night: the schedule need not tick through hours in which little can be new. */
function stepOf({ schedule: { tickMs }, runs }: World, quietForMs: number): number {
  const last = runs.at(-1);
  // What a run had no time for goes on at the next tick.
  const isBusy = last !== undefined && hasMoreToDo(last);
  if (quietForMs < 6 * MINUTE || isBusy) return tickMs;
  return quietForMs < 4 * HOUR ? Math.max(tickMs, 10 * MINUTE) : STEP_MS;
}

/** True of a run that the rate of requests, or slow answers, held up. */
function hasMoreToDo({ requests, request, startedAt, endedAt = startedAt }: RunFacts): boolean {
  const { maxRequestsPer10Seconds, pollSeconds } = request;
  return requests > 2 * maxRequestsPer10Seconds || (pollSeconds >= 60 && endedAt - startedAt > 30 * SECOND);
}

function quietInvocation(at: number): Invocation {
  return {
    at,
    remainingMs: 120_000,
    weather: CALM,
    killAtStep: undefined,
    clockAheadMs: 0,
    process: 'first',
    ignoresLease: false,
  };
}
