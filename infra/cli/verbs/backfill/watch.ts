/** Watches a backfill until it is done, or until Ctrl-C. */
import type { Backfill } from '../../../../functions/poller/core/checkpoint.ts';
import { CliFailure } from '../../failure.ts';
import type { Io } from '../../io.ts';
import { plural } from '../../show/format.ts';
import { formOf, toJson, toLine } from '../../show/rows.ts';
import type { Target, TargetPortal } from '../../target/target.ts';
import { addSample, progressColumns, progressOf, renderProgress, type Sample, waitOf } from './progress.ts';

const WATCH_MS = 2_000;

/** A bar on a terminal; through a pipe a line whenever something has changed. */
export async function watchBackfill(
  io: Io,
  target: Target,
  portal: TargetPortal,
  stream: string,
  json: boolean,
): Promise<void> {
  const form = formOf(io, json);
  let samples: readonly Sample[] = [];
  let told = '';
  for (;;) {
    const now = io.now();
    const { backfill, waitsFor } = await lookAt(target, portal, stream, now);
    if (form === 'lines' && samples.length === 0) io.write(progressColumns.map(({ key }) => key).join('\t'));
    samples = addSample(samples, backfill, now);
    const progress = progressOf(backfill, samples, waitsFor);
    if (form === 'table') io.redraw(renderProgress(progress, io.columns() ?? 0));
    const known = JSON.stringify([progress.share, progress.eventsPublished, backfill.finishedAt]);
    if (form !== 'table' && known !== told)
      io.write(json ? JSON.stringify(toJson(progressColumns, progress)) : toLine(progressColumns, progress));
    told = known;
    if (backfill.finishedAt !== undefined) return end(io, describeDone(backfill), form === 'table');
    await io.wait(WATCH_MS);
    if (io.signal.aborted)
      return end(io, `The backfill of ${stream} goes on with the scheduled runs.`, form === 'table');
  }
}

function describeDone({ stream, eventsPublished, requests }: Backfill): string {
  return `The backfill of ${stream} is done: ${plural(eventsPublished, 'event')} published, ${plural(requests, 'request')} made.`;
}

function end(io: Io, text: string, isDrawn: boolean): void {
  io.settle();
  (isDrawn ? io.out : io.err)(text);
}

async function lookAt(target: Target, portal: TargetPortal, stream: string, now: number) {
  const store = target.store();
  const { backfills, checkpoints } = await store.readPortal(portal.name);
  const backfill = backfills.find((each) => each.stream === stream);
  if (backfill === undefined)
    throw new CliFailure(`Stream ${stream} has no backfill.`, 'Ask for one with --from and --to.');
  const [listed, found] = await Promise.all([
    store.listPortals().then((all) => all.find((each) => each.portal === portal.name)),
    target.findPortal(portal.name),
  ]);
  const checkpoint = checkpoints.find((each) => each.stream === stream);
  const run = {
    isUnderWay: (listed?.leaseUntil ?? 0) > now,
    endedAt: listed?.standing?.endedAt,
  };
  return { backfill, waitsFor: waitOf(backfill, checkpoint, found ?? portal, run, now) };
}
