/** What LagSeconds must say at least, judged when a run reports. */
import type { RunReport } from '../../../functions/poller/core/tally.ts';
import type { RunFacts } from '../world/run-facts.ts';
import { blame, type World } from '../world/world.ts';
import { isListedToAll, isRefused } from './knowledge.ts';
import { firstUnresolved } from './resolution.ts';

/**
 * An event that HubSpot showed as soon as it occurred and that is not resolved is time that the portal is behind, in
 * every stream that the poller knows and HubSpot does not refuse.
 */
export function judgeLag(world: World, run: RunFacts, { lagSeconds }: RunReport): void {
  const { knowledge, resolution, schedule } = world;
  if (lagSeconds === undefined || schedule.invocations.some(({ clockAheadMs }) => clockAheadMs !== 0)) return;
  const now = world.time.now();
  const { eventTypes } = run.request;
  const instants = schedule.phases
    .map(({ request }) => Date.parse(request.startFrom))
    .filter(Number.isFinite);
  for (const [type, { startsAt, lists }] of knowledge.types) {
    const isPolled =
      eventTypes === 'all' ? lists > 0 && isListedToAll(knowledge, type) : eventTypes.includes(type);
    if (!isPolled || isRefused(knowledge, type)) continue;
    const from = instants.reduce((latest, at) => Math.max(latest, at), startsAt);
    const oldest = firstUnresolved(resolution, type, from, now);
    if (oldest === undefined || now - oldest.occurredAt <= Math.round(lagSeconds * 1000)) continue;
    const seconds = (now - oldest.occurredAt) / 1000;
    blame(
      world,
      'lag',
      `run ${run.index}: LagSeconds says ${lagSeconds}, and ${oldest.key} waits for ${seconds} s`,
    );
    return;
  }
}
