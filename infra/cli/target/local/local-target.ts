/** The `npm start` that runs on this machine. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { ENVIRONMENT } from '../../../../functions/poller/contract.ts';
import { requestSchema } from '../../../../functions/poller/input/request.ts';
import { parseEventPattern } from '../../../local/aws/pattern/event-pattern.ts';
import { CliFailure, EXIT } from '../../failure.ts';
import { waitUnless } from '../../wait.ts';
import { parseLine, type RunLine, readRunLine } from '../run-line.ts';
import { openServices } from '../services.ts';
import type { LogQuery, Schedules, Target } from '../target.ts';
import { type ChooseRunning, findLocal, type LocalClient, type LocalRun } from './client.ts';

/** On loopback what is not there now will not come. */
const PATIENCE_MS = 1_000;
const AGAIN_MS = 500;
const LAG_ALARM_MINUTES = 10;

/** @throws CliFailure where none runs */
export async function openLocalTarget(
  file: string | undefined,
  choose: ChooseRunning | undefined,
): Promise<Target> {
  const client = await findLocal(file, choose);
  const { environment } = await client.readStack();
  const variable = (name: string) => environment[name] ?? '';
  const place = (endpoint: string) => ({
    endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId: variable('AWS_ACCESS_KEY_ID'),
      secretAccessKey: variable('AWS_SECRET_ACCESS_KEY'),
    },
  });
  const endpoint = place(variable('AWS_ENDPOINT_URL'));
  const clients = {
    dynamoDb: new DynamoDBClient(place(variable('AWS_ENDPOINT_URL_DYNAMODB'))),
    eventBridge: new EventBridgeClient(endpoint),
    secretsManager: new SecretsManagerClient(endpoint),
    sqs: new SQSClient(endpoint),
  };
  const table = variable(ENVIRONMENT.tableName);
  const bus = variable(ENVIRONMENT.eventBusName);
  const deadLetterQueueUrl = variable(ENVIRONMENT.deadLetterQueueUrl);
  const services = openServices(clients, { table, bus, deadLetterQueueUrl }, PATIENCE_MS);
  const about = `npm start here (process ${client.processId})`;
  const portals = () => readPortals(client);
  return {
    ...services,
    about,
    resources: undefined,
    portals,
    findPortal: async (name) => (await portals()).find((portal) => portal.name === name),
    lagAlarmMinutes: LAG_ALARM_MINUTES,
    bus: {
      ...services.bus,
      follow: (pattern, onEvent, signal) => {
        const rule = parseEventPattern(pattern);
        return client.readEvents((envelope) => {
          if (rule.matches(envelope)) onEvent(envelope);
        }, signal);
      },
    },
    schedules: openSchedules(client),
    invoke: async (payload) => {
      const result = await client.invoke(payload);
      if (result.ok) return { ok: true, payload: result.payload ?? '' };
      return { ok: false, message: result.errorMessage ?? 'without a message' };
    },
    readRuns: async (portal, since) =>
      (await client.readRuns(portal)).filter(({ at }) => at >= since).map((run) => toRunLine(portal, run)),
    readLog: (query, onLine, signal) => readLog(client, query, onLine, signal),
    explain: async () => {
      if (await client.isAlive()) return undefined;
      return new CliFailure(`The ${about} has ended.`, 'Start it again: npm start', EXIT.unreachable);
    },
    close: () => {
      for (const each of Object.values(clients)) each.destroy();
    },
  };
}

async function readPortals(client: LocalClient) {
  const { portals, paused, everySeconds } = await client.readStack();
  return Object.entries(portals).map(([name, input]) => ({
    name,
    input,
    request: requestSchema.parse(JSON.parse(input)),
    isEnabled: !paused.includes(name),
    tickSeconds: everySeconds,
    changedAt: client.startedAt,
  }));
}

/** The portals are those it was started with; only their schedules can stand still. */
function openSchedules(client: LocalClient): Schedules {
  const refuse = async (): Promise<never> => {
    throw new CliFailure(
      'An npm start polls the portals it was started with.',
      'Start it with more: npm start -- --portals 20',
    );
  };
  return {
    assertOpen: refuse,
    add: refuse,
    remove: refuse,
    isAdded: refuse,
    setEnabled: (portal, isEnabled) => client.setPaused(portal, !isEnabled),
  };
}

/** A crash of the function leaves no line of its own. */
function toRunLine(portal: string, { at, ok, logs, errorMessage = '' }: LocalRun): RunLine {
  const told = logs.map(readRunLine).findLast((line) => line !== undefined);
  return told ?? { at, portal, isOk: ok, text: errorMessage.split('\n', 1)[0] ?? '', furthestBehind: [] };
}

const logLineSchema = z.looseObject({
  message: z.string(),
  portal: z.string().optional(),
  stream: z.string().optional(),
  code: z.string().optional(),
});

async function readLog(
  client: LocalClient,
  query: LogQuery,
  onLine: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let after = query.from;
  for (;;) {
    const { portals } = await client.readStack();
    const names = query.portal === undefined ? Object.keys(portals) : [query.portal];
    const runs = (await Promise.all(names.map(client.readRuns))).flat().filter(({ at }) => at > after);
    for (const { at, logs } of runs.sort((a, b) => a.at - b.at)) {
      after = Math.max(after, at);
      for (const line of logs) if (isAsked(line, query)) onLine(line);
    }
    if (signal === undefined || signal.aborted) return;
    await waitUnless(signal, AGAIN_MS);
    if (signal.aborted) return;
  }
}

function isAsked(line: string, { portal, stream, code }: LogQuery): boolean {
  const { data } = logLineSchema.safeParse(parseLine(line));
  if (data === undefined) return false;
  return (
    (portal === undefined || data.portal === portal) &&
    (stream === undefined || data.stream === stream) &&
    (code === undefined || data.code === code)
  );
}
