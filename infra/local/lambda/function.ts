/** A Lambda function on this machine: the bundle in processes of its own, with the template's environment. */
import {
  type ExecutionEnvironment,
  type InvocationResult,
  startExecutionEnvironment,
} from './execution-environment.ts';

export interface LambdaFunctionOptions {
  readonly name: string;
  /** The folder with the bundle, as Lambda unpacks it. */
  readonly codeDirectory: string;
  /** File and export: `index.handler`. */
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly region: string;
  readonly account: string;
  /** The function's environment variables, and where it finds AWS. */
  readonly environment: Readonly<Record<string, string>>;
  /** Told of every line that the function writes. */
  readonly onLine?: (line: string) => void;
}

export interface LambdaFunction {
  /** Invokes the function with a JSON text. Never rejects. */
  readonly invoke: (payload: string, options?: InvokeOptions) => Promise<InvocationResult>;
  /** Ends every process as `kill -9` does; the invocations under way fail. */
  readonly kill: () => void;
  /** The next invocation gets a new process; one under way comes to its end first. */
  readonly retire: () => void;
  /** From the next process on, its clock stands so far from the machine's. */
  readonly moveClock: (offsetMs: number) => void;
  readonly close: () => Promise<void>;
}

export interface InvokeOptions {
  /** The time until the process is ended; the function's own timeout where not given. */
  readonly timeoutMs?: number;
}

/** What a process needs of the machine it runs on: where programs are, and how the network is reached. */
const PASSED_ON = [
  'PATH',
  'SystemRoot',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/**
 * The function. Its processes start with its invocations: one that is idle is used again, and as many are
 * started as there are invocations at once, as Lambda does it.
 */
export function createLambdaFunction(options: LambdaFunctionOptions): LambdaFunction {
  const all = new Set<ExecutionEnvironment>();
  const idle: ExecutionEnvironment[] = [];
  const retired = new Set<ExecutionEnvironment>();
  let clockOffsetMs = 0;

  async function takeEnvironment(): Promise<ExecutionEnvironment> {
    for (let found = idle.pop(); found !== undefined; found = idle.pop()) {
      if (!found.isEnded()) return found;
      all.delete(found);
    }
    const started = await startExecutionEnvironment({
      variables: { ...variablesOf(options), ...clockVariable(clockOffsetMs) },
      functionArn: `arn:aws:lambda:${options.region}:${options.account}:function:${options.name}`,
      memoryMb: options.memoryMb,
      onLine: options.onLine ?? (() => undefined),
    });
    all.add(started);
    return started;
  }

  function retire(): void {
    for (const environment of all) retired.add(environment);
    for (const environment of idle.splice(0)) dismiss(environment);
  }

  function dismiss(environment: ExecutionEnvironment): void {
    retired.delete(environment);
    // Until its process is gone, closing the function waits for it too.
    void environment.close().then(() => all.delete(environment));
  }

  return {
    invoke: async (payload, { timeoutMs = options.timeoutMs } = {}) => {
      const environment = await takeEnvironment();
      const result = await environment.invoke(payload, timeoutMs);
      if (environment.isEnded() || retired.has(environment)) dismiss(environment);
      else idle.push(environment);
      return result;
    },
    kill: () => {
      for (const environment of all) environment.kill();
    },
    retire,
    moveClock: (offsetMs) => {
      clockOffsetMs = offsetMs;
      retire();
    },
    close: async () => {
      await Promise.all([...all].map((environment) => environment.close()));
    },
  };
}

function clockVariable(offsetMs: number): Record<string, string> {
  return offsetMs === 0 ? {} : { LOCAL_CLOCK_OFFSET_MS: String(offsetMs) };
}

function variablesOf(options: LambdaFunctionOptions): Record<string, string> {
  const { name, region, memoryMb, codeDirectory, handler, environment } = options;
  const passedOn = PASSED_ON.flatMap((key) => {
    const value = process.env[key];
    return value === undefined ? [] : [[key, value]];
  });
  return {
    ...Object.fromEntries(passedOn),
    ...environment,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: codeDirectory,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: handler,
  };
}
