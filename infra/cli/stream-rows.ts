/** How a portal's streams stand: for `status`, `doctor` and whoever names a stream. */
import { z } from 'zod';
import { type Backfill, byStream, type Checkpoint, shareOf } from '../../functions/poller/core/checkpoint.ts';
import { listStreams } from '../../functions/poller/core/discovery.ts';
import { nextPollAt } from '../../functions/poller/core/reading/windows.ts';
import type { PollRequest } from '../../functions/poller/input/request.ts';
import type { PortalState } from '../../functions/poller/ports.ts';
import { CliFailure, EXIT } from './failure.ts';
import { formatAgo, formatDuration, isoOrNull, roundedOrNull } from './show/format.ts';
import type { Column } from './show/rows.ts';
import { sparkline } from './show/sparkline.ts';
import { listNames, type TargetPortal } from './target/target.ts';

/** In the order of a list: those not well first. */
export const STREAM_STATES = ['quarantined', 'failing', 'behind', 'waiting', 'current', 'idle'] as const;
export type StreamState = (typeof STREAM_STATES)[number];

export interface StreamRow {
  readonly portal: string;
  readonly stream: string;
  readonly state: StreamState;
  readonly watermark: number | undefined;
  readonly lagSeconds: number | undefined;
  readonly lastEventAt: number | undefined;
  /** The share of the backfill under way, 0 to 1; undefined where there is none. */
  readonly backfillShare: number | undefined;
  /** Why it is not well. */
  readonly reason: string | undefined;
}

export function isStreamWell({ state }: StreamRow): boolean {
  return state === 'waiting' || state === 'current' || state === 'idle';
}

/** The portal's streams, those that are not well first, then the furthest behind. */
export function describeStreams(portal: TargetPortal, state: PortalState, now: number): StreamRow[] {
  const { checkpoints, backfills, discovery } = state;
  const { request } = portal;
  const names = listStreams(request, discovery, byStream(checkpoints)).map(({ name }) => name);
  const rows = names.map((stream) =>
    describeStream(
      portal,
      stream,
      checkpoints.find((checkpoint) => checkpoint.stream === stream),
      backfills.find((backfill) => backfill.stream === stream),
      now,
    ),
  );
  const rank = (row: StreamRow) => STREAM_STATES.indexOf(row.state);
  return rows.sort((a, b) => rank(a) - rank(b) || (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0));
}

function describeStream(
  { name: portal, request, tickSeconds }: TargetPortal,
  stream: string,
  checkpoint: Checkpoint | undefined,
  backfill: Backfill | undefined,
  now: number,
): StreamRow {
  const lagSeconds = checkpoint && Math.max(0, (now - checkpoint.watermark) / 1000);
  const error = checkpoint?.lastError ?? errorOf(checkpoint, 'sweepError') ?? errorOf(backfill, 'lastError');
  return {
    portal,
    stream,
    state: judge(request, tickSeconds, checkpoint, error !== undefined, lagSeconds ?? 0, now),
    watermark: checkpoint?.watermark,
    lagSeconds,
    lastEventAt: checkpoint?.lastEventAt,
    backfillShare:
      backfill === undefined || backfill.finishedAt !== undefined ? undefined : shareOf(backfill),
    reason: checkpoint?.quarantine?.reason ?? error?.message,
  };
}

function judge(
  request: PollRequest,
  tickSeconds: number,
  checkpoint: Checkpoint | undefined,
  isFailing: boolean,
  lagSeconds: number,
  now: number,
): StreamState {
  if (checkpoint === undefined) return 'waiting';
  if (checkpoint.quarantine !== undefined) return 'quarantined';
  if (isFailing) return 'failing';
  const rests = nextPollAt(checkpoint, request, now) !== undefined;
  const everySeconds = Math.max(tickSeconds, rests ? request.idlePollSeconds : request.pollSeconds);
  // Two polls that did not happen: one may be late.
  if (lagSeconds > 2 * everySeconds + 60) return 'behind';
  return rests ? 'idle' : 'current';
}

const errorSchema = z.object({ at: z.number(), code: z.string(), message: z.string() });

/** The failure that a stored record keeps under this key, where it keeps one. */
export function errorOf(record: object | undefined, key: string): z.output<typeof errorSchema> | undefined {
  return record === undefined ? undefined : errorSchema.safeParse(Reflect.get(record, key)).data;
}

/** What the streams' lags were: by stream, the oldest first. */
export type LagHistory = ReadonlyMap<string, readonly (number | undefined)[]>;

export function streamColumns(now: number, history: LagHistory): Column<StreamRow>[] {
  return [
    { key: 'portal', value: ({ portal }) => portal, from: Number.POSITIVE_INFINITY },
    { key: 'stream', value: ({ stream }) => stream, narrow: 'cut' },
    {
      key: 'state',
      value: ({ state }) => state,
      cell: ({ state, backfillShare }) =>
        backfillShare === undefined ? state : `${state}, backfill ${Math.floor(backfillShare * 100)} %`,
      narrow: 'wrap',
    },
    {
      key: 'lagSeconds',
      head: 'lag',
      value: ({ lagSeconds }) => roundedOrNull(lagSeconds),
      cell: ({ lagSeconds }) => (lagSeconds === undefined ? '' : formatDuration(lagSeconds)),
    },
    ...(history.size === 0
      ? []
      : [
          {
            key: 'lagHistory',
            head: 'lag so far',
            value: () => null,
            cell: ({ stream }: StreamRow) => sparkline(history.get(stream) ?? []),
            from: 100,
          },
        ]),
    {
      key: 'lastEventAt',
      head: 'last event',
      value: ({ lastEventAt }) => isoOrNull(lastEventAt),
      cell: ({ lastEventAt }) => formatAgo(lastEventAt, now) || 'none yet',
    },
    {
      key: 'watermark',
      value: ({ watermark }) => isoOrNull(watermark),
      from: 140,
    },
    {
      key: 'backfillShare',
      value: ({ backfillShare }) => backfillShare ?? null,
      from: Number.POSITIVE_INFINITY,
    },
    { key: 'reason', value: ({ reason }) => reason ?? null, from: Number.POSITIVE_INFINITY },
  ];
}

/** Whether the portal has the stream, or once had it. */
export function hasStream({ request }: TargetPortal, state: PortalState, stream: string): boolean {
  const stored = byStream(state.checkpoints);
  return (
    stored.has(stream) || listStreams(request, state.discovery, stored).some(({ name }) => name === stream)
  );
}

/** @throws CliFailure that lists the streams there are, where this is none of them */
export function requireStream(portal: TargetPortal, state: PortalState, stream: string): void {
  const names = listStreams(portal.request, state.discovery, byStream(state.checkpoints)).map(
    ({ name }) => name,
  );
  if (names.includes(stream)) return;
  throw new CliFailure(
    `Portal ${portal.name} has no stream ${stream}: found ${listNames(names.sort())}.`,
    `{events status --portal ${portal.name}}`,
    EXIT.usage,
  );
}
