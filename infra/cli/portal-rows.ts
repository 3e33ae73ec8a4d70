/** How the portals stand: one list for `status`, `portal list` and `doctor`. */
import type { ListedPortal } from '../../functions/poller/ports.ts';
import { lagAlarmMinutesOf } from '../config.ts';
import { formatAgo, formatDuration, isoOrNull, roundedOrNull } from './show/format.ts';
import type { Column } from './show/rows.ts';
import type { Target, TargetPortal } from './target/target.ts';

/** What is wrong with a portal; the first that holds of these. */
export type PortalState =
  | 'paused'
  | 'no-schedule'
  | 'never-polled'
  | 'silent'
  | 'failing'
  | 'behind'
  | 'waiting'
  | 'current';

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

/** Every portal that has a schedule or was ever polled; with a name that one alone, those not well first. */
export async function readPortalRows(
  target: Target,
  portals: readonly TargetPortal[],
  now: number,
  isOfAll: boolean,
): Promise<PortalRow[]> {
  const [listed, lagAlarmMinutes] = await Promise.all([
    target.store().listPortals(),
    target.lagAlarmMinutes(),
  ]);
  const scheduled = portals.map((portal) => {
    const standing = listed.find((each) => each.portal === portal.name);
    return judge(portal, standing, lagAlarmMinutes, now);
  });
  // A schedule that was deleted by mistake must be seen, until somebody removes the portal.
  const unscheduled = listed
    .filter((each) => isOfAll && !portals.some(({ name }) => name === each.portal))
    .map((each) => toRow(each.portal, 'no-schedule', each, now));
  return [...scheduled, ...unscheduled].sort(
    (a, b) => Number(isPortalWell(a)) - Number(isPortalWell(b)) || (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0),
  );
}

/** Three ticks, one of which may be late and one lost, and the time of a long run. */
const TICKS = 3;
const RUN_SECONDS = 120;

function judge(
  { name, request, isEnabled, tickSeconds, changedAt }: TargetPortal,
  listed: ListedPortal | undefined,
  lagAlarmMinutes: number,
  now: number,
): PortalRow {
  const row = (state: PortalState) => toRow(name, state, listed, now);
  if (!isEnabled) return row('paused');
  const standing = listed?.standing;
  const since = Math.max(standing?.endedAt ?? 0, changedAt ?? 0);
  const isLate = since > 0 && now - since > (TICKS * tickSeconds + RUN_SECONDS) * 1000;
  if (standing === undefined) return row(isLate ? 'never-polled' : 'waiting');
  if (isLate) return row('silent');
  if (standing.outcome === 'failed' || standing.streamsFailing > 0) return row('failing');
  const { lagSeconds = 0 } = row('current');
  const limit = lagAlarmMinutesOf(request, lagAlarmMinutes) * 60 + tickSeconds;
  return row(lagSeconds > limit ? 'behind' : 'current');
}

/** The lag has grown since the run that told it. */
function toRow(portal: string, state: PortalState, listed: ListedPortal | undefined, now: number): PortalRow {
  const standing = listed?.standing;
  const lag = standing?.lagSeconds;
  return {
    portal,
    state,
    lagSeconds:
      standing === undefined || lag === undefined
        ? undefined
        : lag + Math.max(0, now - standing.endedAt) / 1000,
    streams: standing?.streams,
    streamsFailing: standing?.streamsFailing,
    furthestBehind: standing?.furthestBehind,
    lastRunAt: standing?.endedAt,
    code: standing?.code,
  };
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
  ];
}
