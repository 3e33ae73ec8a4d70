import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EVENT_SOURCE } from '../../functions/poller/contract.ts';
import { onlyResource, resourcesOf, templateOf } from './synthesized.ts';

const template = templateOf({ portals: { main: {} } });
const attribute = (id: string, name = 'Arn') => ({ 'Fn::GetAtt': [id, name] });
const table = onlyResource(template, 'AWS::DynamoDB::Table').id;
const bus = onlyResource(template, 'AWS::Events::EventBus').id;
const lambda = onlyResource(template, 'AWS::Lambda::Function').id;
const logGroup = onlyResource(template, 'AWS::Logs::LogGroup').id;
const queueNamed = (name: string) => {
  const [queue, ...others] = resourcesOf(template, 'AWS::SQS::Queue').filter(({ id }) => id.startsWith(name));
  if (queue === undefined || others.length > 0) throw new Error(`Looking for queue ${name}: must be one`);
  return queue.id;
};
const deadLetters = queueNamed('DeadLetterQueue');
const failedInvocations = queueNamed('FailedInvocationsQueue');

const policySchema = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() }).loose(),
    ),
  }),
});

/** What the policies of a role allow, as pairs of resource and actions. */
function grantsOf(role: string) {
  return resourcesOf(template, 'AWS::IAM::Policy')
    .filter(({ properties }) => JSON.stringify(properties['Roles']).includes(role))
    .flatMap(({ properties }) => policySchema.parse(properties).PolicyDocument.Statement)
    .map(({ Action, Resource }) => [Resource, [Action].flat()]);
}

function roleNamed(name: string): string {
  const role = resourcesOf(template, 'AWS::IAM::Role').find(({ id }) => id.startsWith(name));
  if (role === undefined) throw new Error(`Looking for role ${name}: must be in the template`);
  return role.id;
}

const pollerRole = roleNamed('PollerRole');
const secret = onlyResource(template, 'AWS::SecretsManager::Secret').id;

describe('the function', () => {
  test('runs a bundle on Node 24 and arm64 and logs as text for 30 days', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 120,
      LoggingConfig: { LogFormat: 'Text', LogGroup: { Ref: logGroup } },
    });
    template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  test('has an environment of plain references and nothing more than it needs', () => {
    const { Environment } = onlyResource(template, 'AWS::Lambda::Function').properties;
    expect(Environment).toEqual({
      Variables: {
        TABLE_NAME: { Ref: table },
        EVENT_BUS_NAME: { Ref: bus },
        DEAD_LETTER_QUEUE_URL: { Ref: deadLetters },
        HUBSPOT_API_URLS: 'https://api.hubapi.com',
        PUT_EVENTS_MAX_BYTES: '1048576',
        NODE_OPTIONS: '--max-semi-space-size=8',
      },
    });
  });

  test("sends as many bytes at once as the Region's limit lets it", () => {
    const old = templateOf({ portals: { main: {} }, putEventsMaxBytes: 262_144 });
    old.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ PUT_EVENTS_MAX_BYTES: '262144' }) },
    });
  });

  test("reserves nothing of the account's concurrency where maxConcurrency does not ask for it", () => {
    const reserved = (config: object) =>
      onlyResource(templateOf({ portals: { main: {} }, ...config }), 'AWS::Lambda::Function').properties[
        'ReservedConcurrentExecutions'
      ];
    expect([reserved({}), reserved({ maxConcurrency: 20 })]).toEqual([undefined, 20]);
  });

  test('may do what polling takes, on named resources alone', () => {
    expect(grantsOf(pollerRole)).toEqual([
      [attribute(bus), ['events:DescribeEventBus', 'events:PutEvents']],
      [
        attribute(table),
        ['BatchWriteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map((a) => `dynamodb:${a}`),
      ],
      [{ Ref: secret }, ['secretsmanager:GetSecretValue']],
      [[attribute(deadLetters), attribute(failedInvocations)], ['sqs:SendMessage']],
      [attribute(logGroup), ['logs:CreateLogStream', 'logs:PutLogEvents']],
    ]);
    expect(onlyManagedPolicies()).toEqual([]);
  });

  test('is never invoked again for a tick that failed or waited', () => {
    expect(onlyResource(template, 'AWS::Lambda::EventInvokeConfig').properties).toMatchObject({
      FunctionName: { Ref: lambda },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnFailure: { Destination: attribute(failedInvocations) } },
    });
  });
});

