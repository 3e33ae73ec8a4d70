/**
 * The control server of an `npm start`: it tells and does what AWS would for a deployed stack.
 *
 *   GET stack · POST invoke · GET runs/<portal>, the latest · GET history/<portal>, the latest hundred
 *   POST pause/<portal>, resume/<portal> · GET events, a line each as they land
 */
import { rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { z } from 'zod';
import { admitKey, createKey } from '../key.ts';
import type { InvocationResult } from '../lambda/execution-environment.ts';
import { readBody, startLoopbackServer } from '../loopback.ts';
import type { LocalStack } from '../stack.ts';
import { writeAnnouncement } from './announcement.ts';

export const stackSchema = z.object({
  /** The function's environment: names, where the services are, and the credentials to sign with. */
  environment: z.record(z.string(), z.string()),
  /** Each portal's schedule `Input`. */
  portals: z.record(z.string(), z.string()),
  /** The portals whose schedule stands still. */
  paused: z.array(z.string()),
  /** How often a portal is polled here. */
  everySeconds: z.number(),
});

export interface AnnounceOptions {
  /** What is polled and where its state is, in a sentence. */
  readonly about?: string;
  /** The folder of the announcement; that of the command line where not given. */
  readonly directory?: string | undefined;
  /** How often a portal is polled, where that is not each minute. */
  readonly everySeconds?: number;
}

/** An invocation that came to its end. */
interface Remembered {
  readonly at: number;
  readonly result: InvocationResult;
}

const KEPT_RUNS = 100;

export interface Announced {
  /** The same stack; its invocations are remembered for whoever asks. */
  readonly stack: LocalStack;
  /** Whether somebody has stopped the portal's schedule. */
  readonly isPaused: (portal: string) => boolean;
  /** The announcement's file. */
  readonly file: string;
  /** Ends the event streams in order, and takes the announcement back. */
  readonly close: () => Promise<void>;
}

/** Announces the stack until it is closed. */
export async function announceStack(
  stack: LocalStack,
  { about = 'a local stack', directory, everySeconds = 60 }: AnnounceOptions = {},
): Promise<Announced> {
  const history = new Map<string, Remembered[]>();
  const paused = new Set<string>();
  const streams = new Set<ServerResponse>();
  stack.onEvent((event) => {
    if (streams.size === 0) return;
    const line = `${JSON.stringify(stack.envelopeOf(event))}\n`;
    for (const response of streams) response.write(line);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    const [, route = '', rest = ''] = pathname.split('/');
    const portal = decodeURIComponent(rest);
    const told = (run: Remembered) => ({ at: run.at, ...run.result });
    const send = (body: unknown) => response.end(JSON.stringify(body));
    switch (`${request.method} ${route}`) {
      case 'GET stack': {
        const inputs = stack.portals.map((name) => [name, stack.inputOf(name)]);
        const { environment } = stack;
        send({ environment, portals: Object.fromEntries(inputs), paused: [...paused], everySeconds });
        return;
      }
      case 'POST invoke':
        send(await stack.invokeWith(await readBody(request)));
        return;
      case 'GET runs': {
        const run = history.get(portal)?.at(-1);
        send(run === undefined ? null : told(run));
        return;
      }
      case 'GET history':
        send((history.get(portal) ?? []).map(told));
        return;
      case 'POST pause':
        paused.add(portal);
        send({});
        return;
      case 'POST resume':
        paused.delete(portal);
        send({});
        return;
      case 'GET events':
        streams.add(response);
        response.once('close', () => streams.delete(response));
        response.flushHeaders();
        return;
      default:
        response.writeHead(404).end();
    }
  }

  const key = createKey();
  const server = await startLoopbackServer(serve, { admit: admitKey(key) });
  const { pid: processId } = process;
  const announcement = { url: server.url, key, processId, startedAt: new Date().toISOString(), about };
  const file = writeAnnouncement(announcement, directory);
  return {
    stack: { ...stack, invoke: remember(stack, history) },
    isPaused: (portal) => paused.has(portal),
    file,
    close: async () => {
      rmSync(file, { force: true });
      // Whoever follows the events sees their end, not a broken connection.
      await Promise.all([...streams].map((response) => finished(response.end()).catch(() => undefined)));
      await server.close();
    },
  };
}

function remember(stack: LocalStack, history: Map<string, Remembered[]>): LocalStack['invoke'] {
  return async (portal, options) => {
    const result = await stack.invoke(portal, options);
    const runs = history.get(portal) ?? [];
    history.set(portal, [...runs.slice(1 - KEPT_RUNS), { at: Date.now(), result }]);
    return result;
  };
}
