/**
 * The streams of one portal in one run: the loop that asks for pages.
 *
 *   next page (next-page.ts) ─▶ asked for ─▶ resolved (read-page.ts) ─┐
 *        ▲                                                            │ at most 12 at once
 *        └────────────────────────────────────────────────────────────┘
 */
import { type Instant, MINUTE_MS } from '../core/instant.ts';
import { gravestOf, type PollerError, toPollerError, worse } from '../errors.ts';
import { classifyForbidden, noteFailure, noteOverdueSweep } from './failures.ts';
import { type NextPage, nextPage, PAGES_AT_ONCE, TICK_MARGIN_MS } from './next-page.ts';
import { askForPage, pauseReading, resolvePage, startPage } from './read-page.ts';
import type { RunContext, StreamRun } from './stream-run.ts';

/** Polls every due stream until nothing is due or the time is up. @throws PollerError that ends the run */
export async function runPortal(context: RunContext, runs: readonly StreamRun[]): Promise<void> {
  const { clock, time, stop } = context;
  const active = new Set<Promise<void>>();
  let bytesUnderWay = 0;
  let failure: PollerError | undefined;

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((thrown: unknown) => {
        failure = worse(failure, toPollerError(thrown));
        stop.abort();
      })
      .finally(() => active.delete(tracked));
    active.add(tracked);
  }

  async function ask(next: NextPage): Promise<void> {
    const open = startPage(context, next);
    bytesUnderWay += next.maxBytes;
    const answered = await askForPage(context, next, open);
    const resolved = answered && resolvePage(context, next, open, answered);
    // Its answer is there: from now on the loop may ask for the next one of its chain.
    track(
      Promise.resolve(resolved).finally(() => {
        bytesUnderWay -= next.maxBytes;
      }),
    );
  }

  for (;;) {
    while (active.size < PAGES_AT_ONCE && failure === undefined) {
      const next = nextPage(context, runs, bytesUnderWay, clock.now());
      if (next === undefined) break;
      track(ask(next));
    }
    if (active.size > 0) {
      await Promise.race(active);
      continue;
    }
    if (failure !== undefined) throw failure;
    if (await classifyForbidden(context, runs)) continue;
    const wakeAt = runs.reduce((least, { dueAt }) => Math.min(least, dueAt), Number.POSITIVE_INFINITY);
    if (clock.now() >= time.readUntil || wakeAt >= time.readUntil || wakeAt >= pollingEndsAt(context)) break;
    await clock.sleep(wakeAt - clock.now());
  }
  await pauseAll(context, runs);
}

/** What the time was not enough for goes on in the next run. @throws PollerError that ends the run */
async function pauseAll(context: RunContext, runs: readonly StreamRun[]): Promise<void> {
  const pauses = runs.map(async (run) => {
    for (const [kind, open] of [...run.readings]) {
      await pauseReading(context, run, open);
      if (open.failure !== undefined) await noteFailure(context, run, kind, open.failure);
    }
    await noteOverdueSweep(context, run);
  });
  const failure = gravestOf(await Promise.allSettled(pauses));
  if (failure !== undefined) throw failure;
}

/**
 * When this run stops polling again by itself. With a poll interval under a minute: at the end of the tick's minute,
 * or, where the run outlasted that, of the minute whose tick found the lease taken.
 */
function pollingEndsAt({ clock, request, time }: RunContext): Instant {
  if (request.pollSeconds >= 60) return time.startedAt;
  const minutes = Math.max(1, Math.ceil((clock.now() - time.startedAt) / MINUTE_MS));
  return time.startedAt + minutes * MINUTE_MS - Math.min(TICK_MARGIN_MS, request.pollSeconds * 500);
}
