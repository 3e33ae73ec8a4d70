/** The wire itself: the environment's proxy, redirects, timeouts. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { ClientRequest, createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import {
  BodyTooLargeError,
  createHttpSend,
  describeNetworkFailure,
} from '../../../functions/poller/adapters/hubspot/http.ts';
import { closeServer, listenOnLoopback, startLoopbackServer } from '../../../infra/local/loopback.ts';

const GET = {
  method: 'GET',
  headers: { authorization: 'Bearer pat-secret' },
  timeoutMs: 5_000,
  maxBytes: 1_000,
} as const;

/** A proxy that notes what it is asked for, and opens no tunnel. */
async function startProxy() {
  const asked: { line: string; headers: string }[] = [];
  const note = ({ method = '', url = '', headers }: IncomingMessage) =>
    asked.push({ line: `${method} ${url}`, headers: JSON.stringify(headers) });
  const server = createServer((request, response) => {
    note(request);
    response.writeHead(502).end();
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    note(request);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  const url = await listenOnLoopback(server);
  return { url, asked, [Symbol.asyncDispose]: () => closeServer(server) };
}

describe('a proxy that the environment names', () => {
  test.each(['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'])(
    '(%s) is asked for a tunnel, and never sees the token',
    async (name) => {
      await using proxy = await startProxy();
      const send = createHttpSend({ [name]: proxy.url });
      const sending = send({ ...GET, url: new URL('https://api.hubapi.com/events/v3/events') });
      await expect(sending).rejects.toThrow();
      expect(proxy.asked.map(({ line }) => line)).toEqual(['CONNECT api.hubapi.com:443']);
      expect(JSON.stringify(proxy.asked)).not.toContain('pat-secret');
    },
  );

  test('is passed by for hosts that no_proxy lists', async () => {
    await using proxy = await startProxy();
    const send = createHttpSend({ https_proxy: proxy.url, no_proxy: 'hubspot.invalid' });
    const sending = send({ ...GET, url: new URL('https://hubspot.invalid/') });
    await expect(sending).rejects.toThrow();
    expect(proxy.asked).toEqual([]);
  });

  test('is passed by for plain http, which is for loopback alone', async () => {
    await using proxy = await startProxy();
    vi.stubEnv('http_proxy', proxy.url);
    const send = createHttpSend({ http_proxy: proxy.url, https_proxy: proxy.url });
    const server = await startLoopbackServer(async (_request, response) => void response.end('here'));
    const answer = await send({ ...GET, url: new URL(server.url) });
    vi.unstubAllEnvs();
    expect(answer).toMatchObject({ status: 200, body: 'here' });
    expect(proxy.asked).toEqual([]);
    await server.close();
  });
});

describe('an answer', () => {
  test('that redirects is given as it is', async () => {
    const server = await startLoopbackServer(async (_request, response) => {
      response.writeHead(307, { location: 'https://example.com/' }).end();
    });
    const answer = await createHttpSend({})({ ...GET, url: new URL(server.url) });
    expect(answer).toMatchObject({ status: 307, headers: { location: 'https://example.com/' }, body: '' });
    await server.close();
  });

  test('that does not come in time is a TimeoutError, its body included', async () => {
    const server = await startLoopbackServer(async (_request, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('half');
    });
    const sending = createHttpSend({})({ ...GET, url: new URL(server.url), timeoutMs: 50 });
    await expect(sending).rejects.toMatchObject({ name: 'TimeoutError' });
    await server.close();
  });
});

/** Calls back with each request that is made, until it is disposed of. */
function watchRequests(onRequest: (request: ClientRequest) => void): Disposable {
  const name = 'http.client.request.created';
  const listener = (message: unknown) => {
    const request: unknown = Reflect.get(Object(message), 'request');
    if (request instanceof ClientRequest) onRequest(request);
  };
  subscribe(name, listener);
  return { [Symbol.dispose]: () => void unsubscribe(name, listener) };
}

describe('ten seconds of silence on a connection', () => {
  test('that does not come about are no slow answer', async () => {
    using _hanging = vi.spyOn(dns, 'lookup').mockImplementation(() => undefined);
    using _watch = watchRequests((request) => request.once('socket', () => request.emit('timeout')));
    const sending = createHttpSend({})({ ...GET, url: new URL('https://hubspot.invalid/') });
    const failure = await sending.catch((thrown: unknown) => thrown);
    expect(describeNetworkFailure(failure)).toBe('no answer (ETIMEDOUT)');
    expect(failure).not.toMatchObject({ name: 'TimeoutError' });
  });

  test('whose answer is awaited mean nothing', async () => {
    let asked: ClientRequest | undefined;
    using _watch = watchRequests((request) => {
      asked = request;
    });
    const server = await startLoopbackServer(async (_request, response) => {
      asked?.emit('timeout');
      response.end('late');
    });
    expect((await createHttpSend({})({ ...GET, url: new URL(server.url) })).body).toBe('late');
    expect(asked).toMatchObject({ timeout: 10_000 });
    await server.close();
  });
});

describe('the text of an answer', () => {
  const answerOf = async (body: string | Buffer, headers: Record<string, string>, maxBytes: number) => {
    const server = await startLoopbackServer(async (_request, response) => {
      response.writeHead(200, headers).end(body);
    });
    const sending = createHttpSend({})({ ...GET, url: new URL(server.url), maxBytes });
    return sending.finally(() => server.close());
  };

  test('is read up to the bytes that were asked for', async () => {
    expect((await answerOf('é'.repeat(50), {}, 100)).body).toBe('é'.repeat(50));
    await expect(answerOf('é'.repeat(51), {}, 100)).rejects.toBeInstanceOf(BodyTooLargeError);
  });

  test('that is cut within what is packed is no answer', async () => {
    const packed = gzipSync('x'.repeat(100_000));
    const cut = answerOf(packed.subarray(0, packed.length - 20), { 'content-encoding': 'gzip' }, 100_000);
    expect(describeNetworkFailure(await cut.catch((thrown: unknown) => thrown))).toBe(
      'no answer (Z_BUF_ERROR)',
    );
  });

  test.each([
    ['nothing, said to be packed', '', 'gzip', ''],
    ['deflate, which nobody asked for', deflateSync('text'), 'deflate', 'text'],
    ['what is said to be as it is', 'text', 'identity', 'text'],
  ])('may be %s', async (_what, body, encoding, text) => {
    expect((await answerOf(body, { 'content-encoding': encoding }, 1_000)).body).toBe(text);
  });

  test('counts as it is when it is unpacked', async () => {
    const packed = gzipSync('x'.repeat(100_000));
    const headers = { 'content-encoding': 'gzip' };
    expect((await answerOf(packed, headers, 100_000)).body).toHaveLength(100_000);
    await expect(answerOf(packed, headers, 99_999)).rejects.toBeInstanceOf(BodyTooLargeError);
  });
});

describe('a failure of the network', () => {
  test('is told by its kind alone, never by its URL', async () => {
    const url = new URL('http://127.0.0.1:1/?objectProperty.email=someone@example.com');
    const failure = await createHttpSend({})({ ...GET, url }).catch((thrown: unknown) => thrown);
    expect(describeNetworkFailure(failure)).toMatch(/^no answer \([A-Za-z_]+\)$/);
  });

  test.each([
    [
      'an error with a code inside',
      new TypeError('x', { cause: Object.assign(new Error('y'), { code: 'EPIPE' }) }),
      'no answer (EPIPE)',
    ],
    ['an error without', new TypeError('fetch failed'), 'no answer (TypeError)'],
    ['no error at all', 'broken', 'no answer'],
  ])('is told for %s', (_what, thrown, sentence) => {
    expect(describeNetworkFailure(thrown)).toBe(sentence);
  });
});
