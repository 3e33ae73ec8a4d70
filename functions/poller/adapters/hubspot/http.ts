import { Agent, EnvHttpProxyAgent, fetch } from 'undici';
import type { HttpAnswer } from './response.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** Sends one request and gives whatever was answered. Rejects where no whole answer came, timeouts included. */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>;

/** Connections that stay open over the runs of one process, through the environment's proxy where it names one. */
export function createHttpSend(): HttpSend {
  const connections = { keepAliveTimeout: 60_000, connections: 32 };
  const direct = new Agent(connections);
  const proxied = new EnvHttpProxyAgent(connections);
  return async ({ method, url, headers, body, timeoutMs }) => {
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
    const text = await response.text();
    return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
  };
}

/** Only the kind of a failure to get an answer: a URL in a message could hold what is nobody's business. */
export function describeNetworkFailure(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'no answer';
  const { cause } = thrown;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return `no answer (${code ?? thrown.name})`;
}
