import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLambdaFunction, type LambdaFunctionOptions } from '../../../infra/local/lambda/function.ts';
import { createOpened } from '../../../infra/local/opened.ts';

/** What the function under test does, chosen by its event. */
const HANDLER = `
let invocations = 0;
export async function handler(event, context) {
  invocations += 1;
  switch (event.do) {
    case 'echo': return { event, invocations, pid: process.pid };
    case 'context': return { ...context, remainingMs: context.getRemainingTimeInMillis() };
    case 'environment': return process.env;
    case 'clock': return { now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(), remainingMs: context.getRemainingTimeInMillis() };
    case 'nothing': return undefined;
    case 'log':
      process.stdout.write('{"a":1}\\n');
      console.log('two\\nlines', { b: 2 });
      console.error('bad');
      process.stderr.write('no newline');
      return null;
    case 'throw': throw new RangeError('out of range');
    case 'throw-text': throw 'a text';
    case 'exit': process.exit(3);
    case 'crash': setImmediate(() => { throw new TypeError('uncaught'); }); return new Promise(() => {});
    case 'reject': Promise.reject(new Error('unhandled')); return new Promise(() => {});
    case 'hang': setInterval(() => {}, 1_000); console.log('hanging'); return new Promise(() => {});
    case 'forget': return new Promise(() => {});
    case 'spin': console.log('spinning'); for (;;);
    case 'eat': { const eaten = []; for (;;) eaten.push(new Array(1_000_000).fill({})); }
  }
}
export const notAFunction = 1;
`;

const opened = createOpened();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lambda-'));
  await writeFile(join(directory, 'index.mjs'), HANDLER);
  await writeFile(join(directory, 'broken.mjs'), 'throw new Error("cannot load");');
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(opened.close);

function create(changes: Partial<LambdaFunctionOptions> = {}) {
  const lambda = createLambdaFunction({
    name: 'poller',
    codeDirectory: directory,
    handler: 'index.handler',
    memoryMb: 256,
    timeoutMs: 10_000,
    region: 'us-east-1',
    account: '000000000000',
    environment: { TABLE_NAME: 'table' },
    ...changes,
  });
  opened.add(lambda.close);
  const invoke = (what: string, options?: { timeoutMs: number }) =>
    lambda.invoke(JSON.stringify({ do: what }), options);
  const invokeForJson = async (what: string): Promise<unknown> => {
    const result = await invoke(what);
    return result.ok ? JSON.parse(result.payload) : result;
  };
  return { ...lambda, invoke, invokeForJson };
}

test('a process stays warm from one invocation to the next', async () => {
  const { invokeForJson } = create();
  const first = await invokeForJson('echo');
  expect(first).toMatchObject({ event: { do: 'echo' }, invocations: 1 });
  expect(await invokeForJson('echo')).toEqual({ ...Object(first), invocations: 2 });
});

test('invocations at once have a process each', async () => {
  const { invokeForJson } = create();
  const both = await Promise.all([invokeForJson('echo'), invokeForJson('echo')]);
  expect(both).toMatchObject([{ invocations: 1 }, { invocations: 1 }]);
});

test('the context tells of request, function and time left', async () => {
  expect(await create({ timeoutMs: 5_000 }).invokeForJson('context')).toMatchObject({
    awsRequestId: expect.stringMatching(/^[\da-f-]{36}$/),
    functionName: 'poller',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:poller',
    memoryLimitInMB: '256',
    remainingMs: expect.toSatisfy((ms: unknown) => Number(ms) > 3_000 && Number(ms) <= 5_000),
  });
});

test('the environment is that of the template and of Lambda, and nothing of this process', async () => {
  process.env['LOCAL_TEST_SECRET'] = 'seen';
  opened.add(() => delete process.env['LOCAL_TEST_SECRET']);
  const environment = Object(await create().invokeForJson('environment'));
  expect(environment).toMatchObject({
    TABLE_NAME: 'table',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'poller',
    LAMBDA_TASK_ROOT: directory,
    _HANDLER: 'index.handler',
  });
  expect(Object.keys(environment)).not.toContain('LOCAL_TEST_SECRET');
  expect(Object.keys(environment)).not.toContain('HOME');
  expect(Object.keys(environment)).not.toContain('VITEST');
});

test('a handler that gives nothing answers null', async () => {
  expect(await create().invoke('nothing')).toMatchObject({ ok: true, payload: 'null' });
});

test('the log holds each line as it was written, console lines in the text format', async () => {
  const heard: string[] = [];
  const result = await create({ onLine: (line) => heard.push(line) }).invoke('log');
  const prefix = `\\d{4}-\\d{2}-\\d{2}T[\\d:.]+Z\\t${result.requestId}`;
  const expected = [
    expect.stringMatching(/^\{"a":1\}$/),
    expect.stringMatching(new RegExp(`^${prefix}\\tINFO\\ttwo\\rlines \\{ b: 2 \\}$`)),
    expect.stringMatching(new RegExp(`^${prefix}\\tERROR\\tbad$`)),
    'no newline',
  ];
  expect(result.logs).toHaveLength(4);
  expect(result.logs).toEqual(expect.arrayContaining(expected));
  expect(heard).toEqual(result.logs);
});

