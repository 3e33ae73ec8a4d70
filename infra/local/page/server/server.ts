/** The page's routes, each behind the guard. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type EventPattern,
  InvalidEventPattern,
  parseEventPattern,
} from '../../aws/pattern/event-pattern.ts';
import { closeServer } from '../../loopback.ts';
import { type Command, commandSchema } from '../messages.ts';
import { type Asset, bundleAssets, documentOf } from './assets.ts';
import type { Guard } from './guard.ts';
import { readArticle } from './runbook.ts';

export interface PageRoutes {
  /** Tells this client what happens from now on. */
  readonly follow: (response: ServerResponse, pattern: EventPattern | undefined) => void;
  /** Does what is asked. @throws with a sentence where it cannot be done */
  readonly act: (command: Command) => Promise<void>;
  /** An event as a rule's target gets it, as indented JSON. */
  readonly findEvent: (id: string) => string | undefined;
}

export interface PageServer {
  readonly port: () => number;
  readonly close: () => Promise<void>;
}

/** Nothing but the page's own script and style runs or loads, whatever an event holds. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

const MOST_BODY_BYTES = 16_384;

/** The server, once it listens: on the port that is asked for, or on a free one where that is taken. */
export async function startPageServer(guard: Guard, routes: PageRoutes, port: number): Promise<PageServer> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    serve(request, response, guard, routes).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, { failure: error instanceof Error ? error.message : String(error) }, 500);
    });
  });
  await listen(server, port).catch(() => listen(server, 0));
  return {
    port: () => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    },
    close: () => closeServer(server),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard,
  routes: PageRoutes,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page');
  const route = `${request.method} ${pathname}`;
  if (route === 'POST /api/renew' && guard.isOfLastStart(request)) {
    sendJson(response, { key: guard.key });
    return;
  }
  const refusal = guard.refuse(request);
  if (refusal !== undefined) {
    sendText(response, refusal.status, refusal.reason);
    return;
  }
  switch (route) {
    case 'GET /':
      return sendAsset(response, documentOf(guard.key));
    case 'GET /page.js':
      return sendAsset(response, (await bundleAssets()).script);
    case 'GET /page.css':
      return sendAsset(response, (await bundleAssets()).style);
    case 'GET /api/stream':
      return follow(response, routes, searchParams.get('pattern') ?? '');
    case 'GET /api/pattern':
      return sendJson(response, tryPattern(searchParams.get('text') ?? ''));
    case 'GET /api/event':
      return sendJson(response, { envelope: routes.findEvent(searchParams.get('id') ?? '') });
    case 'GET /api/article':
      return sendJson(response, { text: await readArticle(searchParams.get('name') ?? '') });
    case 'POST /api/command':
      return sendJson(response, await act(request, routes));
    default:
      return sendText(response, 404, 'There is nothing here.');
  }
}

function follow(response: ServerResponse, routes: PageRoutes, pattern: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  routes.follow(response, pattern === '' ? undefined : parseEventPattern(pattern));
}

function tryPattern(text: string): { readonly failure?: string } {
  try {
    parseEventPattern(text);
    return {};
  } catch (error) {
    if (error instanceof InvalidEventPattern) return { failure: error.message };
    throw error;
  }
}

async function act(request: IncomingMessage, routes: PageRoutes): Promise<{ readonly failure?: string }> {
  const command = commandSchema.parse(JSON.parse(await readShortBody(request)));
  try {
    await routes.act(command);
    return {};
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

async function readShortBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES)
      throw new Error(`Reading a command: it must have ${MOST_BODY_BYTES} bytes at most`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendAsset(response: ServerResponse, { type, body }: Asset): void {
  response.writeHead(200, { 'content-type': type }).end(body);
}

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
