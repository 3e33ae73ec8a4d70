/** The simulated HubSpot in a process of its own: its work is not the measured function's, nor the bench's. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type EvenHistory, evenHistorySchema } from './even-history.ts';

export const portalOrderSchema = z.object({
  history: evenHistorySchema,
  latencyMs: z.number(),
  /** HubSpot's limit; null: none at all. */
  per10Seconds: z.number().nullable(),
  /** No page has more events, whatever was asked for; 1,000 where not given. */
  mostPerPage: z.number().default(1_000),
});

export interface PortalOrder {
  readonly history: EvenHistory;
  readonly latencyMs: number;
  readonly per10Seconds: number | null;
  readonly mostPerPage?: number;
}

export const portalTellingSchema = z.object({
  url: z.string(),
  /** The instants of its last requests, and their statuses. */
  requests: z.array(z.object({ at: z.number(), status: z.number() })),
});

export type PortalTelling = z.output<typeof portalTellingSchema>;

export interface PortalProcess {
  readonly url: string;
  /** The requests since the last asking. */
  readonly takeRequests: () => Promise<PortalTelling['requests']>;
  readonly close: () => Promise<void>;
}

const MAIN = fileURLToPath(new URL('./portal-main.ts', import.meta.url));

/** The portal, once it listens on 127.0.0.1. */
export async function startPortalProcess(order: PortalOrder): Promise<PortalProcess> {
  const child = fork(MAIN, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const { url } = await ask(child, order);
    return {
      url,
      takeRequests: async () => (await ask(child, 'requests')).requests,
      close: () => end(child),
    };
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function ask(child: ChildProcess, question: PortalOrder | 'requests'): Promise<PortalTelling> {
  const ending = new AbortController();
  const left = once(child, 'exit', { signal: ending.signal }).then(() => {
    throw new Error('Asking the simulated portal: its process must be there, found it ended');
  });
  left.catch(() => undefined);
  const answered = once(child, 'message', { signal: ending.signal });
  child.send(question);
  try {
    const [telling] = await Promise.race([answered, left]);
    return portalTellingSchema.parse(telling);
  } finally {
    ending.abort();
    answered.catch(() => undefined);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
