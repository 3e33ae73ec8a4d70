/**
 * How each portal stands, judged from its schedule and its last run.
 *
 *   schedules (who should be polled) ──┬─▶ one judgement a portal ─▶ counts, log line, messages
 *   list of standings (who was polled) ┘
 */
import { POLLER_TIMEOUT_SECONDS } from '../contract.ts';
import { type Instant, toIso } from '../core/instant.ts';
import { lagAlarmMinutesOf, tickSeconds } from '../input/rhythm.ts';
import type { FleetReport, ListedPortal, PortalStanding, ScheduledPortal, TroubleKind } from '../ports.ts';

export interface Trouble {
  readonly kind: TroubleKind;
  /** One sentence without a person's data: since when, how much, why. */
  readonly detail: string;
}

export interface PortalJudgement {
  readonly portal: string;
  /** None: all is well, or too new to tell. */
  readonly troubles: readonly Trouble[];
  /** Now; undefined where no run has told it. */
  readonly lagSeconds: number | undefined;
  readonly standing: PortalStanding | undefined;
}

/** Of three ticks two may be late or lost. */
const SILENT_TICKS = 3;

/** Every portal that has a schedule or was ever polled, by name. */
export function judgePortals(
  listed: readonly ListedPortal[],
  schedules: readonly ScheduledPortal[],
  lagAlarmMinutes: number,
  now: Instant,
): PortalJudgement[] {
  const standings = new Map(listed.map(({ portal, standing }) => [portal, standing]));
  // Of two schedules for one portal the one that is on counts: it stands last.
  const inOrder = schedules.toSorted((a, b) => Number(a.isEnabled) - Number(b.isEnabled));
  const scheduled = new Map(inOrder.map((schedule) => [schedule.portal, schedule]));
  const names = new Set([...scheduled.keys(), ...standings.keys()]);
  return [...names].sort().map((portal) => {
    const standing = standings.get(portal);
    const lagSeconds = lagNow(standing, now);
    const troubles = troublesOf(scheduled.get(portal), standing, lagAlarmMinutes, now);
    return { portal, troubles, lagSeconds, standing };
  });
}

/** The figures of all portals. A portal that is not polled makes no lag: it is silent, which says more. */
export function countPortals(judged: readonly PortalJudgement[]): FleetReport {
  const count = (...kinds: readonly TroubleKind[]) =>
    judged.filter(({ troubles }) => troubles.some(({ kind }) => kinds.includes(kind))).length;
  const expected = judged.filter(({ troubles }) => !troubles.some(({ kind }) => isUnscheduled(kind)));
  const lags = expected.flatMap(({ lagSeconds }) => lagSeconds ?? []);
  return {
    portalsPolled: judged.filter(({ standing, troubles }) => standing !== undefined && !isSilent(troubles))
      .length,
    portalsSilent: judged.filter(({ troubles }) => isSilent(troubles)).length,
    portalsBehind: count('behind'),
    portalsFailing: count('failing'),
    lagSecondsMax: lags.length === 0 ? undefined : lags.reduce((most, lag) => Math.max(most, lag), 0),
  };
}

function isUnscheduled(kind: TroubleKind): boolean {
  return kind === 'schedule-off' || kind === 'no-schedule';
}

function isSilent(troubles: readonly Trouble[]): boolean {
  return troubles.some(({ kind }) => kind === 'silent' || kind === 'never-polled' || isUnscheduled(kind));
}

/** A silent portal is that alone: what its last run said is old. */
function troublesOf(
  schedule: ScheduledPortal | undefined,
  standing: PortalStanding | undefined,
  lagAlarmMinutes: number,
  now: Instant,
): Trouble[] {
  const lastRun =
    standing === undefined ? 'no run has ended yet' : `the last run ended ${toIso(standing.endedAt)}`;
  if (schedule === undefined)
    return [{ kind: 'no-schedule', detail: `it was polled and has no schedule any more; ${lastRun}` }];
  if (!schedule.isEnabled) return [{ kind: 'schedule-off', detail: `its schedule is off; ${lastRun}` }];
  const tick = tickSeconds(schedule);
  // A schedule that was changed, or turned on again, counts from then on.
  const heardAt = Math.max(standing?.endedAt ?? 0, schedule.changedAt);
  // A run may take the function's whole timeout before its end is known.
  if ((now - heardAt) / 1000 > SILENT_TICKS * tick + POLLER_TIMEOUT_SECONDS)
    return [
      {
        kind: standing === undefined ? 'never-polled' : 'silent',
        detail: `${lastRun}, of one every ${tick} s`,
      },
    ];
  if (standing === undefined) return [];
  return [...lateness(schedule, standing, lagAlarmMinutes, now), ...failure(standing)];
}

function lateness(
  schedule: ScheduledPortal,
  standing: PortalStanding,
  lagAlarmMinutes: number,
  now: Instant,
): Trouble[] {
  const lagSeconds = lagNow(standing, now);
  const minutes = lagAlarmMinutesOf(schedule, lagAlarmMinutes);
  // Between two runs the clock adds up to a tick to what the first one told.
  if (lagSeconds === undefined || lagSeconds <= minutes * 60 + tickSeconds(schedule)) return [];
  const stream = standing.furthestBehind === undefined ? '' : `, furthest ${standing.furthestBehind}`;
  const late = Math.floor(lagSeconds / 60);
  return [{ kind: 'behind', detail: `${late} minutes behind, over ${minutes}${stream}` }];
}

function failure({ outcome, code, streams, streamsFailing }: PortalStanding): Trouble[] {
  if (outcome === 'failed') return [{ kind: 'failing', detail: `its run failed: ${code ?? 'unexpected'}` }];
  if (streamsFailing === 0) return [];
  return [{ kind: 'failing', detail: `${streamsFailing} of ${streams} streams fail or are refused` }];
}

/** The lag goes on growing from where the last run left it, until the next one tells. */
function lagNow(standing: PortalStanding | undefined, now: Instant): number | undefined {
  if (standing?.lagSeconds === undefined) return undefined;
  return standing.lagSeconds + Math.max(0, now - standing.endedAt) / 1000;
}