describe('a failure', () => {
  test('a thrown error is answered with its name and message, and the process goes on', async () => {
    const { invoke, invokeForJson } = create();
    const result = await invoke('throw');
    expect(result).toMatchObject({ ok: false, errorType: 'RangeError', errorMessage: 'out of range' });
    expect(result.logs).toEqual([expect.stringMatching(/\tERROR\tInvoke Error \t.*out of range/)]);
    expect(await invokeForJson('echo')).toMatchObject({ invocations: 2 });
  });

  test('a thrown text is answered with its type', async () => {
    const answer = { ok: false, errorType: 'string', errorMessage: 'a text' };
    expect(await create().invoke('throw-text')).toMatchObject(answer);
  });

  test.each([
    ['exit', 'Runtime.ExitError', /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/],
    // Node's own status where nothing is left that could settle the promise.
    ['forget', 'Runtime.ExitError', /exit status 13$/],
    ['crash', 'TypeError', /^uncaught$/],
    ['reject', 'Runtime.UnhandledPromiseRejection', /^unhandled$/],
  ])('%s ends the process, and the next invocation has a new one', async (what, errorType, message) => {
    const { invoke, invokeForJson } = create();
    await invokeForJson('echo');
    expect(await invoke(what)).toMatchObject({
      ok: false,
      errorType,
      errorMessage: expect.stringMatching(message),
    });
    expect(await invokeForJson('echo')).toMatchObject({ invocations: 1 });
  });

  test('more memory than the function has ends the process', async () => {
    const result = await create({ memoryMb: 64 }).invoke('eat');
    expect(result).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' });
    expect(result.logs.join('\n')).toContain('heap out of memory');
  });

  test.each(['hang', 'spin'])('%s is ended at the deadline, with its log kept', async (what) => {
    const { invoke, invokeForJson } = create();
    await invokeForJson('echo');
    const result = await invoke(what, { timeoutMs: 300 });
    expect(result).toMatchObject({
      ok: false,
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${result.requestId} Error: Task timed out after 0.30 seconds`,
    });
    expect(result.logs).toHaveLength(1);
    expect(result.durationMs).toBeGreaterThanOrEqual(300);
    expect(await invokeForJson('echo')).toMatchObject({ invocations: 1 });
  });

  test.each([
    ['nowhere.handler', 'Runtime.ImportModuleError', /Cannot find module 'nowhere'/],
    ['index.nothing', 'Runtime.HandlerNotFound', /index\.nothing is undefined/],
    ['index.notAFunction', 'Runtime.HandlerNotFound', /index\.notAFunction is undefined/],
    ['broken.handler', 'Error', /cannot load/],
  ])('handler %s cannot be loaded', async (handler, errorType, message) => {
    const answer = { ok: false, errorType, errorMessage: expect.stringMatching(message) };
    expect(await create({ handler }).invoke('echo')).toMatchObject(answer);
  });
});

describe('retire', () => {
  test('gives the next invocation a new process, and lets one under way come to its end', async () => {
    const lambda = create();
    await lambda.invokeForJson('echo');
    lambda.retire();
    expect(await lambda.invokeForJson('echo')).toMatchObject({ invocations: 1 });
    const running = lambda.invokeForJson('echo');
    lambda.retire();
    expect(await running).toMatchObject({ invocations: 2 });
    expect(await lambda.invokeForJson('echo')).toMatchObject({ invocations: 1 });
  });

  test('comes with another clock, by which the time left is told too', async () => {
    const lambda = create();
    lambda.moveClock(-3_600_000);
    const from = Date.now() - 3_600_000;
    const clock = Object(await lambda.invokeForJson('clock'));
    const to = Date.now() - 3_600_000;
    expect([clock.now >= from, clock.made >= from, clock.now <= to, clock.made <= to]).not.toContain(false);
    expect(clock).toMatchObject({ given: 5 });
    expect(clock.remainingMs).toBeLessThanOrEqual(10_000);
  });
});

describe('kill', () => {
  test('fails the invocation under way, and the next one has a new process', async () => {
    const heard = Promise.withResolvers<void>();
    const lambda = create({ onLine: () => heard.resolve() });
    const running = lambda.invoke('hang');
    await heard.promise;
    lambda.kill();
    expect(await running).toMatchObject({
      ok: false,
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/Runtime exited with error: signal: killed$/),
    });
    expect(await lambda.invokeForJson('echo')).toMatchObject({ invocations: 1 });
  });

  test('ends an idle process too', async () => {
    const lambda = create();
    await lambda.invokeForJson('echo');
    lambda.kill();
    expect(await lambda.invokeForJson('echo')).toMatchObject({ invocations: 1 });
  });

  test('close ends an invocation under way', async () => {
    const heard = Promise.withResolvers<void>();
    const lambda = create({ onLine: () => heard.resolve() });
    const running = lambda.invoke('hang');
    await heard.promise;
    await lambda.close();
    expect(await running).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' });
  });
});
