/**
 * The runtime client: the program of the process that runs a function, in the place of AWS's own
 * (aws-lambda-ric, whose native part needs a compiler). It imports the handler, then asks the Runtime API
 * for one invocation after the other.
 *
 * It runs alone in its process, without the tool chain: nothing but Node's own modules may be imported.
 */
import { access } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

interface Reply {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const BASE = `http://${environment('AWS_LAMBDA_RUNTIME_API')}/2018-06-01/runtime`;
/** What the Runtime API here asks for; AWS's own, in a machine of its own, asks for nothing. */
const AUTHORIZATION = `Bearer ${environment('LOCAL_RUNTIME_KEY')}`;
/** Written after each invocation's last line, so that whoever reads knows that no line is on its way. */
const END_OF_LOG = environment('LOCAL_END_OF_LOG');
const CLOCK_OFFSET_MS = Number(process.env['LOCAL_CLOCK_OFFSET_MS'] ?? 0);
/** The exit status of AWS's own client after an error that nobody caught. */
const UNCAUGHT_STATUS = 129;

let requestId = 'undefined';

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`Starting the runtime client: ${name} must be set`);
  return value;
}

function call(
  method: 'GET' | 'POST',
  path: string,
  body = '',
  headers: Record<string, string> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, authorization: AUTHORIZATION }, agent: false };
    const outgoing = request(`${BASE}${path}`, options, (response) => {
      const chunks: Uint8Array[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function postFailure(path: string, failure: Failure): Promise<Reply> {
  return call('POST', path, JSON.stringify(failure), {
    'content-type': 'application/json',
    'lambda-runtime-function-error-type': failure.errorType,
  });
}

function describeFailure(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) {
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  }
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

type Handler = (event: unknown, context: object) => unknown;

async function loadHandler(): Promise<Handler> {
  const [file = '', name = ''] = environment('_HANDLER').split('.');
  const root = join(environment('LAMBDA_TASK_ROOT'), file);
  for (const path of ['.js', '.mjs', '.cjs'].map((ending) => root + ending)) {
    if (!(await exists(path))) continue;
    const module: object = await import(pathToFileURL(path).href);
    const handler: unknown = Reflect.get(module, name);
    if (typeof handler === 'function') return (event, context) => handler(event, context);
    throw namedError('Runtime.HandlerNotFound', `${file}.${name} is undefined or not exported`);
  }
  throw namedError('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
}

function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** The text log format: AWS's client puts instant, request and level before what console is given. */
function patchConsole(): void {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', warn: 'WARN', error: 'ERROR', trace: 'TRACE' };
  for (const [name, level] of Object.entries(levels)) {
    Reflect.set(console, name, (...values: unknown[]) => writeLine(level, format(...values)));
  }
}

function writeLine(level: string, message: string): void {
  const line = [new Date().toISOString(), requestId, level, message].join('\t');
  process.stdout.write(`${line.replaceAll('\n', '\r')}\n`);
}

/** Whatever asks for the time gets it so far from the machine's. */
function moveClock(): void {
  const real = Date;
  const now = () => real.now() + CLOCK_OFFSET_MS;
  globalThis.Date = new Proxy(real, {
    construct: (target, values, made) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, made),
    apply: (target) => new target(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}

async function serve(handler: Handler, { headers, body }: Reply): Promise<void> {
  const header = (name: string) => String(headers[name] ?? '');
  requestId = header('lambda-runtime-aws-request-id');
  // The service's clock and the process's are one and the same.
  const deadlineMs = Number(header('lambda-runtime-deadline-ms')) + CLOCK_OFFSET_MS;
  const context = {
    awsRequestId: requestId,
    invokedFunctionArn: header('lambda-runtime-invoked-function-arn'),
    functionName: environment('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: environment('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: environment('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: environment('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: environment('AWS_LAMBDA_LOG_STREAM_NAME'),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  try {
    const event: unknown = JSON.parse(body);
    const result = (await handler(event, context)) ?? null;
    const payload = JSON.stringify(result);
    writeEndOfLog();
    await call('POST', `/invocation/${requestId}/response`, payload);
  } catch (thrown) {
    const failure = describeFailure(thrown);
    writeLine('ERROR', `Invoke Error \t${JSON.stringify(failure)}`);
    writeEndOfLog();
    await postFailure(`/invocation/${requestId}/error`, failure);
  }
}

function writeEndOfLog(): void {
  process.stdout.write(`${END_OF_LOG}\n`);
  process.stderr.write(`${END_OF_LOG}\n`);
}

function failUncaught(errorType: string, thrown: unknown): void {
  const failure = { ...describeFailure(thrown), errorType };
  writeLine('ERROR', `Uncaught Exception \t${JSON.stringify(failure)}`);
  postFailure(`/invocation/${requestId}/error`, failure).finally(() => process.exit(UNCAUGHT_STATUS));
}

async function main(): Promise<void> {
  patchConsole();
  if (CLOCK_OFFSET_MS !== 0) moveClock();
  process.on('uncaughtException', (error) => failUncaught(error.name, error));
  process.on('unhandledRejection', (reason) => failUncaught('Runtime.UnhandledPromiseRejection', reason));
  let handler: Handler;
  try {
    handler = await loadHandler();
  } catch (thrown) {
    const failure = describeFailure(thrown);
    writeLine('ERROR', `Uncaught Exception \t${JSON.stringify(failure)}`);
    await postFailure('/init/error', failure);
    process.exit(1);
  }
  for (;;) {
    let invocation: Reply;
    try {
      invocation = await call('GET', '/invocation/next');
    } catch {
      // Whoever started this process is gone, and nobody will ever ask for anything.
      process.exit(0);
    }
    await serve(handler, invocation);
  }
}

await main();
