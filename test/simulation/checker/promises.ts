/** What the world promises of its events: which must come, and by when. */
import { HOUR, MINUTE, SECOND } from '../../support/rig.ts';
import type { PlannedEvent } from '../schedule/event-plan.ts';
import type { TypePlan } from '../schedule/hubspot-plan.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { requestAt } from '../schedule/settings.ts';
import { isListed } from '../world/hubspot-mood.ts';
import type { World } from '../world/world.ts';

/** So long after the last fault is over everything promised and visible is there. */
const LIMIT_MS = 75 * MINUTE;

/** More, where a list was doubted, or believed, that lacked types: another asking, and another list. */
const LIST_LIMIT_MS = 70 * MINUTE;

/** So late, and by the next sweep all is found; what comes later when it has an age of twice that, or four times, … */
const NEXT_SWEEP_MS = 90 * MINUTE;

/** More, for a type that HubSpot refused again when it was asked again. */
const REFUSED_LIMIT_MS = 25 * HOUR;

/** An event that must come, and the latest instant for it. */
export interface Promised {
  readonly event: PlannedEvent;
  readonly dueAt: number;
}

/** What a schedule's settings and clocks come to. */
interface Terms {
  readonly skewMs: number;
  /** The most an event may be late and still be found: by sweeps, and by the overlap alone. */
  readonly reachMs: number;
  readonly overlapMs: number;
  readonly sweepMs: number;
  readonly listMs: number;
}

export function promisedEvents(world: World): Promised[] {
  const { schedule, knowledge } = world;
  const terms = termsOf(schedule);
  const starts = new Map(schedule.hubSpot.types.map((type) => [type.name, promiseOf(world, type, terms)]));
  return schedule.events.flatMap((event) => {
    const { stream, occurredAt, visibleAt } = event;
    const promise = starts.get(stream);
    if (promise === undefined || occurredAt < promise.from) return [];
    const isGone = occurredAt >= promise.to || visibleAt >= promise.to;
    const lateMs = visibleAt - occurredAt;
    const reachMs = promise.to === Number.POSITIVE_INFINITY ? terms.reachMs : terms.overlapMs;
    if (isGone || lateMs > reachMs - terms.skewMs) return [];
    const readyAt = Math.max(schedule.quietFrom, occurredAt, visibleAt, occurredAt + foundAtAge(lateMs));
    const sweptMs = lateMs > 0 ? 2 * terms.sweepMs : 0;
    const refusedMs = knowledge.answers.get(stream)?.isConfirmed === true ? REFUSED_LIMIT_MS : 0;
    const dueAt = readyAt + LIMIT_MS + terms.listMs + terms.skewMs + sweptMs + refusedMs;
    return [{ event, dueAt }];
  });
}

/** The age that an event must have before a sweep finds it. */
function foundAtAge(lateMs: number): number {
  if (lateMs <= NEXT_SWEEP_MS) return 0;
  return NEXT_SWEEP_MS * 2 ** Math.ceil(Math.log2(lateMs / NEXT_SWEEP_MS));
}

/** Of which of a type's events the promise is; undefined: of none. */
function promiseOf(
  world: World,
  type: TypePlan,
  { skewMs }: Terms,
): { readonly from: number; readonly to: number } | undefined {
  const { schedule, knowledge } = world;
  const to = isPolledAtLast(schedule, type) ? Number.POSITIVE_INFINITY : goneAt(world, type);
  const known = knowledge.types.get(type.name);
  const instants = schedule.phases
    .map(({ request }) => Date.parse(request.startFrom))
    .filter(Number.isFinite);
  const instant = instants.reduce((latest, at) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
  if (to === undefined) return undefined;
  if (instants.length === schedule.phases.length && (known !== undefined || to === Number.POSITIVE_INFINITY))
    return { from: instant, to };
  return known && { from: Math.max(instant, known.startsAt + skewMs), to };
}

/** True where the type is one of the portal's streams when everything is over. */
export function isPolledAtLast(schedule: Schedule, type: TypePlan): boolean {
  const { eventTypes } = requestAt(schedule.phases, Number.POSITIVE_INFINITY);
  const isThere = isListed(type, Number.MAX_SAFE_INTEGER);
  if (eventTypes === 'all') return isThere;
  return eventTypes.includes(type.name) && (isThere || type.unlisted === 'served');
}

/**
 * When a type went for good that the poller surely knew and that HubSpot serves all the same: what it had shown
 * until then must come. Undefined where nothing is promised of it.
 */
function goneAt({ schedule, knowledge, isLedgerDamaged }: World, { name, listed, unlisted }: TypePlan) {
  const { phases, hubSpot } = schedule;
  const isAlways = phases.every(({ request }) => request.eventTypes === 'all');
  const isKnown = (knowledge.types.get(name)?.lists ?? 0) > 1 && listed.length === 1;
  const isRefused = (knowledge.answers.get(name)?.refusedTo.size ?? 0) > 0;
  if (!isAlways || !isKnown || isLedgerDamaged || hubSpot.lists.length > 0) return undefined;
  return unlisted === 'served' && !isRefused ? listed[0]?.to : undefined;
}

function termsOf(schedule: Schedule): Terms {
  const requests = schedule.phases.map(({ request }) => request);
  const overlapMs = Math.min(...requests.map(({ overlapSeconds }) => overlapSeconds * SECOND));
  const reaches = requests.map(({ sweepEveryMinutes, sweepLookbackHours }) =>
    sweepEveryMinutes > 0 ? sweepLookbackHours * HOUR : overlapMs,
  );
  const { lists, types } = schedule.hubSpot;
  const changing = types.filter(({ listed }) => listed.some(({ to }) => Number.isFinite(to))).length;
  return {
    skewMs: mostSkewMs(schedule),
    reachMs: Math.min(...reaches),
    overlapMs,
    sweepMs: Math.max(...requests.map(({ sweepEveryMinutes }) => sweepEveryMinutes)) * MINUTE,
    listMs: lists.length > 0 || changing > 2 ? LIST_LIMIT_MS : 0,
  };
}

/** How far the clocks of two runs are apart at most. */
export function mostSkewMs({ invocations }: Schedule): number {
  return 2 * invocations.reduce((most, { clockAheadMs }) => Math.max(most, Math.abs(clockAheadMs)), 0);
}

/** No live poll and no sweep may reach behind this. */
export function earliestStart({ schedule, runs }: World): number {
  const first = runs.find(({ hasLease }) => hasLease)?.startedAt ?? schedule.startsAt;
  const starts = schedule.phases.map(({ request }) =>
    request.startFrom === 'now' ? first - mostSkewMs(schedule) : Date.parse(request.startFrom),
  );
  return Math.min(...starts);
}
