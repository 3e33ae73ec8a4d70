import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { createPortalSecretsManager } from '../../../functions/poller/adapters/secrets-manager/portal-session.ts';
import { createFakeLog } from '../../support/fake-outlets.ts';

const ROLE = 'arn:aws:iam::000000000000:role/portal';

test('a portal whose session can’t be had is asked for with the function’s own rights, and a warning', async () => {
  const credentials = { accessKeyId: 'own', secretAccessKey: 'own' };
  // The discard port: nobody listens there.
  const sts = new STSClient({
    endpoint: 'http://127.0.0.1:9',
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  const log = createFakeLog();
  const client = createPortalSecretsManager('a', ROLE, sts, { region: 'us-east-1' }, log);
  expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'own' });
  expect(log.lines).toMatchObject([{ level: 'warn', fields: { roleArn: ROLE } }]);
});

/** An STS that answers every call with these fields of a session. */
async function startSts(session: Readonly<Record<string, string>>) {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await text(request));
    const fields = Object.entries(session).map(([name, value]) => `<${name}>${value}</${name}>`);
    const result = `<AssumeRoleResult><Credentials>${fields.join('')}</Credentials></AssumeRoleResult>`;
    response.setHeader('content-type', 'text/xml');
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
  return {
    bodies,
    log,
    client: createPortalSecretsManager('a', ROLE, sts, { region: 'us-east-1' }, log),
    async [Symbol.asyncDispose]() {
      sts.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

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
  await using sts = await startSts({ AccessKeyId: 'given', SecretAccessKey: 'secret' });
  const credentials = await sts.client.config.credentials();
  expect(credentials).toMatchObject({ accessKeyId: 'given', secretAccessKey: 'secret' });
  expect(Object.keys(credentials)).not.toEqual(expect.arrayContaining(['sessionToken']));
  expect(Object.keys(credentials)).not.toEqual(expect.arrayContaining(['expiration']));
});

test.each(['AccessKeyId', 'SecretAccessKey'])('a session with a %s alone is none', async (name) => {
  await using sts = await startSts({ [name]: 'given' });
  expect(await sts.client.config.credentials()).toMatchObject({ accessKeyId: 'own' });
});
