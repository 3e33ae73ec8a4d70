/** Invokes the function for each portal as its schedule does, every few seconds instead of every minute. */
import { setTimeout as wait } from 'node:timers/promises';
import pLimit from 'p-limit';
import { reportRun } from '../run-report.ts';
import type { Session } from '../session/session.ts';
import { readStreams, type StreamStanding } from '../view/stream-standing.ts';
import type { RunProgress, View } from '../view/view.ts';

/** How often a run that is under way tells how far it is. */
const PROGRESS_MS = 1_000;

/** Runs at once: each is a process of its own, and a machine has not many cores. */
const runs = pLimit(8);

/** What polls a session's portals, and which of them it is polling right now. */
export interface Polling {
  /** Polls each portal once; true where every run went well. */
  readonly once: () => Promise<boolean>;
  /** Polls each portal again and again; resolves when it was told to stop and the runs under way are over. */
  readonly onSchedule: () => Promise<void>;
  readonly underWay: ReadonlySet<string>;
}

/** @param stop no run begins once it is aborted */
export function createPolling(session: Session, view: View, stop: AbortSignal): Polling {
  const { portals, stack } = session;
  const underWay = new Set<string>();

  async function poll(portal: string): Promise<boolean> {
    if (stop.aborted) return false;
    underWay.add(portal);
    view.beginRun(portal, new Date());
    const requestsBefore = session.requestsOf(portal);
    const progress = setInterval(() => {
      void describeProgress(session, portal, requestsBefore).then((found) => {
        if (underWay.has(portal)) view.showProgress(found);
      });
    }, PROGRESS_MS);
    const result = await stack.invoke(portal);
    clearInterval(progress);
    underWay.delete(portal);
    // Whoever asked for the end may have had the run killed: that is no failure of its own.
    if (stop.aborted && !result.ok) return false;
    const report = reportRun(portal, result, new Date());
    const streams = await tryStreams(session, portal);
    const problems = typeof streams === 'string' ? [...report.problems, streams] : report.problems;
    view.showRun({ ...report, problems }, typeof streams === 'string' ? undefined : streams);
    return result.ok;
  }

  async function pollAgain(portal: string): Promise<void> {
    const everyMs = session.everySeconds * 1000;
    let tickAt = Date.now();
    while (!stop.aborted) {
      if (!session.isPaused(portal)) await runs(() => poll(portal));
      // A tick that a long run has missed is gone: the next one does its work.
      tickAt += everyMs * Math.max(1, Math.ceil((Date.now() - tickAt) / everyMs));
      await waitUntil(tickAt, stop);
    }
  }

  return {
    underWay,
    once: async () => {
      const outcomes = await Promise.all(portals.map((portal) => runs(() => poll(portal))));
      return outcomes.every((isGood) => isGood);
    },
    onSchedule: async () => {
      await Promise.all(portals.map(pollAgain));
    },
  };
}

async function describeProgress(
  session: Session,
  portal: string,
  requestsBefore: number | undefined,
): Promise<RunProgress> {
  const requests = session.requestsOf(portal);
  const streams = await tryStreams(session, portal);
  return {
    portal,
    at: new Date(),
    requests: requests === undefined ? undefined : requests - (requestsBefore ?? 0),
    streams: typeof streams === 'string' ? undefined : streams,
  };
}

/** The streams, or why they could not be read. */
async function tryStreams({ stack }: Session, portal: string): Promise<readonly StreamStanding[] | string> {
  try {
    return await readStreams(stack.table, portal);
  } catch (error) {
    return `The checkpoints could not be read: ${error instanceof Error ? error.message : error}`;
  }
}

async function waitUntil(instant: number, stop: AbortSignal): Promise<void> {
  try {
    await wait(Math.max(0, instant - Date.now()), undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
