import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { synthesize } from '../../infra/build/synth.ts';
import { findRunning, type Running } from '../../infra/local/control/announcement.ts';
import { announceStack } from '../../infra/local/control/control.ts';
import { admitKey, createKey } from '../../infra/local/key.ts';
import { startRuntimeApi } from '../../infra/local/lambda/runtime-api.ts';
import { startLoopbackServer } from '../../infra/local/loopback.ts';
import { createOpened } from '../../infra/local/opened.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { startHubSpotPortal } from '../../infra/simulator/portal.ts';
import { STAND_IN_ENTRY } from '../infra/synthesized.ts';

const SECRET = 'pat-that-nobody-may-read';
const opened = createOpened();
let stack: LocalStack;
let running: Running;
let invocations = 0;
const urls = new Map<string, string>();

beforeAll(async () => {
  const portal = await startHubSpotPortal({ behaviour: { tokens: [{ token: SECRET }] } });
  opened.add(portal.close);
  const config = { portals: { main: { apiUrl: portal.url } } };
  const started = await startLocalStack({
    synthesized: synthesize({ config, entry: STAND_IN_ENTRY }),
    secrets: { main: SECRET },
  });
  opened.add(started.close);
  const directory = mkdtempSync(join(tmpdir(), 'guard-'));
  opened.add(() => rmSync(directory, { recursive: true }));
  const counted = {
    ...started,
    invokeWith: (payload: string) => {
      invocations += 1;
      return started.invokeWith(payload);
    },
  };
  const announced = await announceStack(counted, { directory: join(directory, 'state') });
  opened.add(announced.close);
  stack = announced.stack;
  const [found] = await findRunning(join(directory, 'state'));
  if (found === undefined) throw new Error('The announced stack must be found');
  running = found;
  const api = await startRuntimeApi('key', { onReady() {}, onOutcome() {}, onInitError() {} });
  opened.add(api.close);
  const { AWS_ENDPOINT_URL = '', AWS_ENDPOINT_URL_DYNAMODB = '' } = stack.environment;
  urls.set('the services', `${AWS_ENDPOINT_URL}/`);
  urls.set('the table', `${AWS_ENDPOINT_URL_DYNAMODB}/`);
  urls.set('the control server', `${running.url}/invoke`);
  urls.set('the Runtime API', `http://${api.address}/2018-06-01/runtime/init/error`);
  urls.set('the simulated HubSpot', `${portal.url}/events/v3/events/event-types`);
});
afterAll(opened.close);

const BODY = '{"SecretId":"hubspot-events/main"}';

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as any program may send it: `fetch` would not take another Host. */
async function ask(url: string, { method = 'POST', headers = {}, body = BODY }: Asked = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const outgoing = httpRequest(url, { method, headers, agent: false }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
  });
  outgoing.on('error', reject);
  outgoing.end(method === 'POST' ? body : undefined);
  return promise;
}

const READ_SECRET = { 'x-amz-target': 'secretsmanager.GetSecretValue' };
const SERVERS = ['the services', 'the table', 'the control server', 'the Runtime API'];

describe.each([...SERVERS, 'the simulated HubSpot'])('%s', (name) => {
  test('refuses a request for a host of another name', async () => {
    const headers = { ...READ_SECRET, host: 'evil.example', authorization: `Bearer ${running.key}` };
    const { status, body } = await ask(urls.get(name) ?? '', { headers });
    expect({ status, body }).toMatchObject({ status: 403, body: expect.stringContaining('The Host') });
    expect(body).not.toContain(SECRET);
    expect(invocations).toBe(0);
  });

  test('refuses a text/plain POST from a page of another origin', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
      const headers = { ...READ_SECRET, origin, 'content-type': 'text/plain' };
      const { status, body } = await ask(urls.get(name) ?? '', { headers });
      expect({ status, body }).toMatchObject({ status: 403, body: expect.stringContaining('origin') });
    }
    expect(invocations).toBe(0);
  });
});

describe.each(SERVERS)('%s', (name) => {
  test('refuses a request without the key, or with another', async () => {
    const guess = 'AWS4-HMAC-SHA256 Credential=local/20261123/us-east-1/secretsmanager/aws4_request';
    const wrong = [
      {},
      { authorization: 'Bearer guessed' },
      { authorization: `${guess}, SignedHeaders=host, Signature=00` },
    ];
    for (const credentials of wrong) {
      const headers = { ...READ_SECRET, 'x-amz-date': '20261123T120000Z', ...credentials };
      const { status, body } = await ask(urls.get(name) ?? '', { headers });
      expect(status, body).toBe(403);
      expect(body).not.toContain(SECRET);
    }
    expect(invocations).toBe(0);
  });
});

