/** What becomes of a stream that failed: tried again, set aside, or, where it is the credentials, the end of the run. */
import type { PassKind } from '../contract.ts';
import { isReadable, type Pass, type StreamError, setAside, withoutCursors } from '../core/checkpoint.ts';
import { toIso } from '../core/instant.ts';
import { sweepOverdueSince } from '../core/reading/sweep.ts';
import { describeFailure, type FailureCode, type PollerError, toPollerError } from '../errors.ts';
import type { RunContext, StreamRun } from './stream-run.ts';

/** What the failure of a reading means for its stream. @throws PollerError that ends the run */
export async function noteFailure(
  context: RunContext,
  run: StreamRun,
  kind: PassKind,
  error: PollerError,
): Promise<void> {
  if (kind !== 'live') run.done.add(kind);
  if (error.nextStep === 'end-run') throw error;
  // The other run goes on from where it stands, and keeps what there is to keep.
  const isLeft = error.nextStep === 'pause' || error.code === 'checkpoint-conflict';
  if (kind === 'live')
    run.dueAt = isLeft ? Number.POSITIVE_INFINITY : context.clock.now() + context.request.pollSeconds * 1000;
  if (error.nextStep === 'pause') return keepPageLimit(context, run);
  const what = kind === 'live' ? 'A stream failed' : `A ${kind} failed`;
  context.log.error(what, { stream: run.stream.name, ...describeFailure(error) });
  if (isLeft) return;
  run.pages = 0;
  // Another page of it was read since: then it was a stray one.
  if (!run.isRefused) await keepFailure(context, run, kind, error, false);
  else if (kind === 'live' && error.nextStep === 'quarantine-unless-all')
    run.refusal = { at: context.clock.now(), error };
  else await keepFailure(context, run, kind, error, error.nextStep === 'quarantine');
}

/** What is known of a stream's pages is kept also where the time was up before one came. */
function keepPageLimit({ store, request }: RunContext, run: StreamRun): Promise<void> {
  const kept = run.saving.then(async () => {
    const { checkpoint, pageSize } = run;
    if (pageSize.pageLimit === checkpoint.pageLimit || checkpoint.revision === 0) return;
    run.checkpoint = await store.saveCheckpoint(request.portal, {
      ...checkpoint,
      pageLimit: pageSize.pageLimit,
    });
  });
  run.saving = kept.catch(() => undefined);
  return kept.catch((thrown: unknown) => {
    const error = toPollerError(thrown);
    if (error.nextStep === 'end-run') throw error;
  });
}

/** Tells of a sweep that never gets its turn: what came late is not found, and nothing else would say so. */
export async function noteOverdueSweep(context: RunContext, run: StreamRun): Promise<void> {
  const { clock, request, store, log } = context;
  const { checkpoint, stream, dueAt, refusal } = run;
  const now = clock.now();
  // One that is behind, or refused, is told as such.
  const isResting = dueAt > now && refusal === undefined && isReadable(checkpoint);
  const since = isResting ? sweepOverdueSince(checkpoint, request, now) : undefined;
  if (since === undefined || checkpoint.sweepError !== undefined) return;
  const code: FailureCode = 'sweep-overdue';
  const message = `The sweep of ${stream.name} has waited since ${toIso(since)}: live polls need all of maxRequestsPer10Seconds, or less than a tenth of the account's daily requests is left.`;
  log.error('A sweep is overdue', { stream: stream.name, code, reason: message });
  try {
    const sweepError = { at: now, code, message };
    run.checkpoint = await store.saveCheckpoint(request.portal, { ...checkpoint, sweepError });
  } catch (thrown) {
    const unsaved = toPollerError(thrown);
    if (unsaved.nextStep === 'end-run') throw unsaved;
  }
}

/** What fails when a page was read, and is no fault of its cursor. */
const AFTER_READING: ReadonlySet<FailureCode> = new Set([
  'bus-unavailable',
  'dead-letters-unavailable',
  'store-unavailable',
]);

/** Keeps the failure with its stream. The cursors are forgotten where the fault may be one's own. */
async function keepFailure(
  { clock, store, request }: RunContext,
  run: StreamRun,
  kind: PassKind,
  { code, message }: PollerError,
  isRefused: boolean,
): Promise<void> {
  const now = clock.now();
  const failed: StreamError = { at: now, code, message };
  const { backfill, checkpoint, pageSize } = run;
  const keepPass = <P extends Pass>(pass: P): P => (AFTER_READING.has(code) ? pass : withoutCursors(pass));
  try {
    if (kind === 'backfill') {
      // It ended after all: only the answer to an earlier write was lost.
      if (backfill?.finishedAt !== undefined) return;
      const next = backfill && { ...keepPass(backfill), lastError: failed };
      run.backfill = next && (await store.saveBackfill(request.portal, next)) ? next : undefined;
      return;
    }
    const { pageLimit } = pageSize;
    const { live, sweep } = checkpoint;
    const left = kind === 'live' && isRefused ? setAside(checkpoint, message, now) : checkpoint;
    run.checkpoint =
      kind === 'live'
        ? { ...left, pageLimit, lastError: failed, live: live && keepPass(live) }
        : { ...left, pageLimit, sweepError: failed, sweep: sweep && keepPass(sweep) };
    if (run.checkpoint.quarantine !== undefined) run.dueAt = run.checkpoint.quarantine.retryAt;
    run.checkpoint = await store.saveCheckpoint(request.portal, run.checkpoint);
  } catch (thrown) {
    const unsaved = toPollerError(thrown);
    if (unsaved.nextStep === 'end-run') throw unsaved;
    run.dueAt = Number.POSITIVE_INFINITY;
  }
}

/**
 * What a 403 means shows only beside the other streams: where none of them can be read since, it is the credentials,
 * and the run fails; else it is the type, which is set aside. Where none was read since, one is asked as a probe:
 * gives true where there is one to poll first. @throws PollerError `hubspot-forbidden`
 */
export async function classifyForbidden(context: RunContext, runs: readonly StreamRun[]): Promise<boolean> {
  const now = context.clock.now();
  const refused = runs.flatMap((run) => (run.refusal === undefined ? [] : [{ run, ...run.refusal }]));
  const [first] = refused.toSorted((a, b) => a.at - b.at);
  if (first === undefined) return false;
  const isProven = runs.some(({ readAt, refusal }) => refusal === undefined && (readAt ?? 0) >= first.at);
  if (!isProven) {
    const probe = runs.find(
      (run) => run.refusal === undefined && !run.isProbe && run.dueAt > now && isReadable(run.checkpoint),
    );
    const isAsked = runs.some(({ isProbe }) => isProbe);
    // Where the time is up it is not polled any more, and the next look at it ends here.
    if (isAsked || probe === undefined) throw first.error;
    probe.isProbe = true;
    probe.dueAt = now;
    return true;
  }
  for (const { run, error } of refused) {
    run.refusal = undefined;
    await keepFailure(context, run, 'live', error, true);
  }
  return false;
}
