/** What the stack tells of its resources: the construct's outputs, under the same names in whatever stack it stands. */
import {
  type CloudFormationClient,
  DescribeStacksCommand,
  type Output,
} from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { CliFailure, EXIT } from '../../failure.ts';
import { hasNpmStart } from '../npm-start.ts';

const outputsSchema = z.object({
  TableName: z.string(),
  EventBusName: z.string(),
  EventBusArn: z.string(),
  DeadLetterQueueUrl: z.string(),
  FunctionName: z.string(),
  LogGroupName: z.string(),
  /** A stack of before it was told has the configuration's default, unless it was set. */
  LagAlarmMinutes: z.coerce.number().default(10),
});

export type StackOutputs = z.output<typeof outputsSchema>;

/** @throws CliFailure where credentials, Region or stack are not there, or the stack is another */
export async function readOutputs(client: CloudFormationClient, stackName: string): Promise<StackOutputs> {
  const outputs = await describe(client, stackName);
  const parsed = outputsSchema.safeParse(
    Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue])),
  );
  if (parsed.success) return parsed.data;
  const missing = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new CliFailure(
    `Stack ${stackName} is none of the poller: it has no output ${missing}.`,
    'Name the stack that holds it with --stack, or deploy it again.',
    EXIT.unreachable,
  );
}

async function describe(client: CloudFormationClient, stackName: string): Promise<Output[]> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    return Stacks[0]?.Outputs ?? [];
  } catch (error) {
    const found = error instanceof Error ? error.message || error.name : String(error);
    const orLocal = hasNpmStart() ? `; or npm start, and {events --local}` : '';
    throw new CliFailure(
      `Stack ${stackName} could not be read: ${found}`,
      `Check the AWS credentials (aws sts get-caller-identity), AWS_REGION and --stack${orLocal}`,
      EXIT.unreachable,
    );
  }
}
