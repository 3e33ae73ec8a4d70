/**
 * The synthesized stack on this machine.
 *
 *   schedule's Input ─▶ function (its bundle, own processes) ─▶ simulated or real HubSpot
 *                          │
 *                          ├─▶ EventBridge, SQS, Secrets Manager: one loopback endpoint
 *                          └─▶ DynamoDB: dynalite, or where AWS_ENDPOINT_URL_DYNAMODB points
 */
import { dirname } from 'node:path';
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ENVIRONMENT, TABLE, TOKEN_PLACEHOLDER } from '../../functions/poller/contract.ts';
import type { Synthesized } from '../build/synth.ts';
import { startConsumers } from './aws/consumers.ts';
import { startEndpoint } from './aws/endpoint.ts';
import { type BusEvent, createEventBridge, type EventBridgeOptions, toEnvelope } from './aws/event-bus.ts';
import type { FaultHook } from './aws/fault.ts';
import { createQueues } from './aws/queues.ts';
import type { Delivery } from './aws/rules.ts';
import { createSecretsManager } from './aws/secrets.ts';
import { createCredentials, type LocalCredentials } from './aws/signature.ts';
import { mayReadSecret } from './aws/sts.ts';
import { ensureTable, startDynamoDb } from './aws/table.ts';
import type { InvocationResult } from './lambda/execution-environment.ts';
import { createLambdaFunction, type InvokeOptions } from './lambda/function.ts';
import { createOpened } from './opened.ts';
import { type LocalTemplate, readTemplate } from './template/template.ts';

export interface LocalStackOptions {
  readonly synthesized: Pick<Synthesized, 'template' | 'assetDirectory' | 'handler'>;
  /** What each portal's secret holds; the placeholder of the deployment where not given. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Keeps the table from one start to the next, for this process alone; memory where not given. */
  readonly tableDirectory?: string | undefined;
  /** A DynamoDB to use instead of the embedded one. */
  readonly dynamoDbUrl?: string | undefined;
  /** Decides what goes wrong between the function and AWS; nothing where not given. */
  readonly onRequest?: FaultHook;
  readonly failEntry?: EventBridgeOptions['failEntry'];
  readonly keptEvents?: number;
  /** Told of every line that the function writes. */
  readonly onLine?: (line: string) => void;
  /** Over the environment that the template gives the function: for what happens when it is wrong. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface LocalStack extends AsyncDisposable {
  readonly portals: readonly string[];
  /** The schedule's `Input` of a portal, as the template has it. */
  readonly inputOf: (portal: string) => string;
  /** What the function's processes are told: the names of its resources, and where AWS's services are. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a client of its services signs with; they are in the environment too. */
  readonly credentials: LocalCredentials;
  /** Invokes the function as the portal's schedule does. */
  readonly invoke: (portal: string, options?: InvokeOptions) => Promise<InvocationResult>;
  /** Invokes the function with any JSON text. */
  readonly invokeWith: (payload: string, options?: InvokeOptions) => Promise<InvocationResult>;
  /** What landed on the stack's bus, oldest first. */
  readonly events: () => readonly BusEvent[];
  readonly onEvent: (listener: (event: BusEvent) => void) => void;
  /** The event as a rule's target gets it. */
  readonly envelopeOf: (event: BusEvent) => object;
  /** What the template's rules sent to their targets, oldest first. */
  readonly deliveries: () => readonly Delivery[];
  /** Resolves when the consumers' functions have come to their end. */
  readonly settled: () => Promise<void>;
  /** The dead letters' texts. */
  readonly deadLetters: () => readonly string[];
  readonly putSecret: (portal: string, text: string) => void;
  readonly table: { readonly client: DynamoDBClient; readonly name: string };
  /** Removes a portal's lease: stands for waiting until the lease of a run that was killed is over. */
  readonly dropLease: (portal: string) => Promise<void>;
  /** Ends the function's processes as `kill -9` does. */
  readonly kill: () => void;
  /** The next invocation gets a new process. */
  readonly coldStart: () => void;
  /** From the next process on, the function's clock stands so far from the machine's. */
  readonly moveClock: (offsetMs: number) => void;
  readonly close: () => Promise<void>;
}

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';

