/** `policy`: what an operator must be allowed, as one IAM policy for this stack. */
import { CliFailure, EXIT } from '../failure.ts';
import { defineVerb, toggle } from '../verb.ts';

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string;
}

const READS: readonly Statement[] = [
  allow('Stack', ['cloudformation:DescribeStacks'], 'arn:{partition}:cloudformation:*:*:stack/{stack}/*'),
  allow('Schedules', ['scheduler:ListSchedules'], '*'),
  allow('Schedule', ['scheduler:GetSchedule'], 'arn:{partition}:scheduler:*:*:schedule/hubspot-events/*'),
  allow('Checkpoints', ['dynamodb:Query'], 'arn:{partition}:dynamodb:*:*:table/{table}'),
  allow('Bus', ['events:DescribeEventBus'], 'arn:{partition}:events:*:*:event-bus/{bus}'),
  allow('DeadLetterCount', ['sqs:GetQueueAttributes'], 'arn:{partition}:sqs:*:*:{deadLetterQueue}'),
  allow('Log', ['logs:FilterLogEvents'], 'arn:{partition}:logs:*:*:log-group:{logGroup}:*'),
  // doctor asks HubSpot as the poller does.
  allow(
    'Token',
    ['secretsmanager:GetSecretValue'],
    'arn:{partition}:secretsmanager:*:*:secret:hubspot-events/*',
  ),
];

const WRITES: readonly Statement[] = [
  allow(
    'MoveCheckpoints',
    ['dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    'arn:{partition}:dynamodb:*:*:table/{table}',
  ),
  allow(
    'Run',
    ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'],
    'arn:{partition}:lambda:*:*:function:{function}',
  ),
  allow(
    'DeadLetters',
    ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage'],
    'arn:{partition}:sqs:*:*:{deadLetterQueue}',
  ),
  allow('Redrive', ['events:PutEvents'], 'arn:{partition}:events:*:*:event-bus/{bus}'),
  allow('TailLook', ['events:ListRules'], 'arn:{partition}:events:*:*:rule/{bus}/*'),
  allow(
    'Tail',
    ['events:PutRule', 'events:PutTargets', 'events:RemoveTargets', 'events:DeleteRule'],
    'arn:{partition}:events:*:*:rule/{bus}/hubspot-events-tail-*',
  ),
  allow(
    'TailQueue',
    [
      'sqs:CreateQueue',
      'sqs:GetQueueUrl',
      'sqs:GetQueueAttributes',
      'sqs:SetQueueAttributes',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:DeleteQueue',
    ],
    'arn:{partition}:sqs:*:*:hubspot-events-tail-*',
  ),
  allow(
    'Secrets',
    [
      'secretsmanager:DescribeSecret',
      'secretsmanager:CreateSecret',
      'secretsmanager:PutSecretValue',
      'secretsmanager:RestoreSecret',
      'secretsmanager:DeleteSecret',
    ],
    'arn:{partition}:secretsmanager:*:*:secret:hubspot-events/*',
  ),
  allow(
    'Portals',
    ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
    'arn:{partition}:scheduler:*:*:schedule/hubspot-events/*',
  ),
];

const PASS_ROLE = {
  ...allow('PassScheduleRole', ['iam:PassRole'], 'arn:{partition}:iam::*:role/{stack}-*'),
  Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
};

export const policy = defineVerb({
  name: 'policy',
  summary: 'shows what an operator must be allowed, as an IAM policy for this stack',
  examples: ['policy > operator.json', 'policy --read-only'],
  flags: { readOnly: toggle('--read-only', 'only what doctor, status, logs and the lists need') },
  run: async ({ io, target: open }, { readOnly }) => {
    const { resources } = await open();
    if (resources === undefined)
      throw new CliFailure(
        'An npm start has no stack that a policy could be for.',
        'Leave --local out, and name the stack with --stack.',
        EXIT.usage,
      );
    const statements = readOnly ? READS : [...READS, ...WRITES, PASS_ROLE];
    const text = JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 2);
    io.write(text.replace(/\{(\w+)\}/g, (whole, name) => nameOf(resources, name) ?? whole));
  },
});

function allow(Sid: string, Action: readonly string[], Resource: string): Statement {
  return { Sid, Effect: 'Allow', Action, Resource };
}

/** A queue's ARN ends in its name, as its URL does. */
function nameOf(resources: Readonly<Record<string, string>>, name: string): string | undefined {
  const value = resources[name];
  return name === 'deadLetterQueue' ? value?.slice(value.lastIndexOf('/') + 1) : value;
}
