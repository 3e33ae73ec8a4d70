/** What only a deployed stack has: portals at run time, an operator's policy, tails that clean up, other stacks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { requestSchema } from '../../../functions/poller/input/request.ts';
import { openAwsTarget } from '../../../infra/cli/target/aws/aws-target.ts';
import { type Desk, openDesk, type RunOptions, runAtDesk } from '../desk.ts';
import { startProgram } from '../terminal/terminal.ts';
import { type Account, openAccount } from './account.ts';

let desk: Desk;
let account: Account;

beforeAll(async () => {
  desk = await openDesk();
  await desk.stack.invoke('main');
  account = await openAccount(desk);
  for (const [name, value] of Object.entries(account.environment)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await account[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});
beforeEach(() => {
  account.refuse = () => undefined;
});

const run = (args: readonly string[], options?: RunOptions) => runAtDesk(args, options);

describe('portal add and remove', () => {
  test('make a secret and a schedule like its siblings, take both away, and bring both back', async () => {
    expect(await run(['portal', 'add', 'acme', '--settings', '{"pollSeconds":300}'])).toMatchObject({
      status: 0,
    });
    const schedule = account.schedules.get('acme');
    expect(schedule).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1 },
      GroupName: 'hubspot-events',
      Target: { Arn: 'fn', RoleArn: 'role', RetryPolicy: { MaximumRetryAttempts: 0 } },
    });
    expect(requestSchema.parse(JSON.parse(schedule?.Target.Input ?? ''))).toMatchObject({
      portal: 'acme',
      secretId: 'hubspot-events/acme',
      pollSeconds: 300,
    });
    expect((await run(['portal', 'add', 'acme'])).err).toContain('There is a portal acme already');
    expect((await run(['portal', 'remove', 'acme'], { answers: [true] })).status).toBe(0);
    expect([...account.schedules.keys()]).toEqual(['main']);
    const again = await run(['portal', 'add', 'acme']);
    expect(again).toMatchObject({ status: 0, out: expect.stringContaining('it is restored') });
    await run(['portal', 'remove', 'acme', '--yes']);
  });

  test('are refused where the poller could not serve it, with nothing changed', async () => {
    const refused = await Promise.all([
      run(['portal', 'add', 'acme', '--settings', '{"pageSize":0,"x":1}']),
      run(['portal', 'add', 'acme', '--settings', '{"secretName":"other/name"}']),
      run(['portal', 'remove', 'main', '--yes']),
      run(['portal', 'remove', 'nope', '--yes']),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([2, 2, 1, 2]);
    expect(refused[0]?.err).toMatch(/pageSize: [\s\S]*\.x: is no known key/);
    expect(refused[2]?.err).toContain(
      'Portal main was made by a deployment, and only a deployment removes it.',
    );
    expect(refused[3]?.err).toContain('found main.');
    expect(await run(['portal', 'add', 'acme', '--settings', '{'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('--settings: must be JSON text; found a mistake at line 1 column 2\n'),
    });
    const two = await run(['portal', 'add', 'acme', '--settings', '{},"other":{}']);
    expect(two.err).toContain('--settings: must be JSON text; found a mistake at line 1 column 3\n');
    const { variables } = account;
    account.variables = { PORTAL_ROLE_ARN: 'arn' };
    expect((await run(['portal', 'add', 'acme'])).err).toContain('nobody would hear when another stops');
    account.variables = {};
    expect((await run(['portal', 'add', 'acme'])).err).toContain('npm run deploy -- -c manyPortals=true');
    account.variables = variables;
    expect([...account.schedules.keys()]).toEqual(['main']);
  });

  test('remove takes a portal without a schedule out of the list', async () => {
    const kept = account.schedules.get('main');
    account.schedules.delete('main');
    expect((await run(['status'])).out).toMatch(/main +no-schedule/);
    await run(['portal', 'remove', 'main'], { answers: [true] });
    expect((await run(['status'])).out).not.toContain('no-schedule');
    if (kept !== undefined) account.schedules.set('main', kept);
    await desk.stack.invoke('main');
  });
});

test('portal pause keeps every setting of the schedule but its state', async () => {
  const before = account.schedules.get('main');
  await run(['portal', 'pause', 'main']);
  expect(account.schedules.get('main')).toMatchObject({
    ...before,
    LastModificationDate: expect.any(Number),
    State: 'DISABLED',
  });
  await run(['portal', 'resume', 'main']);
  expect(account.schedules.get('main')).toMatchObject({
    ...before,
    LastModificationDate: expect.any(Number),
    State: 'ENABLED',
  });
});

test('a stack of another name is found by --stack, and one without the poller is told apart', async () => {
  expect(await run(['status', '--stack', 'Mine'])).toMatchObject({ status: 0 });
  expect(await run(['status', '--stack', 'Other'])).toMatchObject({ status: 3 });
});

test('a portal is behind over the minutes that its stack tells, or 10 where it tells none', async () => {
  const minutes = await Promise.all(
    ['Mine', 'HubSpotEvents'].map(async (name) => {
      const target = await openAwsTarget(name, undefined);
      target.close();
      return target.lagAlarmMinutes;
    }),
  );
  expect(minutes).toEqual([60, 10]);
});

test('what AWS refuses is told with the way to the policy', async () => {
  account.refuse = (action) =>
    action === 'scheduler:ListSchedules' ? { status: 403, type: 'AccessDeniedException' } : undefined;
  const { status, err } = await run(['status']);
  expect({ status, err }).toEqual({
    status: 3,
    err: expect.stringMatching(/AWS refused: scheduler:ListSchedules .*\n→ npm run events -- policy/),
  });
});

describe('tail', () => {
  const leave = (ending: AbortController) => account.tailed().then(() => ending.abort());

  test('removes its rule and queue when it ends', async () => {
    const ending = new AbortController();
    const [{ status }] = await Promise.all([run(['tail'], { signal: ending.signal }), leave(ending)]);
    expect(status).toBe(0);
    expect(account.tails()).toEqual([]);
  });

  test('that is killed leaves a guard behind, which removes both', async () => {
    const removed = new Promise<void>((resolve) => {
      account.refuse = (action) => {
        if (action === 'sqs:DeleteQueue') setImmediate(resolve);
        return undefined;
      };
    });
    const terminal = startProgram(['tail'], { environment: account.environment });
    await account.tailed();
    expect(account.tails()).toHaveLength(2);
    terminal.kill('SIGKILL');
    await removed;
    expect(account.tails()).toEqual([]);
    await terminal.ended;
  });
});

test('the policy allows every action that the verbs have taken, and its own names are this stack’s', async () => {
  for (const verb of [
    ['doctor'],
    ['status'],
    ['logs'],
    ['redrive', '--yes'],
    ['run', 'now'],
    ['portal', 'list'],
  ])
    await run(verb);
  await run(['token', 'set'], { stdin: 'pat-eu1-5f0e9a52-simulated-portal' });
  await run(['watermark', 'set', '--stream', 'e_visited_page', '--to', '-1m', '--yes']);
  const { out } = await run(['policy']);
  const { Statement } = z
    .object({ Statement: z.array(z.object({ Action: z.array(z.string()), Resource: z.string() })) })
    .parse(JSON.parse(out));
  expect(out).not.toMatch(/\{\w+\}/);
  expect(Statement.map(({ Resource }) => Resource.split(':')[1] ?? 'aws-us-gov')).toEqual(
    Statement.map(() => 'aws-us-gov'),
  );
  const allowed = new Set(Statement.flatMap(({ Action }) => Action));
  // A call over several messages wants the right to one.
  const wanted = [...account.actions].map((action) => action.replace(/Batch$/, ''));
  expect(wanted.filter((action) => !allowed.has(action))).toEqual([]);
});

describe('a process of its own', () => {
  test('ends without a trace where nobody reads on', async () => {
    const main = new URL('../../../infra/cli/main.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [main, 'status', '--watch', '--json'], {
      env: { ...process.env, ...account.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [status] = await once(child, 'close');
    expect({ status, said }).toEqual({ status: 0, said: '' });
  });
});
