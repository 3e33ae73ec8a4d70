import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { synthesize } from '../../infra/build/synth.ts';
import { secretArn } from '../../infra/local/aws/secrets.ts';
import { mayReadSecret } from '../../infra/local/aws/sts.ts';
import { createOpened } from '../../infra/local/opened.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { readTemplate } from '../../infra/local/template/template.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';
import { STAND_IN_ENTRY } from '../infra/synthesized.ts';

const OWN_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:elsewhere/token-AbCdEf';
const arnOf = (name: string) => secretArn(name, 'us-east-1', '000000000000');

describe('the template', () => {
  const portals = { a: {}, 'a-b': { secretName: 'custom/of-b' }, c: { secretArn: OWN_ARN } };
  const { template } = synthesize({ config: { portals }, entry: STAND_IN_ENTRY });
  const place = {
    region: 'us-east-1',
    account: '000000000000',
    stackName: 'HubSpotEvents',
    queueUrlOf: String,
  };
  const { policies } = readTemplate(template, place);

  test.each([
    ['a', arnOf('hubspot-events/a'), true],
    ['a-b', arnOf('custom/of-b'), true],
    ['c', OWN_ARN, true],
    ['added-later', arnOf('hubspot-events/added-later'), true],
    ['a', arnOf('hubspot-events/a-b'), false],
    ['a', arnOf('custom/of-b'), false],
    ['a', OWN_ARN, false],
    ['a-b', arnOf('hubspot-events/a'), false],
    ['c', arnOf('hubspot-events/a'), false],
    ['added-later', OWN_ARN, false],
    ['', arnOf('hubspot-events/a'), false],
  ])('lets a session of portal "%s" read %s: %s', (portal, arn, expected) => {
    expect(mayReadSecret(policies, portal, arn)).toBe(expected);
  });

  test("lets no session be without its portal's tag, and the poller itself read no secret", () => {
    const text = JSON.stringify(template);
    expect(text).toContain('"StringLike":{"aws:RequestTag/portal":"?*"}');
    expect(text).toContain('"ForAllValues:StringEquals":{"aws:TagKeys":["portal"]}');
    const readers = policies
      .map((policy) =>
        z
          .object({ Roles: z.array(z.string()) })
          .loose()
          .parse(policy),
      )
      .filter((policy) => JSON.stringify(policy).includes('secretsmanager:'));
    expect(readers.map(({ Roles }) => Roles)).toEqual([[expect.stringContaining('PortalRole')]]);
  });
});

describe('a request', () => {
  const opened = createOpened();
  let stack: LocalStack;
  let other: HubSpotPortal;
  beforeAll(async () => {
    const silentTypes = ['e_visited_page'];
    const one = await startHubSpotPortal({ behaviour: { silentTypes, tokens: [{ token: 'token-of-a' }] } });
    opened.add(one.close);
    other = await startHubSpotPortal({ behaviour: { silentTypes, tokens: [{ token: 'token-of-b' }] } });
    opened.add(other.close);
    const config = { portals: { a: { apiUrl: one.url }, b: { apiUrl: other.url } } };
    const secrets = { a: 'token-of-a', b: 'token-of-b' };
    stack = await startLocalStack({ synthesized: synthesize({ config }), secrets });
    opened.add(stack.close);
  });
  afterAll(opened.close);

  test("of a portal that names another's secret is refused, and reaches nobody", async () => {
    const request = { ...z.looseObject({}).parse(JSON.parse(stack.inputOf('b'))), portal: 'a' };
    const run = await stack.invokeWith(JSON.stringify(request));
    expect(run.ok).toBe(false);
    expect(JSON.stringify(run)).toContain('AccessDeniedException');
    expect(other.requestCount()).toBe(0);
  });

  test('of each portal reads its own, in one process after the other', async () => {
    for (const portal of ['a', 'b', 'a']) {
      const run = await stack.invoke(portal);
      expect(run.ok, run.logs.join('\n')).toBe(true);
    }
  });
});
