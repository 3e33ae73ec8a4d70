import { EnvHttpProxyAgent, fetch } from 'undici';
import type { HttpAnswer } from '../../core/hubspot-answer.ts';

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
  const dispatcher = new EnvHttpProxyAgent({ keepAliveTimeout: 60_000, connections: 32 });
  return async ({ method, url, headers, body, timeoutMs }) => {
    const response = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      dispatcher,
      // A redirect would take the token to another place.
      redirect: 'manual',
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
    });
    const text = await response.text();
    return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
  };
}
