/** When the process is asked to end: by a signal, by the reader of its lines that has gone, by npm's end. */
import type { EndRequests } from './command.ts';

const PARENT_WATCH_MS = 250;

/** Tells of each request to end. */
export const listenForSignals: EndRequests = (onRequest) => {
  process.on('SIGINT', onRequest);
  process.on('SIGTERM', onRequest);
  // Whoever read the lines has gone: `npm start | head`. The lines that tell of the end fail then, too.
  let isRead = true;
  process.stdout.on('error', () => {
    if (isRead) {
      isRead = false;
      onRequest();
    }
  });
  const parentWatch = watchParent(onRequest);
  return {
    dispose: () => {
      clearInterval(parentWatch);
      process.off('SIGINT', onRequest);
      process.off('SIGTERM', onRequest);
    },
  };
};

/** A signal to npm alone ends the shell between npm and this process, which is told nothing of it. */
function watchParent(onEnd: () => void): NodeJS.Timeout {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onEnd();
  }, PARENT_WATCH_MS);
  return timer;
}
