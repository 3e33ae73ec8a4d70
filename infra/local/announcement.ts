/**
 * How the command line finds an `npm start`: a file names a server on loopback, and the server tells and does what
 * AWS would for a deployed stack.
 *
 *   GET stack · POST invoke · GET runs/<portal>, the latest · GET events, a line each as they land
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { InvocationResult } from './lambda/execution-environment.ts';
import { readBody, startLoopbackServer } from './loopback.ts';
import type { LocalStack } from './stack.ts';

/** In the folder that npm runs in: the repository's root. */
export const ANNOUNCEMENT_FILE = '.local-state/running.json';

export const announcementSchema = z.object({ url: z.string(), processId: z.number() });

export const stackSchema = z.object({
  /** The function's environment: names, and where the services are. */
  environment: z.record(z.string(), z.string()),
  /** Each portal's schedule `Input`. */
  portals: z.record(z.string(), z.string()),
});

export interface Announced {
  /** The same stack; its invocations are remembered for whoever asks. */
  readonly stack: LocalStack;
  readonly close: () => Promise<void>;
}

/** Announces the stack until it is closed. The last of several in one folder is the one that is found. */
export async function announceStack(stack: LocalStack, file: string = ANNOUNCEMENT_FILE): Promise<Announced> {
  const latest = new Map<string, { readonly at: number; readonly result: InvocationResult }>();
  const listeners = new Set<(line: string) => void>();
  stack.onEvent((event) => {
    if (listeners.size === 0) return;
    const line = `${JSON.stringify(stack.envelopeOf(event))}\n`;
    for (const listener of listeners) listener(line);
  });

  const server = await startLoopbackServer(async (request, response) => {
    const [, route = '', portal = ''] = (request.url ?? '').split('/');
    const send = (body: unknown) => response.end(JSON.stringify(body));
    if (route === 'stack') {
      const inputs = stack.portals.map((name) => [name, stack.inputOf(name)]);
      send({ environment: stack.environment, portals: Object.fromEntries(inputs) });
    } else if (route === 'invoke') {
      send(await stack.invokeWith(await readBody(request)));
    } else if (route === 'runs') {
      const run = latest.get(portal);
      send(run === undefined ? null : { at: run.at, ...run.result });
    } else if (route === 'events') {
      const listener = (line: string) => response.write(line);
      listeners.add(listener);
      response.once('close', () => listeners.delete(listener));
      response.flushHeaders();
    } else {
      response.writeHead(404).end();
    }
  });

  announce(file, server.url);
  return {
    stack: {
      ...stack,
      invoke: async (portal, options) => {
        const result = await stack.invoke(portal, options);
        latest.set(portal, { at: Date.now(), result });
        return result;
      },
    },
    close: async () => {
      removeOwn(file, server.url);
      await server.close();
    },
  };
}

/** Polling goes on where the folder cannot be written: only the command line does not find it then. */
function announce(file: string, url: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ url, processId: process.pid }));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** A later `npm start` may have announced itself there. */
function removeOwn(file: string, url: string): void {
  try {
    if (announcementSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).url === url) rmSync(file);
  } catch {
    // Gone or overwritten: then it is not this one's to remove.
  }
}
