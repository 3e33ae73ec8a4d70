/**
 * One page, from the asking to the checkpoint. In this order only:
 *
 *   HubSpot ─▶ answer noted ─▶ published, every outcome, ledger (publish-page.ts) ─▶ reading moves on ─▶ saved
 *                   │
 *                   └─▶ from here on the next page of its chain may be asked for
 */
import { parseEntry } from '../core/event/event.ts';
import type { Instant } from '../core/instant.ts';
import { holdPageSize, learnPageSize } from '../core/reading/page-size.ts';
import type { PageAnswer } from '../core/reading/paging.ts';
import {
  forgetCursor,
  isWithin,
  noteAnswer,
  notePartly,
  noteResolved,
  segmentOf,
} from '../core/reading/reading.ts';
import { nextPollAt } from '../core/reading/windows.ts';
import { outOfTime, toPollerError, worse } from '../errors.ts';
import { type PageToPublish, publishPage } from '../publish/publish-page.ts';
import { noteFailure } from './failures.ts';
import type { NextPage } from './next-page.ts';
import {
  type OpenReading,
  openReading,
  type RunContext,
  type StreamRun,
  saveProgress,
} from './stream-run.ts';

/** Takes note that the page is under way. */
export function startPage(context: RunContext, { run, kind, reading }: NextPage): OpenReading {
  const open = run.readings.get(kind) ?? openReading(context, run, reading);
  open.reading = reading;
  open.pagesOpen += 1;
  run.pages += 1;
  return open;
}

/** Asks for the page; undefined where that failed, which its reading notes. @throws PollerError that ends the run */
export async function askForPage(
  context: RunContext,
  next: NextPage,
  open: OpenReading,
): Promise<PageToPublish | undefined> {
  const { source, clock, stop } = context;
  const { run, page, limit, maxBytes, until } = next;
  try {
    if (stop.signal.aborted || clock.now() >= until) throw outOfTime(`Reading ${run.stream.name}`);
    const { from, to, cursor } = page;
    const query = { query: run.stream.query, from, to, cursor, limit, maxBytes };
    return noteAnswered(context, next, open, await source.readPage(query, until, stop.signal));
  } catch (thrown) {
    const error = toPollerError(thrown);
    if (error.nextStep.startsWith('quarantine')) run.isRefused = true;
    const { reduced } = error;
    if (reduced !== undefined) run.pageSize = holdPageSize(run.pageSize, limit, reduced, clock.now());
    const isResumed = segmentOf(open.reading, page.segmentId)?.isResumed === true;
    // HubSpot may no longer know a cursor that an earlier run left: the position is what counts.
    if (isResumed && error.code === 'hubspot-bad-request') open.reading = forgetCursor(open.reading, page);
    else open.failure = worse(open.failure, error);
    await endPage(context, run, open);
    return undefined;
  }
}

function noteAnswered(
  { clock, tally, request }: RunContext,
  { run, kind, page, limit }: NextPage,
  open: OpenReading,
  answer: PageAnswer,
): PageToPublish {
  const entries = answer.entries.map(parseEntry);
  open.reading = noteAnswer(open.reading, page, entries, answer.cursor);
  const now = clock.now();
  run.readAt = now;
  // A 403 of before was a stray one.
  run.isRefused = false;
  run.refusal = undefined;
  run.pageSize = learnPageSize(run.pageSize, limit, answer, now);
  tally.eventsRead += entries.length;
  const shown = entries.filter((entry) => isWithin(open.reading, entry));
  for (const { occurredAt } of shown) open.lastAt = Math.max(open.lastAt, occurredAt ?? open.lastAt);
  return {
    origin: { portal: request.portal, stream: run.stream.name, pass: kind },
    lateBefore: open.reading.lateBefore,
    entries: shown,
    bytesPerEntry: answer.bytes / Math.max(1, entries.length),
  };
}

/** Publishes an answered page and moves its reading on. @throws PollerError that ends the run */
export async function resolvePage(
  context: RunContext,
  { run, page }: NextPage,
  open: OpenReading,
  answered: PageToPublish,
): Promise<void> {
  const { clock, time } = context;
  const startedAt = clock.now();
  try {
    const { fresh, published, failure, unresolvedAt } = await publishPage(
      context,
      open.deduplicator,
      answered,
    );
    time.notePage(clock.now() - startedAt);
    open.requests += 1;
    open.fresh += fresh;
    open.published += published;
    open.reading =
      failure === undefined ? noteResolved(open.reading, page) : notePartly(open.reading, page, unresolvedAt);
    if (failure !== undefined) open.failure = worse(open.failure, failure);
    const isHealing = run.checkpoint.lastError !== undefined || run.checkpoint.quarantine !== undefined;
    if (open.fresh > 0 || isHealing || open.reading.segments.length === 0)
      await saveProgress(context, run, open);
  } catch (thrown) {
    open.failure = worse(open.failure, toPollerError(thrown));
  }
  await endPage(context, run, open);
}

/** With the last page under way ends its reading, where it failed or is at its end. */
async function endPage(context: RunContext, run: StreamRun, open: OpenReading): Promise<void> {
  open.pagesOpen -= 1;
  // The run ends now: what the other pages are doing may only be finished.
  if (open.failure?.nextStep === 'end-run') context.stop.abort();
  if (open.pagesOpen > 0 || (open.failure === undefined && open.reading.segments.length > 0)) return;
  await pauseReading(context, run, open);
  const { failure, reading } = open;
  if (failure !== undefined) return noteFailure(context, run, reading.kind, failure);
  if (reading.kind === 'live') noteUpToDate(context, run);
  else run.done.add(reading.kind);
}

/** Saves what is not saved yet of a reading that this run does not go on with. */
export async function pauseReading(context: RunContext, run: StreamRun, open: OpenReading): Promise<void> {
  run.readings.delete(open.reading.kind);
  // A run that ends with a failure of the account leaves its checkpoints as they are.
  if (open.failure?.nextStep === 'end-run') return;
  try {
    await saveProgress(context, run, open, true);
  } catch (thrown) {
    open.failure = worse(open.failure, toPollerError(thrown));
  }
}

function noteUpToDate({ request, clock, time }: RunContext, run: StreamRun): void {
  const { checkpoint } = run;
  const now: Instant = clock.now();
  run.pages = 0;
  // A pass that an earlier run began ends at that run's instant: what came since is due at once.
  const isCurrent = checkpoint.watermark >= time.startedAt;
  const againAt = isCurrent ? checkpoint.watermark + request.pollSeconds * 1000 : now;
  run.dueAt = nextPollAt(checkpoint, request, now) ?? againAt;
}
