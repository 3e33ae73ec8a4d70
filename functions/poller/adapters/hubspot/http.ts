import { Agent, EnvHttpProxyAgent, fetch } from 'undici';
import type { HttpResponse } from './response.ts';

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
    const response = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      // Plain http is for loopback alone: no proxy reaches that, and none may read the token.
      dispatcher: url.protocol === 'http:' ? direct : proxied,
      // A redirect would take the token to another place.
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
    });
    const text = await readText(response.body, maxBytes);
    return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
  };
}

async function readText(body: AsyncIterable<Uint8Array> | null, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BodyTooLargeError(`The answer has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Only the kind of a failure to get an answer: a URL in a message could hold what is nobody's business. */
export function describeNetworkFailure(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'no answer';
  const { cause } = thrown;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return `no answer (${code ?? thrown.name})`;
}
