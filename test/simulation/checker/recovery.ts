/** How a portal must stand once everything is over: as if nothing had been. */
import { MINUTE, SECOND } from '../../support/rig.ts';
import { requestAt } from '../schedule/settings.ts';
import { isListed } from '../world/hubspot-mood.ts';
import type { RunFacts } from '../world/run-facts.ts';
import { blame, type World } from '../world/world.ts';
import { isPolledAtLast, mostSkewMs, type Promised, promisedEvents } from './promises.ts';

/** A run of the quiet and the answer to its last page take no longer. */
const RUN_MS = 2 * MINUTE;

/** True when nothing is to be waited for any more: all is there and stands as it should, or it is too late. */
export function isQuietOver(world: World, leastUntil: number): boolean {
  const now = world.time.now();
  if (now < leastUntil) return false;
  const promised = promisedEvents(world);
  if (promised.every(({ event }) => world.resolution.resolvedAt.has(event.key)))
    return findUnrest(world) === undefined || now > unrestUntil(world, promised);
  return promised.every(({ event, dueAt }) => now > dueAt || world.resolution.resolvedAt.has(event.key));
}

/** The latest instant by which the portal must stand well. */
function unrestUntil({ schedule, knowledge }: World, promised: readonly Promised[]): number {
  const isConfirmed = [...knowledge.answers.values()].some((answers) => answers.isConfirmed);
  const usual = schedule.quietFrom + (isConfirmed ? 25 * 60 : 300) * MINUTE + mostSkewMs(schedule);
  return promised.reduce((latest, { dueAt }) => Math.max(latest, dueAt), usual);
}

export function judgeRecovery(world: World): void {
  const found = findUnrest(world);
  if (found !== undefined) blame(world, 'recovery', found);
}

/** What is still wrong with the portal; undefined where nothing is. */
function findUnrest(world: World): string | undefined {
  const { schedule, runs, state } = world;
  const last = runs.at(-1);
  const [report] = last?.reports ?? [];
  if (last === undefined || report === undefined) return 'no run was there';
  if (last.outcome !== 'polled') return `the last run ended as ${describeOutcome(last)}`;
  const absent = absentTypes(world);
  if ((report.streamsFailing ?? 0) > absent) return `StreamsFailing says ${report.streamsFailing}`;
  const mostSeconds = mostLagSeconds(world);
  if (absent === 0 && (report.lagSeconds ?? 0) > mostSeconds)
    return `LagSeconds says ${report.lagSeconds}, and ${mostSeconds} is the most`;
  const open = [...state.backfills.values()].find(
    ({ stream, finishedAt }) => finishedAt === undefined && isReadable(world, stream),
  );
  return open && `${schedule.portal}: the backfill of ${open.stream} has not ended`;
}

/** Streams of the settings that HubSpot does not have: they are refused for ever. */
function absentTypes({ schedule }: World): number {
  const { eventTypes } = requestAt(schedule.phases, Number.POSITIVE_INFINITY);
  if (eventTypes === 'all') return 0;
  const isAbsent = (type: (typeof schedule.hubSpot.types)[number]) =>
    eventTypes.includes(type.name) && type.unlisted !== 'served' && !isListed(type, Number.MAX_SAFE_INTEGER);
  return schedule.hubSpot.types.filter(isAbsent).length;
}

/** An idle stream waits for its turn, and many streams for a place among the requests. */
function mostLagSeconds({ schedule }: World): number {
  const { idlePollSeconds, pollSeconds, maxRequestsPer10Seconds } = requestAt(
    schedule.phases,
    Number.POSITIVE_INFINITY,
  );
  const roundMs = (schedule.hubSpot.types.length / maxRequestsPer10Seconds) * 10 * SECOND;
  return Math.max(idlePollSeconds, pollSeconds) + (RUN_MS + 3 * roundMs) / SECOND;
}

export function isReadable({ schedule }: World, stream: string): boolean {
  const type = schedule.hubSpot.types.find(({ name }) => name === stream);
  return type !== undefined && isPolledAtLast(schedule, type);
}

export function describeOutcome({ outcome }: RunFacts): string {
  return typeof outcome === 'object' ? `${outcome.code}: ${outcome.message}` : String(outcome);
}
