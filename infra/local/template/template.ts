/** What the synthesized template says of the parts that run here: its resources, with CloudFormation's functions resolved. */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { ENVIRONMENT } from '../../../functions/poller/contract.ts';
import { type PollRequest, requestSchema } from '../../../functions/poller/input/request.ts';
import { isRollCall } from '../../../functions/poller/input/roll-call-request.ts';
import type { LocalRule } from '../aws/rules.ts';
import { secretArn } from '../aws/secrets.ts';
import { type LocalResource, type Place, resolveValue } from './intrinsics.ts';
import { readRule } from './template-rules.ts';

export interface LocalFunction {
  readonly name: string;
  /** File and export: `index.handler`. */
  readonly handler: string;
  /** The folder with its code, beside the template. */
  readonly asset: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface LocalSchedule {
  /** The schedule's `Input`, unmodified. */
  readonly input: string;
  /** The same, parsed. */
  readonly request: PollRequest;
}

/** The stack's parts, ready to be made here. */
export interface LocalTemplate {
  readonly busNames: readonly string[];
  readonly queueNames: readonly string[];
  /** The secrets that the stack creates, by name, with what they hold at first. */
  readonly secrets: ReadonlyMap<string, string>;
  /** The poller's. */
  readonly table: LocalTable;
  readonly otherTables: readonly LocalTable[];
  readonly poller: LocalFunction;
  /** The functions that rules send events to. */
  readonly consumers: readonly LocalFunction[];
  readonly rules: readonly LocalRule[];
  /** The policies of all roles. */
  readonly policies: readonly unknown[];
  /** By portal. */
  readonly schedules: ReadonlyMap<string, LocalSchedule>;
}

export type LocalTable = CreateTableCommandInput & { readonly TableName: string };

const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown().optional() })),
});
const busSchema = z.object({ Name: z.string() });
const secretSchema = z.object({ Name: z.string(), SecretString: z.string().default('') });
const tableSchema = z.object({
  KeySchema: z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) })),
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  BillingMode: z.enum(['PAY_PER_REQUEST', 'PROVISIONED']),
});
const functionSchema = z.object({
  MemorySize: z.number().default(128),
  Timeout: z.number().default(3),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
  Handler: z.string(),
  Code: z.object({ S3Key: z.string() }),
});
const scheduleSchema = z.object({ Target: z.object({ Arn: z.string(), Input: z.string() }) });

type Resources = z.output<typeof templateSchema>['Resources'];

/** The parts of a template. @throws where it lacks one that the poller needs */
export function readTemplate(template: unknown, place: Place): LocalTemplate {
  const { Resources: resources } = templateSchema.parse(template);
  const names = new Map(
    Object.entries(resources).map(([id, resource]) => [
      id,
      localResource(id, resource.Type, resource, place),
    ]),
  );
  const resolve = (id: string) => resolveValue(resources[id]?.Properties, place, names);
  const idsOf = (type: string) => Object.keys(resources).filter((id) => resources[id]?.Type === type);

  const schedules = idsOf('AWS::Scheduler::Schedule')
    .map((id) => scheduleSchema.parse(resolve(id)).Target)
    .filter(({ Input }) => !isRollCall(JSON.parse(Input)));
  const [first] = schedules;
  if (first === undefined) throw new Error('Reading the template: it must hold a schedule, found none');
  const functionId = idsOf('AWS::Lambda::Function').find(
    (id) => names.get(id)?.attributes['Arn'] === first.Arn,
  );
  if (functionId === undefined) {
    throw new Error(`Reading the template: it must hold the function that the schedule names, ${first.Arn}`);
  }
  const poller = readFunction(functionId, resolve(functionId));
  const tables = idsOf('AWS::DynamoDB::Table').map((id) => readTable(names.get(id)?.name ?? id, resolve(id)));
  const [table, ...others] = tables.filter(
    ({ TableName }) => TableName === poller.environment[ENVIRONMENT.tableName],
  );
  if (table === undefined || others.length > 0) {
    throw new Error(`Reading the template: it must hold the poller's table, found ${tables.length} others`);
  }
  const rules = idsOf('AWS::Events::Rule').flatMap((id) => readRule(id, resolve(id)) ?? []);
  const invoked = new Set(rules.flatMap(({ targets }) => targets.map(({ name }) => name)));
  const consumers = idsOf('AWS::Lambda::Function').filter((id) => invoked.has(names.get(id)?.name ?? id));
  const secrets = idsOf('AWS::SecretsManager::Secret').map((id) => secretSchema.parse(resolve(id)));
  return {
    busNames: idsOf('AWS::Events::EventBus').map((id) => busSchema.parse(resolve(id)).Name),
    queueNames: idsOf('AWS::SQS::Queue').map((id) => names.get(id)?.name ?? id),
    secrets: new Map(secrets.map(({ Name, SecretString }) => [Name, SecretString])),
    table,
    otherTables: tables.filter((other) => other !== table),
    poller,
    consumers: consumers.map((id) => readFunction(names.get(id)?.name ?? id, resolve(id))),
    rules,
    policies: idsOf('AWS::IAM::Policy').map(resolve),
    schedules: new Map(schedules.map(({ Input }) => readSchedule(Input))),
  };
}

function readTable(name: string, properties: unknown): LocalTable {
  return { ...tableSchema.parse(properties), TableName: name };
}

function readFunction(id: string, properties: unknown): LocalFunction {
  const { MemorySize, Timeout, Environment, Handler, Code } = functionSchema.parse(properties);
  return {
    name: id,
    handler: Handler,
    asset: `asset.${Code.S3Key.replace(/\.zip$/, '')}`,
    memoryMb: MemorySize,
    timeoutMs: Timeout * 1000,
    environment: Environment.Variables,
  };
}

function readSchedule(input: string): [string, LocalSchedule] {
  const request = requestSchema.parse(JSON.parse(input));
  return [request.portal, { input, request }];
}

/** Where a resource's own name is said in the template; CloudFormation would make one up for the others. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Events::EventBus': 'Name',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
};

function localResource(
  id: string,
  type: string,
  { Properties: properties }: Resources[string],
  place: Place,
): LocalResource {
  const { region, account } = place;
  const property = NAME_PROPERTIES[type];
  const named: unknown =
    property === undefined || typeof properties !== 'object' || properties === null
      ? undefined
      : Reflect.get(properties, property);
  const name = typeof named === 'string' ? named : id;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  switch (type) {
    case 'AWS::DynamoDB::Table':
      return { name, ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`) } };
    case 'AWS::Events::EventBus':
      return { name, ref: name, attributes: { Name: name, Arn: arn('events', `event-bus/${name}`) } };
    case 'AWS::SQS::Queue': {
      const url = place.queueUrlOf(name);
      return { name, ref: url, attributes: { QueueName: name, QueueUrl: url, Arn: arn('sqs', name) } };
    }
    case 'AWS::SecretsManager::Secret': {
      const secret = secretArn(name, region, account);
      return { name, ref: secret, attributes: { Id: secret } };
    }
    case 'AWS::Lambda::Function':
      return { name, ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
    default:
      return { name, ref: name, attributes: { Arn: arn('local', name) } };
  }
}
