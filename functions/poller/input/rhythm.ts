/** What a portal's settings make ordinary: how often it is polled, and how late that lets it be. */

/** A scheduler's tick is a whole number of minutes; under a minute the function polls several times in one. */
const SHORTEST_TICK_SECONDS = 60;

/** How often the schedule ticks for a portal, in seconds: whole minutes. */
export function tickSeconds({ pollSeconds }: { readonly pollSeconds: number }): number {
  return Math.max(SHORTEST_TICK_SECONDS, pollSeconds);
}

/**
 * The minutes of lag over which a portal is behind: `lagAlarmMinutes`, or, where that is nearer than the portal's own
 * rhythm, what the rhythm makes ordinary. An idle stream's watermark is up to `idlePollSeconds` old when it is polled
 * again, and one poll may fail: a nearer alarm would ring in a quiet night.
 */
export function lagAlarmMinutesOf(
  portal: { readonly pollSeconds: number; readonly idlePollSeconds: number },
  lagAlarmMinutes: number,
): number {
  const tick = tickSeconds(portal);
  const ordinarySeconds = Math.max(tick, portal.idlePollSeconds) + tick;
  return Math.max(lagAlarmMinutes, Math.ceil(ordinarySeconds / 60));
}
