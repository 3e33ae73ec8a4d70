/** How the portals stand: one list for `status`, `portal list` and `doctor`. */
import type { PortalStanding, TroubleKind } from '../../functions/poller/ports.ts';
import { judgePortals, type PortalJudgement } from '../../functions/poller/roll-call/judge.ts';
import { formatAgo, formatDuration, isoOrNull, roundedOrNull } from './show/format.ts';
import type { Column } from './show/rows.ts';
import type { Target, TargetPortal } from './target/target.ts';

/** What is wrong with a portal, in the roll call's words; `paused` where its schedule is off. */
export type PortalState = Exclude<TroubleKind, 'schedule-off'> | 'paused' | 'waiting' | 'current';

export interface PortalRow {
  readonly portal: string;
  readonly state: PortalState;
  readonly lagSeconds: number | undefined;
  readonly streams: number | undefined;
  readonly streamsFailing: number | undefined;
  readonly furthestBehind: string | undefined;
  readonly lastRunAt: number | undefined;
  /** Why the last run failed. */
  readonly code: string | undefined;
  /** What is wrong, in sentences. */
  readonly reason: string | undefined;
}

const NOT_WELL: ReadonlySet<PortalState> = new Set([
  'no-schedule',
  'never-polled',
  'silent',
  'failing',
  'behind',
]);

export function isPortalWell({ state }: PortalRow): boolean {
  return !NOT_WELL.has(state);
}

/** Every portal that has a schedule or was ever polled, or those given alone; those not well first. */
export async function readPortalRows(
  target: Target,
  portals: readonly TargetPortal[],
  now: number,
  isOfAll: boolean,
): Promise<PortalRow[]> {
  const listed = await target.store().listPortals();
  const schedules = portals.map(({ name, request, isEnabled, changedAt }) => {
    const { pollSeconds, idlePollSeconds } = request;
    return { portal: name, isEnabled, changedAt, pollSeconds, idlePollSeconds };
  });
  // A schedule that was deleted by mistake must be seen, until somebody removes the portal.
  const asked = listed.filter(({ portal }) => isOfAll || portals.some(({ name }) => name === portal));
  return judgePortals(asked, schedules, target.lagAlarmMinutes, now)
    .map(toRow)
    .sort(
      (a, b) =>
        Number(isPortalWell(a)) - Number(isPortalWell(b)) || (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0),
    );
}

function toRow({ portal, troubles, lagSeconds, standing }: PortalJudgement): PortalRow {
  // A run that fails is why the portal is behind.
  const worst = troubles.find(({ kind }) => kind === 'failing') ?? troubles[0];
  return {
    portal,
    state: stateOf(worst?.kind, standing),
    lagSeconds,
    streams: standing?.streams,
    streamsFailing: standing?.streamsFailing,
    furthestBehind: standing?.furthestBehind,
    lastRunAt: standing?.endedAt,
    code: standing?.code,
    reason: troubles.length === 0 ? undefined : troubles.map(({ detail }) => detail).join('; '),
  };
}

function stateOf(kind: TroubleKind | undefined, standing: PortalStanding | undefined): PortalState {
  if (kind === 'schedule-off') return 'paused';
  return kind ?? (standing === undefined ? 'waiting' : 'current');
}

export function portalColumns(now: number): Column<PortalRow>[] {
  return [
    { key: 'portal', value: ({ portal }) => portal },
    {
      key: 'state',
      value: ({ state }) => state,
      cell: ({ state, code }) => (code === undefined ? state : `${state}: ${code}`),
      narrow: 'wrap',
    },
    {
      key: 'lagSeconds',
      head: 'lag',
      value: ({ lagSeconds }) => roundedOrNull(lagSeconds),
      cell: ({ lagSeconds }) => (lagSeconds === undefined ? '' : formatDuration(lagSeconds)),
    },
    { key: 'streams', value: ({ streams }) => streams ?? null },
    { key: 'streamsFailing', head: 'failing', value: ({ streamsFailing }) => streamsFailing ?? null },
    {
      key: 'furthestBehind',
      head: 'furthest behind',
      value: ({ furthestBehind }) => furthestBehind ?? null,
      from: 100,
      narrow: 'cut',
    },
    {
      key: 'lastRunAt',
      head: 'last run',
      value: ({ lastRunAt }) => isoOrNull(lastRunAt),
      cell: ({ lastRunAt }) => formatAgo(lastRunAt, now),
    },
    { key: 'code', value: ({ code }) => code ?? null, from: Number.POSITIVE_INFINITY },
    { key: 'reason', value: ({ reason }) => reason ?? null, from: Number.POSITIVE_INFINITY },
  ];
}