/** The stack, once all its parts are there. @throws where the template lacks one, or a part can't start */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { synthesized, onRequest, dynamoDbUrl, tableDirectory } = options;
  const opened = createOpened();
  try {
    const credentials = createCredentials();
    const endpoint = await startEndpoint(credentials, onRequest);
    opened.add(endpoint.close);
    const queueUrlOf = (name: string) => `${endpoint.url}/${ACCOUNT}/${name}`;
    const place = { region: REGION, account: ACCOUNT, stackName: 'HubSpotEvents', queueUrlOf };
    const parts = readTemplate(synthesized.template, place);
    const services = createServices(parts, queueUrlOf, options);
    endpoint.serve([services.bus.service, services.queues.service, services.secrets.service]);

    const embedded =
      dynamoDbUrl === undefined
        ? await startDynamoDb({ credentials, directory: tableDirectory, onRequest })
        : undefined;
    if (embedded !== undefined) opened.add(embedded.close);
    const tableUrl = embedded?.url ?? dynamoDbUrl ?? '';
    const client = new DynamoDBClient({ endpoint: tableUrl, region: REGION, credentials });
    opened.add(() => client.destroy());
    const tables = [parts.table, ...parts.otherTables].map((table) => ensureTable(client, table));
    await Promise.all(tables).catch((error: unknown) => {
      const found = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new Error(`Creating the table: the DynamoDB at ${tableUrl} must do it, found ${found}`, {
        cause: error,
      });
    });
    const table = { client, name: parts.table.TableName };
    const portals = [...parts.schedules.keys()];
    // Nobody else can run on a store of this process alone: a lease in it is of a run that was killed.
    if (tableDirectory !== undefined && embedded !== undefined)
      await Promise.all(portals.map((portal) => dropLease(table, portal)));

    const variables = awsVariables(endpoint.url, tableUrl, credentials);
    const environment = {
      ...parts.poller.environment,
      ...options.environment,
      ...variables,
    };
    const poller = createLambdaFunction({
      ...parts.poller,
      codeDirectory: synthesized.assetDirectory,
      handler: synthesized.handler,
      region: REGION,
      account: ACCOUNT,
      environment,
      ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    });
    opened.add(poller.close);
    const envelopeOf = (event: BusEvent) => toEnvelope(event, REGION, ACCOUNT);
    const rules = startConsumers(
      parts,
      {
        region: REGION,
        account: ACCOUNT,
        assembly: dirname(synthesized.assetDirectory),
        variables,
        bus: services.bus,
        queues: services.queues,
        envelopeOf,
      },
      opened,
    );

    const scheduleOf = (portal: string) => {
      const schedule = parts.schedules.get(portal);
      if (schedule !== undefined) return schedule;
      throw new Error(`Finding a portal: it must be one of ${portals.join(', ')}, found ${portal}`);
    };
    return {
      portals,
      inputOf: (portal) => scheduleOf(portal).input,
      environment,
      credentials,
      invoke: (portal, invokeOptions) => poller.invoke(scheduleOf(portal).input, invokeOptions),
      invokeWith: poller.invoke,
      events: services.bus.events,
      onEvent: services.bus.onEvent,
      envelopeOf,
      deliveries: rules.deliveries,
      settled: rules.settled,
      deadLetters: () => services.queues.bodies(deadLetterQueueOf(parts)),
      putSecret: (portal, text) => services.secrets.put(scheduleOf(portal).request.secretId, text),
      table,
      dropLease: (portal) => dropLease(table, portal),
      kill: poller.kill,
      coldStart: poller.retire,
      moveClock: poller.moveClock,
      close: opened.close,
      [Symbol.asyncDispose]: opened.close,
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function createServices(
  parts: LocalTemplate,
  queueUrlOf: (name: string) => string,
  { secrets: texts = {}, failEntry, keptEvents }: LocalStackOptions,
) {
  const bus = createEventBridge({
    busNames: parts.busNames,
    region: REGION,
    account: ACCOUNT,
    ...(failEntry === undefined ? {} : { failEntry }),
    ...(keptEvents === undefined ? {} : { keptEvents }),
  });
  const secrets = createSecretsManager(REGION, ACCOUNT, (portal, arn) =>
    mayReadSecret(parts.policies, portal, arn),
  );
  for (const [name, text] of parts.secrets) secrets.put(name, text);
  for (const [portal, { request }] of parts.schedules) {
    const text = texts[portal] ?? parts.secrets.get(request.secretId) ?? TOKEN_PLACEHOLDER;
    secrets.put(request.secretId, text);
  }
  return { bus, secrets, queues: createQueues(parts.queueNames, queueUrlOf) };
}

/** The first variable catches every service that none of the others names: nothing reaches the real AWS. */
function awsVariables(
  endpointUrl: string,
  tableUrl: string,
  { accessKeyId, secretAccessKey }: LocalCredentials,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpointUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpointUrl,
    AWS_ENDPOINT_URL_SQS: endpointUrl,
    AWS_ENDPOINT_URL_STS: endpointUrl,
    AWS_ENDPOINT_URL_DYNAMODB: tableUrl,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function deadLetterQueueOf({ poller }: LocalTemplate): string {
  const url = poller.environment[ENVIRONMENT.deadLetterQueueUrl] ?? '';
  return url.slice(url.lastIndexOf('/') + 1);
}

async function dropLease({ client, name }: LocalStack['table'], portal: string): Promise<void> {
  const key = { [TABLE.partitionKey]: { S: TABLE.portalsPartition }, [TABLE.sortKey]: { S: portal } };
  await client.send(new DeleteItemCommand({ TableName: name, Key: key }));
}