function onlyManagedPolicies() {
  return resourcesOf(template, 'AWS::IAM::Role').filter(
    ({ properties }) => 'ManagedPolicyArns' in properties,
  );
}

describe('the role of the schedules', () => {
  test('may invoke the function and write its failures down', () => {
    expect(grantsOf(roleNamed('SchedulesRole'))).toEqual([
      [attribute(lambda), ['lambda:InvokeFunction']],
      [attribute(failedInvocations), ['sqs:SendMessage']],
    ]);
  });

  test('serves the schedules of its own group alone', () => {
    const group = onlyResource(template, 'AWS::Scheduler::ScheduleGroup').id;
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: {
              StringEquals: {
                'aws:SourceAccount': { Ref: 'AWS::AccountId' },
                'aws:SourceArn': attribute(group),
              },
            },
          }),
        ],
      }),
    });
  });
});

describe('the table', () => {
  test('has the keys of the contract, is on demand, restorable and protected', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
    });
  });
});

describe('the queues', () => {
  test('keep messages for 14 days, encrypted, reached over TLS alone', () => {
    template.allResourcesProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
    const guarded = resourcesOf(template, 'AWS::SQS::QueuePolicy');
    expect(guarded.map(({ properties }) => properties['Queues'])).toEqual([
      [{ Ref: deadLetters }],
      [{ Ref: failedInvocations }],
    ]);
    for (const { properties } of guarded) expect(JSON.stringify(properties)).toContain('aws:SecureTransport');
  });
});

describe('the secret', () => {
  test('outlives the stack, and has no value that a deployment could write over the token', () => {
    template.hasResource('AWS::SecretsManager::Secret', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      // CloudFormation writes SecretString again whenever its text changes, and GenerateSecretString makes a password.
      Properties: {
        Name: 'hubspot-events/main',
        SecretString: Match.absent(),
        GenerateSecretString: Match.absent(),
      },
    });
  });
});

describe('the archive', () => {
  test('is not there where archiveDays is 0', () => {
    template.resourceCountIs('AWS::Events::Archive', 0);
  });

  test("keeps the poller's events as long as archiveDays says", () => {
    const archived = templateOf({ portals: { main: {} }, archiveDays: 30 });
    archived.hasResourceProperties('AWS::Events::Archive', {
      RetentionDays: 30,
      EventPattern: { source: [EVENT_SOURCE] },
      SourceArn: attribute(onlyResource(archived, 'AWS::Events::EventBus').id),
      // Empty, it is refused in some Regions (aws-cdk issues 37847 and 37865).
      KmsKeyIdentifier: Match.absent(),
    });
  });
});

describe('the outputs', () => {
  test('name what a user needs next', () => {
    const value = (name: string) =>
      z.object({ Value: z.unknown() }).parse(template.findOutputs(name)[name]).Value;
    expect(value('WriteToken')).toEqual({
      'Fn::Join': [
        '',
        ['npm run events -- --stack ', { Ref: 'AWS::StackName' }, ' --portal PORTAL token set'],
      ],
    });
    expect(value('EventBusName')).toEqual({ Ref: bus });
    expect(value('LagAlarmMinutes')).toBe('10');
    expect(value('EventBusArn')).toEqual(attribute(bus));
    expect(value('TableName')).toEqual({ Ref: table });
    expect(value('DeadLetterQueueUrl')).toEqual({ Ref: deadLetters });
    expect(value('FunctionName')).toEqual({ Ref: lambda });
    expect(value('LogGroupName')).toEqual({ Ref: logGroup });
  });
});
