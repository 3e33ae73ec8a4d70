/** The Lambda function that polls, what it is told, and all it may do. */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Effect, type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT, HUBSPOT_API_URL, POLLER_TIMEOUT_SECONDS } from '../../functions/poller/contract.ts';
import type { AnyEventBus } from './bus.ts';
import { createPortalRole } from './portal/role.ts';
import type { PortalSecret } from './portal/secret.ts';

/** Lambda's name of the function in the bundle: file and export. */
export const POLLER_HANDLER = 'index.handler';

/** The poller ends by itself before this; its lease on a portal is as long, and a margin. */
export const POLLER_TIMEOUT = Duration.seconds(POLLER_TIMEOUT_SECONDS);

/**
 * Lambda gives CPU by memory. Measured (`npm run bench -- function-size`): 256 MB catch up at 1,300 events a second,
 * 512 MB at twice that for 4 cents a month more where nothing happens.
 */
export const POLLER_MEMORY_MB = 512;

/** A tick that waited this long is behind the next one, which does its work: the shortest Lambda allows. */
const ASYNC_MAX_AGE = Duration.minutes(1);

export interface PollerFunctionProps {
  readonly code: Code;
  readonly table: Table;
  readonly eventBus: AnyEventBus;
  readonly deadLetterQueue: IQueue;
  readonly failedInvocationsQueue: IQueue;
  /** The API URLs the portals name. */
  readonly apiUrls: readonly string[];
  /** The secret of each portal, which its runs may read. */
  readonly secrets: readonly PortalSecret[];
  /** Whether the runs of one portal are kept from the secrets of the others. */
  readonly isolatesPortals: boolean;
  /** Runs at once, reserved out of the account's; null: no limit of its own. */
  readonly maxConcurrency: number | null;
  readonly putEventsMaxBytes: number;
  /** Whether each portal has its own metrics. */
  readonly metrics: 'portal' | 'fleet';
  /** The key of the table, where it has one of its own. */
  readonly tableKey?: IKey | undefined;
  readonly vpc?: IVpc | undefined;
  readonly vpcSubnets?: SubnetSelection | undefined;
  readonly securityGroups?: readonly ISecurityGroup[] | undefined;
}

export class PollerFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
  /** Reads the portals' secrets: the function's own role, or, isolated, one whose sessions read one each. */
  readonly secretsRole: IRole;

  constructor(scope: Construct, id: string, props: PollerFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const portalRole = props.isolatesPortals ? createPortalRole(this, role, props.secrets) : undefined;
    this.secretsRole = portalRole ?? role;
    for (const statement of permissions(props, this.logGroup, portalRole)) role.addToPolicy(statement);
    props.tableKey?.grantEncryptDecrypt(role);
    for (const secret of props.secrets) secret.grantDecrypt(this.secretsRole);
    if (props.vpc !== undefined) allowNetwork(role);
    this.lambda = new LambdaFunction(this, 'Function', {
      description: "Polls HubSpot's Events API and publishes every event to EventBridge",
      code: props.code,
      handler: POLLER_HANDLER,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: POLLER_MEMORY_MB,
      timeout: POLLER_TIMEOUT,
      environment: environment(props, portalRole),
      role,
      logGroup: this.logGroup,
      ...place(props),
      // Not JSON: Lambda would wrap the lines of the embedded metric format, and the metrics would be gone.
      loggingFormat: LoggingFormat.TEXT,
    });
    // Lambda's own defaults would try a failed tick twice more and keep a throttled one for six hours,
    // so that old ticks pile up behind a slow run.
    this.lambda.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: ASYNC_MAX_AGE,
      onFailure: { bind: () => ({ destination: props.failedInvocationsQueue.queueArn }) },
    });
  }
}

/** Where it runs, and how often at once, where anything is said of that. */
function place({ vpc, vpcSubnets, securityGroups, maxConcurrency }: PollerFunctionProps) {
  return {
    ...(vpc === undefined ? {} : { vpc }),
    ...(vpcSubnets === undefined ? {} : { vpcSubnets }),
    ...(securityGroups === undefined ? {} : { securityGroups: [...securityGroups] }),
    ...(maxConcurrency === null ? {} : { reservedConcurrentExecutions: maxConcurrency }),
  };
}

/**
 * What Lambda itself does in the function's name to reach a VPC: the actions of AWSLambdaVPCAccessExecutionRole
 * (version 3, of 2024-01-05) but for the logs, which are granted on the one group. Lambda calls them on "*".
 */
function allowNetwork(role: Role): void {
  const actions = [
    'CreateNetworkInterface',
    'DescribeNetworkInterfaces',
    'DescribeSubnets',
    'DeleteNetworkInterface',
    'AssignPrivateIpAddresses',
    'UnassignPrivateIpAddresses',
  ].map((action) => `ec2:${action}`);
  role.addToPolicy(new PolicyStatement({ actions, resources: ['*'] }));
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'Lambda makes the network interfaces of a VPC in the name of this role, and knows no narrower resource.',
  });
}

function environment(props: PollerFunctionProps, portalRole: IRole | undefined): Record<string, string> {
  return {
    [ENVIRONMENT.tableName]: props.table.tableName,
    [ENVIRONMENT.eventBusName]: props.eventBus.eventBusName,
    [ENVIRONMENT.deadLetterQueueUrl]: props.deadLetterQueue.queueUrl,
    [ENVIRONMENT.apiUrls]: [...new Set([HUBSPOT_API_URL, ...props.apiUrls])].join(','),
    [ENVIRONMENT.putEventsMaxBytes]: String(props.putEventsMaxBytes),
    ...(portalRole === undefined ? {} : { [ENVIRONMENT.portalRoleArn]: portalRole.roleArn }),
    ...(props.metrics === 'portal' ? {} : { [ENVIRONMENT.metrics]: props.metrics }),
    // V8 would let its young generation grow by the machine's memory, beyond what the heap in use needs.
    NODE_OPTIONS: '--max-semi-space-size=8',
  };
}

/** Every grant names its resource; what is not listed here the function cannot do. */
function permissions(
  props: PollerFunctionProps,
  logGroup: LogGroup,
  portalRole: IRole | undefined,
): PolicyStatement[] {
  const grants: [resources: readonly string[], actions: readonly string[]][] = [
    [[props.eventBus.eventBusArn], ['events:PutEvents', 'events:DescribeEventBus']],
    [
      [props.table.tableArn],
      ['GetItem', 'Query', 'PutItem', 'UpdateItem', 'BatchWriteItem'].map((a) => `dynamodb:${a}`),
    ],
    portalRole === undefined
      ? [props.secrets.map(({ grantedArn }) => grantedArn), ['secretsmanager:GetSecretValue']]
      : [[portalRole.roleArn], ['sts:AssumeRole', 'sts:TagSession']],
    [[props.deadLetterQueue.queueArn], ['sqs:SendMessage']],
    // Lambda itself sends there, in the function's name.
    [[props.failedInvocationsQueue.queueArn], ['sqs:SendMessage']],
    [[logGroup.logGroupArn], ['logs:CreateLogStream', 'logs:PutLogEvents']],
  ];
  return grants.map(
    ([resources, actions]) =>
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
  );
}
