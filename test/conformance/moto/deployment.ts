/** The stack on moto: bootstrapped and deployed by the CDK's own command line, and its function run here. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { type SynthesizeOptions, synthesize } from '../../../infra/build/synth.ts';
import { createLambdaFunction, type LambdaFunction } from '../../../infra/local/lambda/function.ts';
import type { Opened } from '../../../infra/local/opened.ts';
import { STACK_NAME } from '../../../infra/names.ts';
import { ACCOUNT, type Credentials, type MotoServer, REGION, startMoto } from './moto-server.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EVENTS = join(ROOT, 'infra/cli/main.ts');
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');

export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Deployment {
  readonly moto: MotoServer;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What `cdk deploy` wrote. */
  readonly deployed: Ended;
  /** The role of the poller, by its ARN. */
  readonly roleArn: string;
  /** The schedule's input. */
  readonly inputOf: (name: string, group?: string) => Promise<string>;
  /** The poller with a session of its role, as Lambda starts it: for as long as `opened` is. */
  readonly startPoller: (onLine?: (line: string) => void) => Promise<LambdaFunction>;
  /** Runs the command line, `npm run events -- …`, with moto in AWS's place. */
  readonly runEvents: (
    args: readonly string[],
    variables?: Readonly<Record<string, string>>,
    input?: string,
  ) => Promise<Ended>;
}

/** The deployed stack; closed with `opened`. @throws where the CDK's command line fails */
export async function deployToMoto(opened: Opened, options: SynthesizeOptions): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'moto-'));
  opened.add(() => rm(directory, { recursive: true }));
  const outdir = join(directory, 'cdk.out');
  const synthesized = synthesize({ ...options, outdir });
  const moto = await startMoto(directory);
  opened.add(moto.close);

  // A home of its own: the CDK keeps what it learnt of an account there.
  const programVariables = { ...moto.variablesFor(), CDK_HOME: join(directory, 'home'), CI: 'true' };
  const cdk = (...args: string[]) => succeed(runNode([CDK, ...args, '--app', outdir], programVariables));
  await cdk('bootstrap', `aws://${ACCOUNT}/${REGION}`);
  const deployed = await cdk('deploy', '--require-approval', 'never');

  const outputs = await readOutputs(moto);
  const lambda = new LambdaClient(moto.client);
  const scheduler = new SchedulerClient(moto.client);
  const configuration = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: outputs['FunctionName'] }),
  );
  const roleArn = configuration.Role ?? '';
  return {
    moto,
    outputs,
    deployed,
    roleArn,
    inputOf: async (Name, GroupName = 'hubspot-events') => {
      const command = new GetScheduleCommand({ GroupName, Name });
      return (await scheduler.send(command)).Target?.Input ?? '';
    },
    startPoller: async (onLine = () => undefined) => {
      const session = await assumeRole(moto, roleArn);
      const poller = createLambdaFunction({
        name: outputs['FunctionName'] ?? '',
        codeDirectory: synthesized.assetDirectory,
        handler: configuration.Handler ?? '',
        memoryMb: configuration.MemorySize ?? 0,
        timeoutMs: (configuration.Timeout ?? 0) * 1_000,
        region: REGION,
        account: ACCOUNT,
        environment: { ...configuration.Environment?.Variables, ...moto.variablesFor(session) },
        onLine,
      });
      opened.add(poller.close);
      return poller;
    },
    runEvents: (args, variables = {}, input = '') =>
      runNode(['--import', 'tsx', EVENTS, ...args], { ...programVariables, ...variables }, input),
  };
}

/** A session of a role, as a service of AWS has one. */
export async function assumeRole(moto: MotoServer, roleArn: string): Promise<Credentials> {
  const sts = new STSClient(moto.client);
  const command = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'service' });
  const { Credentials: found } = await sts.send(command);
  return {
    accessKeyId: found?.AccessKeyId ?? '',
    secretAccessKey: found?.SecretAccessKey ?? '',
    sessionToken: found?.SessionToken ?? '',
  };
}

async function readOutputs(moto: MotoServer): Promise<Record<string, string>> {
  const cloudFormation = new CloudFormationClient(moto.client);
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: STACK_NAME }));
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

/** Only what a program needs is passed on: no credentials and no profile of whoever runs the tests. */
async function runNode(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  input = '',
): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [...args], {
    cwd: ROOT,
    env: { PATH, HOME, AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', ...variables },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, out, err };
}

async function succeed(running: Promise<Ended>): Promise<Ended> {
  const ended = await running;
  if (ended.status === 0) return ended;
  throw new Error(`Deploying to moto: cdk must succeed, found ${ended.status}: ${ended.out}${ended.err}`);
}
