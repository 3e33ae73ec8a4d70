/** A deployed stack, found by its name: outputs from CloudFormation, portals from Scheduler. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, paginateListSchedules, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { requestSchema } from '../../functions/poller/input/request.ts';
import { SCHEDULE_GROUP_NAME } from '../constructs/portal-schedules.ts';
import { CliFailure, EXIT } from './failure.ts';
import { followBus } from './follow-bus.ts';
import { openPortalDesk } from './portal-desk.ts';
import { readRunLine } from './run-line.ts';
import type { Target, TargetPortal } from './target.ts';

/** Three polls of the slowest portal that most have; a run older than that is as good as none. */
const LAST_RUN_MS = 30 * 60_000;

/** @throws CliFailure where credentials, Region or stack are not there */
export async function openAwsTarget(stackName: string): Promise<Target> {
  const cloudFormation = new CloudFormationClient({});
  const outputs = await readOutputs(cloudFormation, stackName);
  const region = await cloudFormation.config.region();
  const output = (name: string) => {
    const value = outputs.get(name);
    if (value !== undefined) return value;
    throw new CliFailure(
      `Stack ${stackName} has no output ${name}.`,
      'Name the right stack with --stack, or npm run deploy.',
      EXIT.unreachable,
    );
  };
  const scheduler = new SchedulerClient({});
  const lambda = new LambdaClient({});
  const logs = new CloudWatchLogsClient({});
  const sqs = new SQSClient({});
  const eventBridge = new EventBridgeClient({});
  return {
    about: `stack ${stackName} in ${region}`,
    portals: await readPortals(scheduler),
    portalDesk: openPortalDesk(scheduler, async () => {
      const command = new GetFunctionConfigurationCommand({ FunctionName: output('FunctionName') });
      return (await lambda.send(command)).Environment?.Variables ?? {};
    }),
    tableName: output('TableName'),
    eventBusName: output('EventBusName'),
    deadLetterQueueUrl: output('DeadLetterQueueUrl'),
    dynamoDb: new DynamoDBClient({}),
    eventBridge,
    secretsManager: new SecretsManagerClient({}),
    sqs,
    invoke: async (payload) => {
      const command = new InvokeCommand({
        FunctionName: output('FunctionName'),
        Payload: Buffer.from(payload),
      });
      const { FunctionError, Payload = new Uint8Array() } = await lambda.send(command);
      const text = Buffer.from(Payload).toString('utf8');
      if (FunctionError === undefined) return { ok: true, payload: text };
      return {
        ok: false,
        message: z.object({ errorMessage: z.string() }).parse(JSON.parse(text)).errorMessage,
      };
    },
    readLastRun: async (portal) => {
      const pages = paginateFilterLogEvents(
        { client: logs },
        {
          logGroupName: output('LogGroupName'),
          startTime: Date.now() - LAST_RUN_MS,
          filterPattern: `{ ($.portal = "${portal}") && ($.message = "Run" || $.message = "The run failed") }`,
        },
      );
      let last: ReturnType<typeof readRunLine>;
      for await (const { events = [] } of pages) {
        for (const { message = '' } of events) last = readRunLine(message) ?? last;
      }
      return last;
    },
    follow: (pattern, onEvent, signal) =>
      followBus({ eventBridge, sqs, busName: output('EventBusName') }, pattern, onEvent, signal),
    close: () => undefined,
  };
}

async function readOutputs(client: CloudFormationClient, stackName: string): Promise<Map<string, string>> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new CliFailure(
      `Stack ${stackName} could not be read: ${found}`,
      'Check AWS credentials (aws sts get-caller-identity), AWS_REGION and --stack; or run npm start and add --local.',
      EXIT.unreachable,
    );
  }
}

async function readPortals(client: SchedulerClient): Promise<TargetPortal[]> {
  const portals: TargetPortal[] = [];
  const pages = paginateListSchedules({ client }, { GroupName: SCHEDULE_GROUP_NAME });
  for await (const { Schedules = [] } of pages) {
    for (const { Name = '' } of Schedules) {
      const command = new GetScheduleCommand({ GroupName: SCHEDULE_GROUP_NAME, Name });
      const { State, Target } = await client.send(command);
      const input = Target?.Input ?? '';
      const request = requestSchema.parse(JSON.parse(input));
      portals.push({ name: request.portal, input, request, isEnabled: State === 'ENABLED' });
    }
  }
  return portals;
}
