import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { Agent, EnvHttpProxyAgent, request } from 'undici';
import type { HttpResponse } from './response.ts';

const unzipped = promisify(unzip);

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

/** Connections that stay open over the runs of one process, through the environment's proxy where it names one. */
export function createHttpSend(): HttpSend {
  const connections = { keepAliveTimeout: 60_000, connections: 32 };
  const direct = new Agent(connections);
  const proxied = new EnvHttpProxyAgent(connections);
  return async ({ method, url, headers, body, timeoutMs, maxBytes }) => {
    // It follows no redirect, which would take the token to another place.
    const response = await request(url, {
      method,
      headers,
      body: body ?? null,
      // Plain http is for loopback alone: no proxy reaches that, and none may read the token.
      dispatcher: url.protocol === 'http:' ? direct : proxied,
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
    });
    const answered = headersOf(response.headers);
    const sent = await readBytes(response.body, maxBytes);
    const whole = await unpack(sent, answered['content-encoding'], maxBytes);
    return { status: response.statusCode, headers: answered, body: new TextDecoder().decode(whole) };
  };
}

function headersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): HttpResponse['headers'] {
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

/** In one go: as a stream, a page takes four times the CPU time. */
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
