/** `status`: each stream of a portal, or, where there are several, each portal. */
import { withSpaces } from '../../failure.ts';
import type { Io } from '../../io.ts';
import { isPortalWell, type PortalRow, portalColumns, readPortalRows } from '../../portal-rows.ts';
import { plural } from '../../show/format.ts';
import { formOf, renderRows, toJson } from '../../show/rows.ts';
import {
  describeStreams,
  isStreamWell,
  type LagHistory,
  type StreamRow,
  streamColumns,
} from '../../stream-rows.ts';
import type { Target, TargetPortal } from '../../target/target.ts';
import { defineVerb, JSON_FLAG, toggle, type VerbContext } from '../../verb.ts';
import { HISTORY_MS, readLagHistory } from './lag-history.ts';

const WATCH_MS = 2_000;
/** The log is asked anew so seldom while somebody watches: each question costs. */
const HISTORY_AGAIN_MS = 60_000;
/** Columns from which there is room for the lags so far. */
const HISTORY_COLUMNS = 100;

export const status = defineVerb({
  name: 'status',
  summary:
    'shows each stream of a portal, or each portal where there are several; fails where one is not well',
  examples: ['status', 'status --portal main --watch', 'status --json'],
  flags: {
    json: JSON_FLAG(),
    watch: toggle('--watch', 'again and again, until Ctrl-C'),
  },
  run: async (context, { json, watch }) => {
    const { io } = context;
    const target = await context.target();
    const named = await context.named();
    const readHistory = historyReader(io, target, json);
    for (;;) {
      const portals = named === undefined ? await target.portals() : [named];
      const look = await lookAt(io, target, portals, named === undefined, readHistory);
      const isWatched = watch && !json && io.columns() !== undefined;
      const text = render(context, target, look, json, watch);
      if (isWatched) io.redraw(withSpaces(text));
      else if (json) io.write(text);
      else io.out(text);
      if (!watch) return look.isWell ? undefined : context.failed();
      await io.wait(WATCH_MS);
      if (io.signal.aborted) return isWatched ? io.settle() : undefined;
    }
  },
});

interface Look {
  readonly now: number;
  readonly portals: readonly PortalRow[];
  /** Of the one portal that is looked at; none where there are several. */
  readonly streams: readonly StreamRow[];
  readonly history: LagHistory;
  readonly isWell: boolean;
}

async function lookAt(
  io: Io,
  target: Target,
  portals: readonly TargetPortal[],
  isOfAll: boolean,
  readHistory: (portal: string, streams: readonly string[]) => Promise<LagHistory>,
): Promise<Look> {
  const now = io.now();
  const rows = await readPortalRows(target, portals, now, isOfAll);
  const only = portals.length === 1 && rows.length === 1 ? portals[0] : undefined;
  const streams =
    only === undefined ? [] : describeStreams(only, await target.store().readPortal(only.name), now);
  const history =
    only === undefined
      ? new Map()
      : await readHistory(
          only.name,
          streams.map(({ stream }) => stream),
        );
  return {
    now,
    portals: rows,
    streams,
    history,
    isWell: rows.every(isPortalWell) && streams.every(isStreamWell),
  };
}

/** Nothing where there is no room for it. */
function historyReader(io: Io, target: Target, json: boolean) {
  let last: { readonly at: number; readonly runs: Awaited<ReturnType<Target['readRuns']>> } | undefined;
  return async (portal: string, streams: readonly string[]): Promise<LagHistory> => {
    if (json || (io.columns() ?? 0) < HISTORY_COLUMNS) return new Map();
    const now = io.now();
    if (last === undefined || now - last.at > HISTORY_AGAIN_MS)
      last = { at: now, runs: await target.readRuns(portal, now - HISTORY_MS) };
    return readLagHistory(last.runs, streams);
  };
}

function render(
  { io, tell }: VerbContext,
  { about }: Target,
  look: Look,
  json: boolean,
  watch: boolean,
): string {
  const { now, portals, streams, history } = look;
  const ofPortals = portalColumns(now);
  const ofStreams = streamColumns(now, history);
  if (json) {
    const both = {
      target: about,
      portals: portals.map((row) => toJson(ofPortals, row)),
      streams: streams.map((row) => toJson(ofStreams, row)),
    };
    return JSON.stringify(both, undefined, watch ? undefined : 2);
  }
  const form = formOf(io, json);
  const width = io.columns() ?? 0;
  const isOne = streams.length > 0;
  const rows = isOne
    ? renderRows(form, width, ofStreams, streams)
    : renderRows(form, width, ofPortals, portals);
  if (form === 'lines') return rows;
  const [only] = portals;
  const head =
    isOne || portals.length === 1
      ? `${about}, portal ${only?.portal}`
      : `${about}, ${plural(portals.length, 'portal')}`;
  const notes = [
    ...(only !== undefined && portals.length === 1 ? describePortal(only) : []),
    ...streams.flatMap(({ stream, reason }) => (reason === undefined ? [] : [`${stream}: ${reason}`])),
    ...(portals.length === 1 && !isOne ? [tell('No stream yet: {events doctor} says why.')] : []),
  ];
  return [head, rows, ...notes].filter((line) => line !== '').join('\n');
}

function describePortal({ portal, state, reason }: PortalRow): string[] {
  return reason === undefined ? [] : [`Portal ${portal} is ${state}: ${reason}.`];
}
