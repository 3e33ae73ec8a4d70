/** The page's routes, each behind the guard. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type EventPattern,
  InvalidEventPattern,
  parseEventPattern,
} from '../../aws/pattern/event-pattern.ts';
import { admitKey, admitKeyOf } from '../../key.ts';
import { type LoopbackServer, readBody, startLoopbackServer } from '../../loopback.ts';
import { type Command, commandSchema } from '../messages.ts';
import { type Asset, bundleAssets, documentOf } from './assets.ts';
import type { LastStart } from './last-start.ts';
import { readArticle } from './runbook.ts';

export interface PageRoutes {
  /** Tells this client what happens from now on. */
  readonly follow: (response: ServerResponse, pattern: EventPattern | undefined) => void;
  /** Does what is asked. @throws with a sentence where it cannot be done */
  readonly act: (command: Command) => Promise<void>;
  /** An event as a rule's target gets it, as indented JSON. */
  readonly findEvent: (id: string) => string | undefined;
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

/** Of the page that belongs to the start before: it asks for the key of this one. */
const RENEWAL = 'POST /api/renew';

export interface PageServerOptions {
  /** Whoever brings it may ask for anything. */
  readonly key: string;
  /** The starts before, the latest first. */
  readonly lastStarts: readonly LastStart[];
}

/**
 * The server, once it listens: in the place of the latest start that runs no more, whose open page is given the new
 * key, or on a free port.
 */
export async function startPageServer(
  routes: PageRoutes,
  { key, lastStarts: [last, ...others] }: PageServerOptions,
): Promise<LoopbackServer> {
  const ofThisStart = admitKey(key);
  const ofTheLast = last === undefined ? ofThisStart : admitKeyOf(last.keyDigest);
  const started = startLoopbackServer((request, response) => answer(request, response, key, routes), {
    headers: HEADERS,
    admit: (request) => (routeOf(request) === RENEWAL ? ofTheLast(request) : ofThisStart(request)),
    port: last?.port,
  });
  if (last === undefined) return started;
  // Its port is taken: that start still runs.
  return started.catch(() => startPageServer(routes, { key, lastStarts: others }));
}

function routeOf({ method, url = '/' }: IncomingMessage): string {
  return `${method} ${new URL(url, 'http://page').pathname}`;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  routes: PageRoutes,
): Promise<void> {
  const { searchParams } = new URL(request.url ?? '/', 'http://page');
  const route = routeOf(request);
  switch (route) {
    case RENEWAL:
      return sendJson(response, { key });
    case 'GET /':
      return sendAsset(response, documentOf(key));
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
  const command = commandSchema.parse(JSON.parse(await readBody(request)));
  try {
    await routes.act(command);
    return {};
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

function sendAsset(response: ServerResponse, { type, body }: Asset): void {
  response.writeHead(200, { 'content-type': type }).end(body);
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
