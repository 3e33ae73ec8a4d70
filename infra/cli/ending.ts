/** When a command is asked to end: by Ctrl-C or another signal. */
import type { EventEmitter } from 'node:events';
import { SAME_SIGNAL_MS } from '../local/command/ending.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborted at the first signal. A second one, a while later, ends the process as it is. Until then the listeners stay:
 * npm hands the first one on once more, and log-update's own listener ends a process that nobody else listens in.
 */
export function listenForEnd(source: Pick<EventEmitter, 'on' | 'off'> = process): AbortController {
  const ending = new AbortController();
  const end = () => {
    ending.abort();
    setTimeout(() => {
      for (const signal of SIGNALS) source.off(signal, end);
    }, SAME_SIGNAL_MS).unref();
  };
  for (const signal of SIGNALS) source.on(signal, end);
  return ending;
}
