import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { AWS_ATTEMPTS } from '../../../functions/poller/adapters/retry.ts';
import { createPortalSecretsManager } from '../../../functions/poller/adapters/secrets-manager/portal-session.ts';
import { createCredentialReader } from '../../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { createFakeLog } from '../../support/fake-outlets.ts';
import { createSteppingClock, half } from '../stepping-clock.ts';

const ROLE = 'arn:aws:iam::000000000000:role/portal';

interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** An STS that refuses the first calls, and answers every other one with these fields of a session. */
async function startSts(session: Readonly<Record<string, string>>, refusals: readonly Refusal[] = []) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const refusal = refusals[bodies.length];
    bodies.push(await text(request));
    response.setHeader('content-type', 'text/xml');
    if (refusal !== undefined) {
      response.statusCode = refusal.status;
      response.end(
        `<ErrorResponse><Error><Code>${refusal.code}</Code><Message>no</Message></Error></ErrorResponse>`,
      );
      return;
    }
    const fields = Object.entries(session).map(([name, value]) => `<${name}>${value}</${name}>`);
    const result = `<AssumeRoleResult><Credentials>${fields.join('')}</Credentials></AssumeRoleResult>`;
    response.end(`<AssumeRoleResponse>${result}</AssumeRoleResponse>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Starting STS: it must have a port.');
  const credentials = { accessKeyId: 'own', secretAccessKey: 'own' };
  const endpoint = `http://127.0.0.1:${address.port}`;
  const sts = new STSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  const log = createFakeLog();
  const clock = createSteppingClock(0);
  const retry = { clock, random: half, until: () => 60_000 };
  return {
    bodies,
    log,
    clock,
    retry,
    client: createPortalSecretsManager('a', ROLE, sts, { region: 'us-east-1' }, retry, log),
    async [Symbol.asyncDispose]() {
      sts.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const SESSION = { AccessKeyId: 'given', SecretAccessKey: 'secret' };

describe('a session that STS does not give', () => {
  test.each([
    { status: 503, code: 'ServiceUnavailable' },
    { status: 400, code: 'Throttling' },
  ])('for $status $code is asked for again', async (refusal) => {
    await using sts = await startSts(SESSION, [refusal]);
    expect(await sts.client.config.credentials()).toMatchObject({ accessKeyId: 'given' });
    expect(sts.clock.waits).toEqual([25]);
    expect(sts.log.lines).toEqual([]);
  });

  test('in time fails the run, and names the role', async () => {
    const refusal = { status: 503, code: 'ServiceUnavailable' };
    await using sts = await startSts(SESSION, Array<Refusal>(AWS_ATTEMPTS).fill(refusal));
    await expect(sts.client.config.credentials()).rejects.toMatchObject({
      code: 'secret-unavailable',
      message: `Taking the role ${ROLE} for portal a: STS must give a session, found ServiceUnavailable: no`,
    });
  });

  test('for want of rights fails the reading of the secret at once, and is its reason', async () => {
    await using sts = await startSts(SESSION, [{ status: 403, code: 'AccessDenied' }]);
    const read = createCredentialReader(sts.client, 'hubspot-events/a', sts.retry, { value: undefined });
    await expect(read(false)).rejects.toMatchObject({
      code: 'secret-unavailable',
      message: expect.stringContaining('STS must give a session, found AccessDenied: no'),
    });
    expect(sts.bodies).toHaveLength(1);
  });

  test('since it is none leaves the function’s own credentials, and a warning', async () => {
    await using sts = await startSts(SESSION, [{ status: 404, code: 'UnknownOperation' }]);
    expect(await sts.client.config.credentials()).toMatchObject({ accessKeyId: 'own' });
    expect(sts.log.lines).toMatchObject([{ level: 'warn', fields: { roleArn: ROLE } }]);
  });
});

test('a portal is asked for in a session of its own, which is tagged with it', async () => {
  await using sts = await startSts({
    AccessKeyId: 'given',
    SecretAccessKey: 'secret',
    SessionToken: 'token',
    Expiration: '2126-11-10T12:00:00Z',
  });
  expect(await sts.client.config.credentials()).toMatchObject({
    accessKeyId: 'given',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    expiration: new Date('2126-11-10T12:00:00Z'),
  });
  const [body = ''] = sts.bodies;
  expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
    Action: 'AssumeRole',
    RoleArn: ROLE,
    RoleSessionName: 'portal-a',
    'Tags.member.1.Key': 'portal',
    'Tags.member.1.Value': 'a',
  });
  expect(sts.log.lines).toEqual([]);
});

test('a session without a token is one all the same, and has no fields that it was not given', async () => {
  await using sts = await startSts(SESSION);
  const credentials = await sts.client.config.credentials();
  expect(credentials).toMatchObject({ accessKeyId: 'given', secretAccessKey: 'secret' });
  expect(Object.keys(credentials)).not.toEqual(expect.arrayContaining(['sessionToken']));
  expect(Object.keys(credentials)).not.toEqual(expect.arrayContaining(['expiration']));
});

test.each(['AccessKeyId', 'SecretAccessKey'])('a session with a %s alone is none', async (name) => {
  await using sts = await startSts({ [name]: 'given' });
  expect(await sts.client.config.credentials()).toMatchObject({ accessKeyId: 'own' });
});
