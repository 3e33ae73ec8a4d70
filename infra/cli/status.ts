/** `status`: each stream with its watermark, lag, last event and state. */
import Table from 'cli-table3';
import type { Backfill, Checkpoint } from '../../functions/poller/core/checkpoint.ts';
import { listStreams } from '../../functions/poller/core/streams.ts';
import { restsUntil } from '../../functions/poller/core/windows.ts';
import type { PollRequest } from '../../functions/poller/input/request.ts';
import type { PortalState } from '../../functions/poller/ports.ts';
import { formatSeconds } from '../local/view/view.ts';
import type { Io } from './io.ts';
import { storeOf, type Target, type TargetPortal } from './target.ts';

export type StreamState = 'waiting' | 'quarantined' | 'failing' | 'behind' | 'idle' | 'current';

export interface StreamStatus {
  readonly portal: string;
  readonly stream: string;
  readonly state: StreamState;
  readonly watermark: string | null;
  readonly lagSeconds: number | null;
  readonly lastEventAt: string | null;
  readonly backfill: string | null;
  /** Why it is not well. */
  readonly reason: string | null;
}

/** The portal's streams, those that are not well first, then the furthest behind. */
export function describeStreams(request: PollRequest, state: PortalState, now: number): StreamStatus[] {
  const { checkpoints, backfills, discovery } = state;
  const names = new Set(listStreams(request, discovery, checkpoints).map(({ name }) => name));
  const rows = [...names].map((stream) =>
    describeStream(
      request,
      stream,
      checkpoints.find((checkpoint) => checkpoint.stream === stream),
      backfills.find((backfill) => backfill.stream === stream),
      now,
    ),
  );
  const rank = ({ state: of }: StreamStatus) =>
    ['quarantined', 'failing', 'behind', 'waiting', 'current', 'idle'].indexOf(of);
  return rows.sort((a, b) => rank(a) - rank(b) || (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0));
}

function describeStream(
  request: PollRequest,
  stream: string,
  checkpoint: Checkpoint | undefined,
  backfill: Backfill | undefined,
  now: number,
): StreamStatus {
  const lagSeconds = checkpoint === undefined ? null : Math.max(0, (now - checkpoint.watermark) / 1000);
  const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  const asked = backfill?.finishedAt === undefined ? backfill : undefined;
  return {
    portal: request.portal,
    stream,
    state: judge(request, checkpoint, lagSeconds ?? 0, now),
    watermark: iso(checkpoint?.watermark),
    lagSeconds,
    lastEventAt: iso(checkpoint?.lastEventAt),
    backfill: asked === undefined ? null : `${iso(asked.position)} of ${iso(asked.to)}`,
    reason: checkpoint?.quarantine?.reason ?? checkpoint?.lastError?.message ?? null,
  };
}

function judge(
  request: PollRequest,
  checkpoint: Checkpoint | undefined,
  lagSeconds: number,
  now: number,
): StreamState {
  if (checkpoint === undefined) return 'waiting';
  if (checkpoint.quarantine !== undefined) return 'quarantined';
  if (checkpoint.lastError !== undefined) return 'failing';
  const rests = restsUntil(checkpoint, request, now) !== undefined;
  // Two polls that did not happen: one may be late.
  if (lagSeconds > 2 * Math.max(60, rests ? request.idlePollSeconds : request.pollSeconds) + 60)
    return 'behind';
  return rests ? 'idle' : 'current';
}

/** The streams as a table, or a line where there is none. */
export function renderStatus(rows: readonly StreamStatus[], about: string): string {
  if (rows.length === 0) return `${about}: no stream yet; npm run events -- doctor says why.`;
  const table = new Table({
    head: ['stream', 'state', 'lag', 'watermark', 'last event'],
    style: { head: [], border: [], compact: true },
  });
  const portals = new Set(rows.map(({ portal }) => portal));
  for (const row of rows) {
    table.push([
      portals.size > 1 ? `${row.portal}/${row.stream}` : row.stream,
      row.backfill === null ? row.state : `${row.state}, backfill at ${row.backfill}`,
      row.lagSeconds === null ? '' : formatSeconds(row.lagSeconds),
      row.watermark ?? '',
      row.lastEventAt ?? 'none yet',
    ]);
  }
  const reasons = rows.flatMap(({ stream, reason }) => (reason === null ? [] : [`${stream}: ${reason}`]));
  return [
    `${about}, ${[...portals].map((portal) => `portal ${portal}`).join(', ')}`,
    table.toString(),
    ...reasons,
  ].join('\n');
}

export interface StatusFlags {
  readonly json: boolean;
  readonly watch: boolean;
}

const WATCH_MS = 2_000;

/** Shows the portals' streams once, or again and again until the signal. */
export async function showStatus(
  io: Io,
  target: Target,
  portals: readonly TargetPortal[],
  { json, watch }: StatusFlags,
): Promise<void> {
  do {
    const now = io.now();
    const store = storeOf(target, now);
    const rows: StreamStatus[] = [];
    for (const { name, request } of portals) {
      rows.push(...describeStreams(request, await store.readPortal(name), now));
    }
    // Clears the screen: the table stands still while its figures move.
    const lead = watch && io.isTerminal && !json ? '\u001b[2J\u001b[H' : '';
    io.out(
      lead +
        (json ? JSON.stringify(rows, undefined, watch ? undefined : 2) : renderStatus(rows, target.about)),
    );
    if (watch) await io.wait(WATCH_MS);
  } while (watch && !io.signal.aborted);
}