test('the simulated HubSpot refuses a request without the token', async () => {
  const { status } = await ask(urls.get('the simulated HubSpot') ?? '', { method: 'GET' });
  expect(status).toBe(401);
});

describe('the credentials of the stack', () => {
  const client = (secretAccessKey: string) => ({
    region: 'us-east-1',
    credentials: { accessKeyId: stack.credentials.accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });

  test('open the services and the table, whatever the Region', async () => {
    const own = client(stack.credentials.secretAccessKey);
    const secrets = new SecretsManagerClient({
      ...own,
      endpoint: urls.get('the services') ?? '',
      region: 'eu-west-1',
    });
    const table = new DynamoDBClient({ ...own, endpoint: urls.get('the table') ?? '' });
    const { SecretString } = await secrets.send(
      new GetSecretValueCommand({ SecretId: 'hubspot-events/main' }),
    );
    expect(SecretString).toBe(SECRET);
    expect((await table.send(new ListTablesCommand({}))).TableNames).toHaveLength(1);
    secrets.destroy();
    table.destroy();
  });

  test('are new at every start, and a guessed secret opens nothing', async () => {
    expect(createKey()).not.toBe(createKey());
    for (const guess of ['local', createKey()]) {
      const secrets = new SecretsManagerClient({
        ...client(guess),
        endpoint: urls.get('the services') ?? '',
      });
      const reading = secrets.send(new GetSecretValueCommand({ SecretId: 'hubspot-events/main' }));
      await expect(reading).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
      secrets.destroy();
    }
  });

  test('sign action and body too: another request under the same signature is refused', async () => {
    const secrets = new SecretsManagerClient({
      ...client(stack.credentials.secretAccessKey),
      endpoint: urls.get('the services') ?? '',
    });
    let signed: Record<string, string> = {};
    secrets.middlewareStack.add(
      (next) => (args) => {
        if (typeof args.request === 'object' && args.request !== null)
          signed = { ...Object(Reflect.get(args.request, 'headers')) };
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await secrets.send(new GetSecretValueCommand({ SecretId: 'hubspot-events/main' }));
    secrets.destroy();
    const { 'content-length': _length, ...headers } = signed;
    const url = urls.get('the services') ?? '';
    const put = { ...headers, 'x-amz-target': 'secretsmanager.PutSecretValue' };
    expect((await ask(url, { headers })).status).toBe(200);
    expect((await ask(url, { headers, body: BODY.replace('main', 'mail') })).status).toBe(403);
    expect((await ask(url, { headers: put })).status).toBe(403);
  });
});

test('the announcement can be read by its owner alone', () => {
  expect(statSync(running.file).mode & 0o777).toBe(0o600);
  expect(statSync(join(running.file, '..')).mode & 0o777).toBe(0o700);
});

describe('a server with a key', () => {
  test('serves its own page: the key in the URL or a header, its own origin, either of its names', async () => {
    const { url, close } = await startLoopbackServer(
      async (_request, response) => void response.end('served'),
      { admit: admitKey('k-1') },
    );
    const port = new URL(url).port;
    const bearer = { authorization: 'Bearer k-1' };
    const asked: [string, Record<string, string>, number][] = [
      [`${url}/?key=k-1`, {}, 200],
      [`${url}/?key=k-2`, {}, 403],
      [`${url}/`, bearer, 200],
      [`${url}/?key=k-1`, { authorization: 'Bearer k-2' }, 403],
      [`${url}/`, { ...bearer, host: `localhost:${port}`, origin: `http://localhost:${port}` }, 200],
      [`${url}/`, { ...bearer, host: `localhost:${port}`, origin: url }, 403],
      [`${url}/`, { ...bearer, 'sec-fetch-site': 'same-origin' }, 200],
      [`${url}/`, { ...bearer, 'sec-fetch-site': 'none' }, 200],
      [`${url}/`, { ...bearer, 'sec-fetch-site': 'same-site' }, 403],
      [`${url}/`, { ...bearer, 'sec-fetch-site': 'cross-site' }, 403],
    ];
    for (const [to, headers, expected] of asked)
      expect((await ask(to, { headers })).status, `${to} ${JSON.stringify(headers)}`).toBe(expected);
    await close();
  });
});
