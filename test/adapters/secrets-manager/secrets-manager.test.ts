import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
import { parseCredential } from '../../../functions/poller/adapters/credential.ts';
import { createCredentialReader } from '../../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { TOKEN_PLACEHOLDER } from '../../../functions/poller/contract.ts';
import { type Fault, failWith } from '../../../infra/local/aws/fault.ts';
import { createSecretsManager } from '../../../infra/local/aws/secrets.ts';
import { ACCOUNT, createAwsRig, NOON, REGION } from '../aws-rig.ts';
import { times } from '../stepping-clock.ts';

const SECRET = 'hubspot-events/main';

/** @param text what the secret holds: nothing yet where it is empty, and there is no secret where it is null */
async function createSecretRig(text: string | null = 'pat-na1-0000') {
  const aws = await createAwsRig();
  const secrets = createSecretsManager(REGION, ACCOUNT);
  if (text !== null) secrets.put(SECRET, text);
  aws.endpoint.serve([secrets.service]);
  const client = new SecretsManagerClient(aws.client);
  const cache = { value: undefined };
  // Each run has a minute of its own.
  const startRun = () => {
    const until = aws.clock.now() + 60_000;
    return createCredentialReader(client, SECRET, { ...aws.retry, until: () => until }, cache);
  };
  return {
    ...aws,
    secrets,
    startRun,
    read: startRun(),
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
}

describe('the secret', () => {
  test('is read once in five minutes, over the runs of one process', async () => {
    await using rig = await createSecretRig();
    await rig.read(false);
    rig.clock.moveTo(NOON + 299_999);
    await rig.startRun()(false);
    expect(rig.calls).toHaveLength(1);
    rig.clock.moveTo(NOON + 300_000);
    await rig.startRun()(false);
    expect(rig.calls).toHaveLength(2);
  });

  test('is read past the cache on demand, and what is found takes its place', async () => {
    await using rig = await createSecretRig();
    await rig.read(false);
    rig.secrets.put(SECRET, 'pat-na1-1111');
    expect(await rig.read(false)).toEqual({ kind: 'token', accessToken: 'pat-na1-0000' });
    expect(await rig.read(true)).toEqual({ kind: 'token', accessToken: 'pat-na1-1111' });
    expect(await rig.read(false)).toEqual({ kind: 'token', accessToken: 'pat-na1-1111' });
    expect(rig.calls).toHaveLength(2);
  });

  test('is asked for again after throttles and failures of the service', async () => {
    await using rig = await createSecretRig();
    rig.fail(times<Fault>(2, failWith(500, 'InternalServiceError'), 'pass'));
    await rig.read(false);
    expect(rig.clock.waits).toEqual([25, 50]);
  });

  test('that is missing ends the run', async () => {
    await using rig = await createSecretRig(null);
    await expect(rig.read(false)).rejects.toMatchObject({
      code: 'secret-missing',
      nextStep: 'end-run',
      message: `Reading the secret ${SECRET}: it must exist and have a value, found ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    });
  });

  test('is not asked for once the time of the run is up, which is no failure', async () => {
    await using rig = await createSecretRig();
    rig.clock.moveTo(NOON + 60_000);
    await expect(rig.read(false)).rejects.toMatchObject({ code: 'out-of-time', nextStep: 'pause' });
    expect(rig.calls).toEqual([]);
  });

  test('that was created and never written waits for its token: it is not missing', async () => {
    await using rig = await createSecretRig('');
    await expect(rig.read(false)).rejects.toMatchObject({
      code: 'secret-placeholder',
      message: `No HubSpot token yet: the secret ${SECRET} is empty. The stack's output WriteToken is the command that writes the token into it.`,
    });
  });

  test('that may not be read ends the run', async () => {
    await using rig = await createSecretRig();
    rig.fail(() => failWith(400, 'AccessDeniedException', 'no right'));
    await expect(rig.read(false)).rejects.toMatchObject({
      code: 'secret-unavailable',
      nextStep: 'end-run',
      message: `Reading the secret ${SECRET}: Secrets Manager failed: AccessDeniedException: no right`,
    });
    expect(rig.calls).toHaveLength(1);
  });

  test('that holds bytes is malformed', async () => {
    await using rig = await createSecretRig();
    rig.fail(() => ({ status: 200, body: { Name: SECRET, SecretBinary: 'cGF0LW5hMS0wMDAw' } }));
    await expect(rig.read(false)).rejects.toMatchObject({
      code: 'secret-malformed',
      message: `Reading the secret ${SECRET}: it must hold text, found binary content`,
    });
  });

  test('that was replaced by something unreadable is told of, and not kept', async () => {
    await using rig = await createSecretRig();
    await rig.read(false);
    rig.secrets.put(SECRET, '{"token":1}');
    await expect(rig.read(true)).rejects.toMatchObject({ code: 'secret-malformed' });
    rig.secrets.put(SECRET, 'pat-na1-2222');
    expect(await rig.read(true)).toEqual({ kind: 'token', accessToken: 'pat-na1-2222' });
  });
});

describe('a credential', () => {
  const OAUTH = { clientId: 'c', clientSecret: 's', refreshToken: 'r' };
  test.each([
    ['a bare token', 'pat-na1-0000', { kind: 'token', accessToken: 'pat-na1-0000' }],
    [
      'a bare token with a line break after it',
      ' pat-na1-0000\n',
      { kind: 'token', accessToken: 'pat-na1-0000' },
    ],
    [
      'a token that only begins as an API key does',
      '12345678-1234-1234-1234-123456789abcdef',
      { kind: 'token', accessToken: '12345678-1234-1234-1234-123456789abcdef' },
    ],
    ['a service key', 'CiRuYTEtNTU=', { kind: 'token', accessToken: 'CiRuYTEtNTU=' }],
    ['a token in JSON', '{"accessToken": " pat-na1-0000 "}', { kind: 'token', accessToken: 'pat-na1-0000' }],
    ['OAuth', JSON.stringify(OAUTH), { kind: 'oauth', ...OAUTH }],
    [
      'OAuth with the access token of the day beside it',
      JSON.stringify({ ...OAUTH, accessToken: 'short-lived', expiresIn: 1_800 }),
      { kind: 'oauth', ...OAUTH },
    ],
  ])('is %s', (_what, text, credential) => {
    expect(parseCredential(text, SECRET)).toEqual(credential);
  });

  const FORMS = 'a bare access token, {"accessToken"} or {"clientId","clientSecret","refreshToken"}';
  const notYet = (state: string) =>
    `No HubSpot token yet: the secret ${SECRET} ${state}. The stack's output WriteToken is the command that writes the token into it.`;
  const PLACEHOLDER = notYet('still holds its placeholder');
  const HAPIKEY = `The secret ${SECRET} holds a HubSpot API key (hapikey): HubSpot ended these on 2022-11-30. Make a service key or a private app, and write its access token.`;
  const holds = (found: string) => `Reading the secret ${SECRET}: it must hold ${FORMS}, found ${found}.`;

  test.each([
    ['the placeholder', TOKEN_PLACEHOLDER, 'secret-placeholder', PLACEHOLDER],
    [
      'the placeholder in JSON',
      JSON.stringify({ accessToken: TOKEN_PLACEHOLDER }),
      'secret-placeholder',
      PLACEHOLDER,
    ],
    ['nothing', '  ', 'secret-placeholder', notYet('is empty')],
    ['an API key', '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0', 'secret-malformed', HAPIKEY],
    ['a later API key', 'eu1-0f1e-2d3c-4b5a-6978-8796-a5b4-c3d2e1f0', 'secret-malformed', HAPIKEY],
    ['an API key in JSON', '{"hapikey":"sesame-1"}', 'secret-malformed', HAPIKEY],
    [
      'JSON that ends too soon',
      '{"accessToken":"sesame-2',
      'secret-malformed',
      holds('JSON that cannot be read'),
    ],
    [
      'JSON without these keys',
      '{"token":"sesame-3"}',
      'secret-malformed',
      holds('JSON with none of these keys'),
    ],
    ['the token as a key', '{"sesame-4":""}', 'secret-malformed', holds('JSON with none of these keys')],
    ['an empty token', '{"accessToken":""}', 'secret-malformed', holds('JSON with none of these keys')],
    [
      'OAuth that lacks a part',
      '{"clientId":"sesame-5","clientSecret":"sesame-6","refreshToken":" "}',
      'secret-malformed',
      holds('JSON with only clientId, clientSecret'),
    ],
    [
      'two lines',
      'sesame-7\nsesame-8',
      'secret-malformed',
      holds('a token with spaces or line breaks in it'),
    ],
  ])(
    'is not %s, and the sentence says what to do without a word of the secret',
    (_what, text, code, message) => {
      const found = catchError(() => parseCredential(text, SECRET));
      expect(found).toMatchObject({ code, message, nextStep: 'end-run' });
      expect(JSON.stringify(found, Object.getOwnPropertyNames(found))).not.toMatch(/sesame|0f1e/);
    },
  );
});

function catchError(call: () => unknown): unknown {
  try {
    return call();
  } catch (thrown) {
    return thrown;
  }
}
