import type { Agent, AgentOptions, ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import type { HttpResponse } from './response.ts';

const unzipped = promisify(unzip);

/** A connection that nobody used for so long is closed. */
const IDLE_MS = 60_000;

/** How long a connection may take to come about: a host that cannot be reached is no slow answer. */
const CONNECT_MS = 10_000;

/** How much is unpacked at a time. */
const UNPACK_BYTES = 262_144;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the sending to the last byte of the answer. */
  readonly timeoutMs: number;
  /** The most bytes of the answer's text. */
  readonly maxBytes: number;
}

/** An answer whose text is longer than asked for; the rest of it was not read. */
export class BodyTooLargeError extends Error {}

/** Sends one request and gives whatever was answered. Rejects where no whole answer came, timeouts included. */
export type HttpSend = (request: HttpRequest) => Promise<HttpResponse>;

interface Client {
  readonly ask: typeof https.request;
  readonly agent: Agent;
}

/**
 * Connections that stay open over the runs of one process, through the proxy that `environment` names, if any
 * (https_proxy or http_proxy, no_proxy).
 */
export function createHttpSend(environment: NodeJS.ProcessEnv): HttpSend {
  const connections = { keepAlive: true, maxSockets: 32, timeout: IDLE_MS };
  const secure: Client = {
    ask: https.request,
    agent: new https.Agent({ ...connections, proxyEnv: proxyOf(environment) }),
  };
  let plain: Promise<Client> | undefined;
  const clientFor = ({ protocol }: URL) => {
    if (protocol !== 'http:') return secure;
    plain ??= openPlain(connections);
    return plain;
  };
  return async ({ method, url, headers, body, timeoutMs, maxBytes }) => {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    const { ask, agent } = await clientFor(url);
    // It follows no redirect, which would take the token to another place.
    const asked = ask(url, { method, headers, signal, timeout: CONNECT_MS, agent });
    try {
      const answer = await answerOf(asked, body);
      const answered = headersOf(answer.headers);
      const sent = await readBytes(answer, maxBytes);
      const whole = await unpack(sent, answered['content-encoding'], maxBytes);
      return { status: answer.statusCode ?? 0, headers: answered, body: new TextDecoder().decode(whole) };
    } catch (thrown) {
      throw signal.aborted ? signal.reason : thrown;
    }
  };
}

/** A proxy that is named for http alone is meant for https, too. */
function proxyOf(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const named = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].map((name) => environment[name]);
  return { ...environment, https_proxy: named.find((url) => url !== undefined && url !== '') };
}

/** For loopback alone, which no proxy reaches. Loaded then only: in a cold start it would take 15 ms. */
async function openPlain(connections: AgentOptions): Promise<Client> {
  const http = await import('node:http');
  return { ask: http.request, agent: new http.Agent({ ...connections, proxyEnv: {} }) };
}

/** The answer's head; its body is yet to come. */
function answerOf(asked: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  asked.on('response', resolve).on('error', reject);
  // It comes whenever the connection is idle for so long, also while one waits for the answer.
  asked.on('timeout', () => {
    if (asked.socket?.connecting === true)
      asked.destroy(Object.assign(new Error('There is no connection yet.'), { code: 'ETIMEDOUT' }));
  });
  asked.end(body);
  return promise;
}

function headersOf(headers: IncomingHttpHeaders): HttpResponse['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
}

async function readBytes(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BodyTooLargeError(`The answer has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** In one go: as a stream it takes 3 µs of CPU time more for each event. */
async function unpack(sent: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity' || sent.length === 0) return sent;
  // Nothing but gzip is asked for; a gateway may send deflate all the same, which `unzip` knows.
  try {
    return await unzipped(sent, { maxOutputLength: maxBytes, chunkSize: UNPACK_BYTES });
  } catch (thrown) {
    if (codeOf(thrown) !== 'ERR_BUFFER_TOO_LARGE') throw thrown;
    throw new BodyTooLargeError(`The answer has more than ${maxBytes} bytes.`, { cause: thrown });
  }
}

/** Only the kind of a failure to get an answer: a URL in a message could hold what is nobody's business. */
export function describeNetworkFailure(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'no answer';
  return `no answer (${codeOf(thrown.cause) ?? codeOf(thrown) ?? thrown.name})`;
}

function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
