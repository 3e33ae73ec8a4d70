/** The command line against AWS: its process, the SDK's own variables, and an endpoint that answers as AWS does. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readBody, startLoopbackServer } from '../../infra/local/loopback.ts';
import type { LocalStack } from '../../infra/local/stack.ts';
import { openDesk } from './desk.ts';

const MAIN = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

/** CloudFormation, Scheduler, Lambda and the log, for a stack whose other services are the local ones. */
async function startAws({ environment, inputOf, invokeWith }: LocalStack) {
  const outputs = {
    TableName: environment['TABLE_NAME'],
    EventBusName: environment['EVENT_BUS_NAME'],
    DeadLetterQueueUrl: environment['DEAD_LETTER_QUEUE_URL'],
    FunctionName: 'poller',
    LogGroupName: 'log',
  };
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stacks = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  return startLoopbackServer(async (request, response) => {
    const body = await readBody(request);
    const url = request.url ?? '';
    const send = (answer: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    if (body.includes('Action=DescribeStacks')) {
      const isNamed = body.includes('StackName=HubSpotEvents&') || body.endsWith('StackName=HubSpotEvents');
      const missing =
        '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack does not exist</Message></Error></ErrorResponse>';
      response.writeHead(isNamed ? 200 : 400, { 'content-type': 'text/xml' }).end(isNamed ? stacks : missing);
    } else if (url.startsWith('/schedules/')) {
      send({ Name: 'main', State: 'DISABLED', Target: { Arn: 'a', RoleArn: 'r', Input: inputOf('main') } });
    } else if (url.startsWith('/schedules')) {
      send({ Schedules: [{ Name: 'main' }] });
    } else if (url.includes('/functions/poller/invocations')) {
      const result = await invokeWith(body);
      if (result.ok) response.end(result.payload);
      else {
        response.setHeader('x-amz-function-error', 'Unhandled');
        send({ errorMessage: result.errorMessage });
      }
    } else {
      send({ events: [] });
    }
  });
}

async function run(stack: LocalStack, url: string, args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    env: { ...process.env, ...stack.environment, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, out, err };
}

test('a deployed stack is found by its name, its portals by their schedules', async () => {
  await using desk = await openDesk();
  await desk.stack.invoke('main');
  const aws = await startAws(desk.stack);
  const [status, doctor, backfill, other] = await Promise.all([
    run(desk.stack, aws.url, ['status']),
    run(desk.stack, aws.url, ['doctor']),
    run(desk.stack, aws.url, ['backfill', '--stream', 'e_other', '--cancel']),
    run(desk.stack, aws.url, ['status', '--stack', 'Another', '--running', '/nowhere']),
  ]);
  await aws.close();
  expect(status).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^stack HubSpotEvents in us-east-1/),
  });
  expect(status.out).toMatch(/e_visited_page.*current/);
  expect(doctor.status).toBe(1);
  expect(doctor.out).toContain('✗ schedule     is off');
  expect(doctor.out).toContain('✗ last run     none in the log');
  // The poller's own sentence, through Lambda.
  expect(backfill).toMatchObject({
    status: 1,
    err: expect.stringContaining('there must be one, found none'),
  });
  expect(other).toMatchObject({ status: 3, err: expect.stringContaining('Stack does not exist') });
});
