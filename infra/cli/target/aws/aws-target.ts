/** A deployed stack, found by its name: outputs from CloudFormation, portals from Scheduler. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { CliFailure, EXIT } from '../../failure.ts';
import { parseLine } from '../run-line.ts';
import { openServices } from '../services.ts';
import type { InvokeAnswer, Target } from '../target.ts';
import { followBus, type StartGuard } from './follow-bus.ts';
import { readLog, readRuns } from './logs.ts';
import { readOutputs } from './outputs.ts';
import { openSchedules, readPortal, readPortals } from './schedules.ts';

/** The longest that a command's own calls are tried again. */
const PATIENCE_MS = 10_000;

/** @throws CliFailure where credentials, Region or stack are not there */
export async function openAwsTarget(stackName: string, startGuard: StartGuard | undefined): Promise<Target> {
  const cloudFormation = new CloudFormationClient({});
  const outputs = await readOutputs(cloudFormation, stackName);
  const region = await cloudFormation.config.region();
  const scheduler = new SchedulerClient({});
  // A call that is made again would start another run.
  const lambda = new LambdaClient({ maxAttempts: 1 });
  const logs = new CloudWatchLogsClient({});
  const sqs = new SQSClient({});
  const eventBridge = new EventBridgeClient({});
  const dynamoDb = new DynamoDBClient({});
  const secretsManager = new SecretsManagerClient({});
  const { FunctionName, LogGroupName, EventBusName, TableName, DeadLetterQueueUrl, LagAlarmMinutes } =
    outputs;
  const services = openServices(
    { dynamoDb, eventBridge, secretsManager, sqs },
    { table: TableName, bus: EventBusName, deadLetterQueueUrl: DeadLetterQueueUrl },
    PATIENCE_MS,
  );
  return {
    ...services,
    about: `stack ${stackName} in ${region}`,
    resources: {
      partition: outputs.EventBusArn.split(':')[1] ?? 'aws',
      stack: stackName,
      table: TableName,
      bus: EventBusName,
      deadLetterQueue: DeadLetterQueueUrl,
      function: FunctionName,
      logGroup: LogGroupName,
    },
    portals: () => readPortals(scheduler),
    findPortal: (name) => readPortal(scheduler, name),
    lagAlarmMinutes: LagAlarmMinutes,
    bus: {
      ...services.bus,
      follow: (pattern, onEvent, signal) =>
        followBus({ eventBridge, sqs, busName: EventBusName }, pattern, onEvent, signal, startGuard),
    },
    schedules: openSchedules(scheduler, async () => {
      const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      return Environment?.Variables ?? {};
    }),
    invoke: (payload) => invoke(lambda, FunctionName, payload),
    readRuns: (portal, since) => readRuns(logs, LogGroupName, portal, since),
    readLog: (query, onLine, signal) => readLog(logs, LogGroupName, query, onLine, signal),
    explain: async (error) => explainAws(error),
    close: () => {
      for (const client of [
        cloudFormation,
        scheduler,
        lambda,
        logs,
        sqs,
        eventBridge,
        dynamoDb,
        secretsManager,
      ])
        client.destroy();
    },
  };
}

async function invoke(client: LambdaClient, FunctionName: string, payload: string): Promise<InvokeAnswer> {
  const command = new InvokeCommand({ FunctionName, Payload: Buffer.from(payload) });
  const { FunctionError, Payload = new Uint8Array() } = await client.send(command);
  const text = Buffer.from(Payload).toString('utf8');
  if (FunctionError === undefined) return { ok: true, payload: text };
  const { data } = z.object({ errorMessage: z.string() }).safeParse(parseLine(text));
  return { ok: false, message: data?.errorMessage ?? text };
}

const sdkErrorSchema = z.looseObject({
  name: z.string(),
  message: z.string(),
  $metadata: z.looseObject({}).optional(),
});
const DENIED = /AccessDenied|UnauthorizedOperation|NotAuthorized/;
const NO_CREDENTIALS =
  /Credentials|ExpiredToken|UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch/;

function explainAws(error: unknown): CliFailure | undefined {
  const { data } = sdkErrorSchema.safeParse(error);
  if (data === undefined) return undefined;
  const { name, message, $metadata } = data;
  if (DENIED.test(name))
    return new CliFailure(
      `AWS refused: ${message}`,
      `{events policy} shows what an operator must be allowed`,
      EXIT.unreachable,
    );
  if (NO_CREDENTIALS.test(name))
    return new CliFailure(
      `AWS refused the credentials: ${message}`,
      'Check them: aws sts get-caller-identity',
      EXIT.unreachable,
    );
  if ($metadata === undefined) return undefined;
  return new CliFailure(
    `AWS answered ${name}: ${message}`,
    'Try again, or see https://health.aws.amazon.com',
    EXIT.unreachable,
  );
}
