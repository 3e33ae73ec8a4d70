/** The `npm start` that runs on this machine, found by the file it announces itself in. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { ENVIRONMENT } from '../../functions/poller/contract.ts';
import { requestSchema } from '../../functions/poller/input/request.ts';
import { askRunning, findRunning, type Running, readRunning } from '../local/announcement.ts';
import { parseEventPattern } from '../local/aws/event-pattern.ts';
import { stackSchema } from '../local/control.ts';
import { CliFailure, EXIT } from './failure.ts';
import { readRunLine } from './run-line.ts';
import type { Target } from './target.ts';

const invocationSchema = z.object({
  ok: z.boolean(),
  payload: z.string().optional(),
  errorMessage: z.string().optional(),
});
const runSchema = z.object({
  at: z.number(),
  ok: z.boolean(),
  logs: z.array(z.string()),
  errorMessage: z.string().optional(),
});

/** @param file the announcement of one; the one that runs here where not given. @throws CliFailure where none runs */
export async function openLocalTarget(file?: string): Promise<Target> {
  const running = await findOne(file);
  const { processId } = running;
  const { environment, portals } = stackSchema.parse(await ask(running, 'stack'));
  const variable = (name: string) => environment[name] ?? '';
  const client = (endpoint: string) => ({
    endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId: variable('AWS_ACCESS_KEY_ID'),
      secretAccessKey: variable('AWS_SECRET_ACCESS_KEY'),
    },
  });
  const services = client(variable('AWS_ENDPOINT_URL'));
  return {
    about: `npm start here (process ${processId})`,
    portals: Object.entries(portals).map(([name, input]) => ({
      name,
      input,
      request: requestSchema.parse(JSON.parse(input)),
      isEnabled: true,
    })),
    tableName: variable(ENVIRONMENT.tableName),
    eventBusName: variable(ENVIRONMENT.eventBusName),
    deadLetterQueueUrl: variable(ENVIRONMENT.deadLetterQueueUrl),
    dynamoDb: new DynamoDBClient(client(variable('AWS_ENDPOINT_URL_DYNAMODB'))),
    eventBridge: new EventBridgeClient(services),
    secretsManager: new SecretsManagerClient(services),
    sqs: new SQSClient(services),
    invoke: async (body) => {
      const result = invocationSchema.parse(await ask(running, 'invoke', { method: 'POST', body }));
      if (result.ok) return { ok: true, payload: result.payload ?? '' };
      return { ok: false, message: result.errorMessage ?? 'without a message' };
    },
    readLastRun: async (portal) => {
      const run = runSchema.nullable().parse(await ask(running, `runs/${portal}`));
      if (run === null) return undefined;
      const told = run.logs.map(readRunLine).findLast((line) => line !== undefined);
      return { at: run.at, isOk: run.ok, text: run.ok ? (told?.text ?? '') : (run.errorMessage ?? '') };
    },
    follow: (pattern, onEvent, signal) => follow(running, pattern, onEvent, signal),
    close: () => undefined,
  };
}

async function findOne(file: string | undefined): Promise<Running> {
  const found = file === undefined ? await findRunning() : [await readRunning(file)];
  const [first, ...others] = found.filter((each) => each !== undefined);
  if (first === undefined) {
    throw new CliFailure(
      'No npm start runs here.',
      'Start one, or leave --local out to work on the deployed stack.',
      EXIT.unreachable,
    );
  }
  if (others.length === 0) return first;
  const list = [first, ...others].map((each) => `  --running ${each.file}  ${each.about}`);
  throw new CliFailure(
    `Which npm start is meant? ${list.length} run here:\n${list.join('\n')}`,
    'Add one of these --running.',
    EXIT.usage,
  );
}

async function ask(running: Running, path: string, init?: RequestInit): Promise<unknown> {
  const answer = await askRunning(running, path, init);
  return answer.json();
}

/** One JSON text a line, as it happens. */
async function follow(
  running: Running,
  pattern: string,
  onEvent: (envelope: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const rule = parseEventPattern(pattern);
  try {
    const { body } = await askRunning(running, 'events', { signal });
    let rest = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const envelope: unknown = JSON.parse(line);
        if (rule.matches(envelope)) onEvent(envelope);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
