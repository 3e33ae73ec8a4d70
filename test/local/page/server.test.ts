import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey, digestOf } from '../../../infra/local/key.ts';
import { createOpened } from '../../../infra/local/opened.ts';
import type { Command } from '../../../infra/local/page/messages.ts';
import { keepStart, type LastStart, readLastStarts } from '../../../infra/local/page/server/last-start.ts';
import { startPageServer } from '../../../infra/local/page/server/server.ts';

const opened = createOpened();
const key = createKey();
let port: number;
const commands: Command[] = [];
afterAll(opened.close);

beforeAll(async () => {
  const server = await startPageServer(
    {
      follow: (response) => response.end(),
      act: async (command) => {
        if (command.do === 'mend') throw new Error('Mending: it must be possible');
        commands.push(command);
      },
      findEvent: () => undefined,
    },
    { key, lastStarts: [{ port: 0, keyDigest: digestOf('the-last-key') }] },
  );
  port = Number(new URL(server.url).port);
  opened.add(server.close);
});

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Node's own client: fetch would not send another host's name. */
function ask(path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) {
  return new Promise<{ status: number; text: string; headers: Readonly<Record<string, unknown>> }>(
    (resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    },
  );
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const PATHS = [
  '/',
  '/page.js',
  '/page.css',
  '/api/stream',
  '/api/pattern?text=1',
  '/api/event?id=1',
  '/api/article?name=lag',
];

describe('every route', () => {
  test.each(PATHS)('%s wants the key of this start', async (path) => {
    expect((await ask(path)).status).toBe(403);
    expect((await ask(path, { headers: { ...bearer('another') } })).status).toBe(403);
    expect((await ask(path, { headers: { ...bearer('the-last-key') } })).status).toBe(403);
    expect((await ask(path, { headers: bearer(key) })).status).toBe(200);
  });

  test.each([
    ['another host', { host: 'attacker.example' }],
    ['another origin', { origin: 'http://attacker.example' }],
    ['no origin of its own', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('refuses %s, key or not', async (_what, headers) => {
    expect((await ask('/api/article?name=lag', { headers: { ...bearer(key), ...headers } })).status).toBe(
      403,
    );
    const renewal = { method: 'POST', headers: { ...bearer('the-last-key'), ...headers } };
    expect((await ask('/api/renew', renewal)).status).toBe(403);
  });

  test('is under a policy that runs and loads nothing but the page’s own', async () => {
    const { headers } = await ask(`/?key=${key}`);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });
});

test('the page of the last start gets the new key, once it shows the last', async () => {
  const renew = (key: string) => ask('/api/renew', { method: 'POST', headers: bearer(key) });
  expect(JSON.parse((await renew('the-last-key')).text)).toEqual({ key });
  expect((await renew('one before')).status).toBe(403);
});

test('the latest start that runs no more gets its place again, one that runs keeps its own', async () => {
  const routes = { follow() {}, act: async () => {}, findEvent: () => undefined };
  const open = async (key: string, lastStarts: readonly LastStart[]) => {
    const server = await startPageServer(routes, { key, lastStarts });
    return { ...server, start: { port: Number(new URL(server.url).port), keyDigest: digestOf(key) } };
  };
  const ended = await open('ended', []);
  const running = await open('running', []);
  await ended.close();
  const next = await open('next', [running.start, ended.start]);
  expect(next.url).toBe(ended.url);
  const another = await open('another', [next.start, running.start]);
  expect([next.url, running.url]).not.toContain(another.url);
  for (const { close } of [running, next, another]) opened.add(close);
});

test('the starts are kept, the latest first, one for each port', () => {
  const folder = mkdtempSync(join(tmpdir(), 'starts-'));
  opened.add(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'new', 'page.json');
  expect(readLastStarts(file)).toEqual([]);
  for (const [port, keyDigest] of [
    [1, 'a'],
    [2, 'b'],
    [1, 'c'],
  ] as const)
    keepStart(file, { port, keyDigest });
  expect(readLastStarts(file)).toEqual([
    { port: 1, keyDigest: 'c' },
    { port: 2, keyDigest: 'b' },
  ]);
});

describe('a command', () => {
  const act = (body: string) => ask('/api/command', { method: 'POST', headers: bearer(key), body });

  test('is done', async () => {
    expect((await act('{"do":"press","id":"kill"}')).text).toBe('{}');
    expect(commands).toEqual([{ do: 'press', id: 'kill' }]);
  });

  test('that cannot be done is told in a sentence', async () => {
    expect(JSON.parse((await act('{"do":"mend"}')).text)).toEqual({
      failure: 'Mending: it must be possible',
    });
  });

  test.each([['{"do":"format-disk"}'], [JSON.stringify({ do: 'press', id: 'x'.repeat(20_000) })]])(
    'that is none, or too long, is refused',
    async (body) => {
      expect((await act(body)).status).toBe(500);
      expect(commands).toHaveLength(1);
    },
  );
});

test('a wrong pattern is told in a sentence', async () => {
  const text = encodeURIComponent('{"source":"a"}');
  const { text: answer } = await ask(`/api/pattern?text=${text}`, { headers: bearer(key) });
  expect(JSON.parse(answer).failure).toMatch(/source must be an object, or an array/);
});
