/** What must hold of each run that was not killed: its metrics, and what it does without the lease. */
import { blame, type RunFacts, type World } from './world.ts';

export function judgeRun(world: World, run: RunFacts): void {
  if (run.killedAt !== undefined) return;
  const [report, second] = run.reports;
  if (report === undefined || second !== undefined) {
    blame(world, 'metrics', `run ${run.index} emitted its metrics ${run.reports.length} times`);
    return;
  }
  const { tally, lagSeconds } = report;
  const figures = [
    ['EventsPublished', tally.eventsPublished, run.published],
    ['EventsDeadLettered', tally.eventsDeadLettered, run.lettered],
    ['HubSpotRequests', tally.hubSpotRequests, run.requestsAtEnd],
    ['EventAgeSeconds', tally.eventAgesSeconds.length, run.published],
  ] as const;
  for (const [name, said, happened] of figures) {
    if (said !== happened)
      blame(world, 'metrics', `run ${run.index}: ${name} says ${said}, and ${happened} happened`);
  }
  if (lagSeconds !== undefined) judgeLag(world, run, lagSeconds);
  if (!run.hasLease && (run.requests > 0 || run.published > 0 || run.outcome === 'polled'))
    blame(world, 'lease', `run ${run.index} did not get the lease, and worked`);
  if (run.isPaired && !mayBePaired(world))
    blame(world, 'lease', `run ${run.index} shared the lease with another that was alive`);
}

/**
 * The lag is never told smaller than it is. Where nobody else wrote meanwhile and no write's fate is unknown, it is
 * what the table says.
 */
function judgeLag(world: World, run: RunFacts, lagSeconds: number): void {
  const { refusals, operations } = world.schedule;
  const { storedLagSeconds } = run;
  // Without the lease the run tells what it read when it began, and another writes meanwhile.
  if (storedLagSeconds === undefined || !run.hasLease || run.isPaired) return;
  if (refusals.length > 0 || operations.length > 0) return;
  const aheadSeconds = lagSeconds - storedLagSeconds;
  const { table, slowPeer } = run.invocation.weather;
  const isExact = run.outcome === 'polled' && table === 0 && slowPeer?.peer !== 'table';
  if (aheadSeconds >= 0 && (aheadSeconds === 0 || !isExact)) return;
  blame(
    world,
    'metrics',
    `run ${run.index}: LagSeconds says ${lagSeconds}, and the table ${storedLagSeconds}`,
  );
}

/** Only where a run was made to ignore the lease, or clocks differ by more than its margin. */
function mayBePaired({ schedule }: World): boolean {
  const isIgnored = schedule.invocations.some(({ ignoresLease }) => ignoresLease);
  const ahead = schedule.invocations.map(({ clockAheadMs }) => clockAheadMs);
  return isIgnored || Math.max(...ahead, 0) - Math.min(...ahead, 0) > 1_000;
}
