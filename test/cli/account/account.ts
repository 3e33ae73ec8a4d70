/**
 * An AWS account with the stack in it: CloudFormation, Scheduler, Lambda, CloudWatch Logs, and the rules and queues of
 * a tail, over the services of a local stack. It notes what it was asked, as IAM would name it.
 */
import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { readBody, startLoopbackServer } from '../../../infra/local/loopback.ts';
import type { Desk } from '../desk.ts';
import { filterLog } from './log.ts';
import { createScheduler, type StoredSchedule } from './scheduler.ts';
import { createSecretShelf } from './secret-shelf.ts';
import { createTails } from './tails.ts';

export interface Account extends AsyncDisposable {
  /** What the command line's process is told. */
  readonly environment: Readonly<Record<string, string>>;
  readonly schedules: Map<string, StoredSchedule>;
  /** Names of the rules and queues that a tail has made. */
  readonly tails: () => readonly string[];
  /** Resolves when a tail follows the bus. */
  readonly tailed: () => Promise<void>;
  /** `scheduler:GetSchedule`: every action so far. */
  readonly actions: ReadonlySet<string>;
  /** The poller's environment. */
  variables: Readonly<Record<string, string>>;
  /** Gives an answer of its own to an action, in place of the account's. */
  refuse: (action: string) => { readonly status: number; readonly type: string } | undefined;
}

const SERVICES: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'dynamodb',
  AWSEvents: 'events',
  AmazonSQS: 'sqs',
  secretsmanager: 'secretsmanager',
  Logs_20140328: 'logs',
};

type Answer = { readonly status?: number; readonly body: object | string } | undefined;

export async function openAccount(desk: Desk): Promise<Account> {
  const { stack } = desk;
  const schedules = createScheduler(stack);
  const tails = createTails(stack);
  const secrets = createSecretShelf();
  const actions = new Set<string>();
  const account: Pick<Account, 'variables' | 'refuse'> = {
    variables: { PORTAL_ROLE_ARN: 'arn', ALARM_TOPIC_ARN: 'arn' },
    refuse: () => undefined,
  };

  async function answer(action: string, request: IncomingMessage, body: string): Promise<Answer> {
    const refusal = account.refuse(action);
    if (refusal !== undefined)
      return { status: refusal.status, body: { __type: refusal.type, message: `${action} is not allowed.` } };
    const [service = ''] = action.split(':');
    if (action === 'cloudformation:DescribeStacks')
      return describeStacks(stack.environment, server.url, body);
    if (action === 'lambda:GetFunctionConfiguration')
      return { body: { Environment: { Variables: account.variables } } };
    if (service === 'scheduler') return schedules.answer(request, body);
    const input: unknown = JSON.parse(body);
    if (service === 'logs') return { body: filterLog(desk.lines, input) };
    return secrets.answer(action, input) ?? tails.answer(action, input, request, server.url);
  }

  const server = await startLoopbackServer(async (request, response) => {
    const body = await readBody(request);
    const action = actionOf(request, body);
    actions.add(action);
    if (action === 'lambda:InvokeFunction') return invoke(desk, body, response);
    const told = await answer(action, request, body);
    if (told === undefined) return forward(desk, request, body, response);
    const isText = typeof told.body === 'string';
    const type = isText ? 'text/xml' : 'application/x-amz-json-1.1';
    response
      .writeHead(told.status ?? 200, { 'content-type': type })
      .end(isText ? told.body : JSON.stringify(told.body));
  });

  return Object.assign(account, {
    environment: {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: stack.environment['AWS_ACCESS_KEY_ID'] ?? '',
      AWS_SECRET_ACCESS_KEY: stack.environment['AWS_SECRET_ACCESS_KEY'] ?? '',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    schedules: schedules.all,
    tails: tails.names,
    tailed: tails.connected,
    actions,
    [Symbol.asyncDispose]: server.close,
  });
}

function actionOf({ headers, url = '', method = '' }: IncomingMessage, body: string): string {
  const [target = '', name] = String(headers['x-amz-target'] ?? '').split('.');
  if (name !== undefined) return `${SERVICES[target]}:${name}`;
  const form = /Action=(\w+)/.exec(body)?.[1];
  if (form !== undefined && !url.startsWith('/schedules')) return `cloudformation:${form}`;
  if (url.includes('/invocations')) return 'lambda:InvokeFunction';
  if (url.includes('/functions/')) return 'lambda:GetFunctionConfiguration';
  if (/^\/schedules\/?(\?|$)/.test(url)) return 'scheduler:ListSchedules';
  const verbs: Readonly<Record<string, string>> = {
    GET: 'Get',
    POST: 'Create',
    PUT: 'Update',
    DELETE: 'Delete',
  };
  return `scheduler:${verbs[method]}Schedule`;
}

function describeStacks(environment: Readonly<Record<string, string>>, url: string, body: string): Answer {
  const outputs = {
    TableName: environment['TABLE_NAME'],
    EventBusName: environment['EVENT_BUS_NAME'],
    EventBusArn: `arn:aws-us-gov:events:us-gov-west-1:111122223333:event-bus/${environment['EVENT_BUS_NAME']}`,
    // The SDK calls the host that a queue's URL names.
    DeadLetterQueueUrl: `${url}${new URL(environment['DEAD_LETTER_QUEUE_URL'] ?? '').pathname}`,
    FunctionName: 'poller',
    LogGroupName: 'log',
  };
  const own = Object.entries(outputs).map(([key, value]) => outputOf(key, value ?? ''));
  const stacks: Readonly<Record<string, string>> = {
    HubSpotEvents: own.join(''),
    Mine: [...own, outputOf('LagAlarmMinutes', '60')].join(''),
    Other: outputOf('Url', 'x'),
  };
  const found = stacks[new URLSearchParams(body).get('StackName') ?? ''];
  if (found === undefined)
    return {
      status: 400,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack does not exist</Message></Error></ErrorResponse>',
    };
  return {
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>${found}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  };
}

function outputOf(key: string, value: string): string {
  return `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`;
}

async function invoke({ stack }: Desk, body: string, response: ServerResponse): Promise<void> {
  const result = await stack.invokeWith(body);
  if (!result.ok) response.setHeader('x-amz-function-error', 'Unhandled');
  response.end(result.ok ? result.payload : JSON.stringify({ errorMessage: result.errorMessage }));
}

/** As it came: the signature covers its headers. */
function forward(desk: Desk, from: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
  const isTable = String(from.headers['x-amz-target']).startsWith('DynamoDB');
  const { environment } = desk.stack;
  const origin = environment[isTable ? 'AWS_ENDPOINT_URL_DYNAMODB' : 'AWS_ENDPOINT_URL'] ?? '';
  return new Promise((resolve, reject) => {
    const { method = 'POST', url = '/', headers } = from;
    const call = ask(`${origin}${url}`, { method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(response).once('finish', resolve);
    });
    call.once('error', reject);
    call.end(body);
  });
}
