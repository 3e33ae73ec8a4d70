/** `portal add|remove|list` as a process, against an endpoint that keeps schedules and secrets as AWS does. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { requestSchema } from '../../functions/poller/input/request.ts';
import { type LoopbackServer, readBody, startLoopbackServer } from '../../infra/local/loopback.ts';

const MAIN = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));
const OUTPUTS = ['TableName', 'EventBusName', 'DeadLetterQueueUrl', 'FunctionName', 'LogGroupName'];
const inputOf = (portal: string) =>
  JSON.stringify(requestSchema.parse({ portal, secretId: `hubspot-events/${portal}` }));

const scheduleSchema = z.looseObject({
  Description: z.string().default(''),
  Target: z.object({ Arn: z.string(), RoleArn: z.string(), Input: z.string() }),
});
const schedules = new Map([
  ['main', scheduleSchema.parse({ Target: { Arn: 'fn', RoleArn: 'role', Input: inputOf('main') } })],
]);
const secrets = new Set(['hubspot-events/main']);
let aws: LoopbackServer;
let variables: Readonly<Record<string, string>> = { PORTAL_ROLE_ARN: 'arn' };

beforeAll(async () => {
  aws = await startLoopbackServer(async (request, response) => {
    const body = await readBody(request);
    const name = /^\/schedules\/([^?]+)/.exec(request.url ?? '')?.[1];
    const action = String(request.headers['x-amz-target'] ?? '').split('.')[1];
    const send = (answer: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    if (body.includes('Action=DescribeStacks')) {
      const members = OUTPUTS.map(
        (key) => `<member><OutputKey>${key}</OutputKey><OutputValue>x</OutputValue></member>`,
      );
      response
        .writeHead(200, { 'content-type': 'text/xml' })
        .end(
          `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
        );
    } else if (request.url?.includes('/functions/')) {
      send({ Environment: { Variables: variables } });
    } else if (action !== undefined) {
      const input = z.object({ Name: z.string().optional(), SecretId: z.string().optional() });
      const { Name = '', SecretId = '' } = input.parse(JSON.parse(body));
      if (action === 'CreateSecret') secrets.add(Name);
      else secrets.delete(SecretId);
      send({});
    } else if (name === undefined) {
      send({ Schedules: [...schedules.keys()].map((Name) => ({ Name })) });
    } else if (request.method === 'POST') {
      schedules.set(name, scheduleSchema.parse(JSON.parse(body)));
      send({ ScheduleArn: 'arn' });
    } else if (request.method === 'DELETE') {
      schedules.delete(name);
      send({});
    } else {
      send({ Name: name, State: 'ENABLED', ...schedules.get(name) });
    }
  });
});
afterAll(() => aws.close());

async function portal(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'portal', ...args], {
    env: {
      ...process.env,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, out, err };
}

test('a portal is added as a secret and a schedule like its siblings, listed, and removed again', async () => {
  expect(await portal('add', 'acme', '--settings', '{"pollSeconds":300}')).toMatchObject({
    status: 0,
    err: '',
  });
  expect([...secrets]).toEqual(['hubspot-events/main', 'hubspot-events/acme']);
  expect(schedules.get('acme')).toMatchObject({
    ScheduleExpression: 'rate(5 minutes)',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1 },
    GroupName: 'hubspot-events',
    Target: { Arn: 'fn', RoleArn: 'role' },
  });
  const request: unknown = JSON.parse(schedules.get('acme')?.Target.Input ?? '');
  expect(request).toEqual({ ...requestSchema.parse(JSON.parse(inputOf('acme'))), pollSeconds: 300 });
  const [listed, again] = await Promise.all([portal('list'), portal('add', 'acme')]);
  expect(listed.out).toMatch(/2 portals\nmain {2}.*\nacme {2}every 300s {2}hubspot-events\/acme {2}on/);
  expect(again).toMatchObject({ status: 1, err: expect.stringContaining('has a portal acme already') });
  expect(await portal('remove', 'acme', '--yes')).toMatchObject({ status: 0, err: '' });
  expect([[...secrets], [...schedules.keys()]]).toEqual([['hubspot-events/main'], ['main']]);
});

test('what the running poller could not serve is refused, with nothing changed', async () => {
  const refused = await Promise.all([
    portal('add', 'Acme'),
    portal('add', 'acme', '--settings', '{"pageSize":0,"x":1}'),
    portal('add', 'acme', '--settings', '{"secretName":"other/name"}'),
    portal('remove', 'main', '--yes'),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([2, 2, 2, 1]);
  expect(refused[1]?.err).toMatch(/pageSize: [\s\S]*\.x: is no known key/);
  expect(refused[2]?.err).toContain('secret: must be hubspot-events/acme');
  expect(refused[3]?.err).toContain('Portal main is of the stack');
  expect([[...secrets], [...schedules.keys()]]).toEqual([['hubspot-events/main'], ['main']]);
});

test('a poller that may read one secret alone is given no second portal, with the way out', async () => {
  variables = {};
  const { status, err } = await portal('add', 'acme');
  expect([status, err]).toEqual([1, expect.stringContaining('npm run deploy -- -c manyPortals=true')]);
  expect([...secrets]).toEqual(['hubspot-events/main']);
});
