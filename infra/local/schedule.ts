/** Invokes the function for each portal as its schedule does, every few seconds instead of every minute. */
import { setTimeout as wait } from 'node:timers/promises';
import pLimit from 'p-limit';
import { reportRun } from './run-report.ts';
import type { Session } from './session.ts';
import { readStreams } from './view/stream-standing.ts';

/** How long a run that is under way when the end is asked for may take to get there by itself. */
const GRACE_MS = 10_000;

/** Runs at once: each is a process of its own, and a machine has not many cores. */
const runs = pLimit(8);

/** Polls each portal once; true where every run went well. */
export async function pollOnce(session: Session, stop: AbortSignal): Promise<boolean> {
  const killer = killAfterGrace(session, stop);
  const outcomes = await Promise.all(session.portals.map((portal) => pollPortal(session, portal)));
  killer.dispose();
  return outcomes.every((isGood) => isGood);
}

/** Polls each portal again and again until told to stop; resolves when the runs under way are over. */
export async function pollOnSchedule(session: Session, stop: AbortSignal): Promise<void> {
  const killer = killAfterGrace(session, stop);
  await Promise.all(session.portals.map((portal) => pollAgain(session, portal, stop)));
  killer.dispose();
}

async function pollAgain(session: Session, portal: string, stop: AbortSignal): Promise<void> {
  const everyMs = session.everySeconds * 1000;
  let tickAt = Date.now();
  while (!stop.aborted) {
    await pollPortal(session, portal);
    // A tick that a long run has missed is gone: the next one does its work.
    tickAt += everyMs * Math.max(1, Math.ceil((Date.now() - tickAt) / everyMs));
    await waitUntil(tickAt, stop);
  }
}

async function pollPortal({ stack, view }: Session, portal: string): Promise<boolean> {
  const result = await runs(() => stack.invoke(portal));
  const report = reportRun(portal, result, new Date());
  try {
    view.showRun(report, await readStreams(stack.table, portal));
  } catch (error) {
    const problem = `The checkpoints could not be read: ${error instanceof Error ? error.message : error}`;
    view.showRun({ ...report, problems: [...report.problems, problem] }, undefined);
  }
  return result.ok;
}

async function waitUntil(instant: number, stop: AbortSignal): Promise<void> {
  try {
    await wait(Math.max(0, instant - Date.now()), undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

function killAfterGrace({ stack }: Session, stop: AbortSignal): { readonly dispose: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(stack.kill, GRACE_MS);
  };
  stop.addEventListener('abort', begin, { once: true });
  return {
    dispose: () => {
      stop.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
