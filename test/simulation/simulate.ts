/**
 * One schedule from its start to the quiet after it, and what the checker says.
 *
 *   invocations with their weather, kills, pairs ─▶ quiet: no faults, the schedule ticks on ─▶ checker
 */
import { MINUTE, SECOND } from '../support/rig.ts';
import { check, type Judgement } from './checker.ts';
import { type Backups, carryOut, takeBackup } from './operations.ts';
import { isQuietOver } from './promises.ts';
import { startRun } from './run.ts';
import type { Invocation, Schedule } from './schedule.ts';
import { CALM } from './weather.ts';
import { createWorld, isAlive, type Trace, type World } from './world.ts';

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

/** Runs on schedule without faults, until everything promised has come and every sweep has been by once more. */
async function keepQuiet(world: World): Promise<void> {
  const { schedule, time } = world;
  const lastVisibleAt = schedule.events.reduce((latest, { visibleAt }) => Math.max(latest, visibleAt), 0);
  const lastOccurredAt = schedule.events.reduce((latest, { occurredAt }) => Math.max(latest, occurredAt), 0);
  const quietFrom = time.now();
  for (let ticks = 0; ticks < MOST_QUIET_TICKS; ticks += 1) {
    // Nothing happens at night: the schedule need not tick through hours in which nothing can be new.
    const stepMs = ticks < 12 ? schedule.tickMs : Math.max(schedule.tickMs, 10 * MINUTE);
    await time.moveTo(Math.ceil((time.now() + SECOND) / stepMs) * stepMs);
    const isCovered = time.now() > Math.max(lastVisibleAt, lastOccurredAt) + 2 * stepMs;
    if (isCovered && isQuietOver(world, quietFrom)) return;
    await time.until(startRun(world, quietInvocation(time.now())));
    if (world.runs.some(isAlive)) throw new Error('Simulating: every run must be over by now.');
  }
}

function quietInvocation(at: number): Invocation {
  return {
    at,
    remainingMs: 120_000,
    weather: CALM,
    killAtStep: undefined,
    clockAheadMs: 0,
    isCold: false,
    ignoresLease: false,
  };
}
