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
