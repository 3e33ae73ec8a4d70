/**
 * HTTP servers for this machine alone. Any process and any page in a browser can reach a loopback address, so every
 * request is judged before it is served:
 *
 *   request ─▶ Host names this machine ─▶ no page of elsewhere ─▶ the server's own admission ─▶ handler
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface LoopbackServer {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  /** Ends at once; connections and waiting answers are broken. */
  readonly close: () => Promise<void>;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Undefined for a request that may be served; else what a 403 tells whoever asked, as JSON. */
export type Admission = (request: IncomingMessage) => object | undefined | Promise<object | undefined>;

export interface LoopbackOptions {
  /** Who may ask. Left out only where the handler checks credentials of its own. */
  readonly admit?: Admission;
  /** What every answer bears, refusals too. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A free port where not given. */
  readonly port?: number | undefined;
  /** The server to listen with, in place of a new one. */
  readonly server?: Server;
}

/** A server on 127.0.0.1, once it listens. @throws where the port is taken */
export async function startLoopbackServer(
  handle: RequestHandler,
  { admit = () => undefined, headers = {}, port = 0, server = createServer() }: LoopbackOptions = {},
): Promise<LoopbackServer> {
  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    serve(request, response).catch((error: unknown) => {
      // A client that was killed breaks its own request; anything else is told to whoever asked.
      if (!response.headersSent && !response.destroyed) response.writeHead(500).end(String(error));
      else response.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuseStranger(request) ?? (await admit(request));
    if (refusal === undefined) await handle(request, response);
    else response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify(refusal));
  }

  const url = await listenOnLoopback(server, port);
  return { url, close: () => closeServer(server) };
}

/** A name that somebody else's DNS points here would be another Host. */
const OWN_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

function refuseStranger({ headers }: IncomingMessage): object | undefined {
  const { host = '', origin, 'sec-fetch-site': site = 'none' } = headers;
  if (!OWN_HOST.test(host)) return { error: 'The Host of a request must be 127.0.0.1 or localhost.' };
  // A browser says where a request without an Origin comes from: an image's, a script's.
  const isOwn = origin === undefined || origin === `http://${host}`;
  if (isOwn && (site === 'none' || site === 'same-origin')) return undefined;
  return { error: 'A request must not come from a page of another origin.' };
}

/** The URL of the server once it listens on that port of 127.0.0.1; on a free one for 0. */
export function listenOnLoopback(server: Server, port = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server has no port'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

/** Resolves when the server has ended; its connections are broken. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined || error === null ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

const bodies = new WeakMap<IncomingMessage, Promise<string>>();

/** The whole body as text; the same for everybody who asks. @throws where the client breaks the request */
export function readBody(request: IncomingMessage): Promise<string> {
  const known = bodies.get(request);
  if (known !== undefined) return known;
  const body = collect(request);
  bodies.set(request, body);
  return body;
}

async function collect(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
