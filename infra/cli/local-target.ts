/** The `npm start` that runs on this machine, found by the file it announces itself in. */
import { readFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { ENVIRONMENT } from '../../functions/poller/contract.ts';
import { requestSchema } from '../../functions/poller/input/request.ts';
import { announcementSchema, stackSchema } from '../local/announcement.ts';
import { parseEventPattern } from '../local/aws/event-pattern.ts';
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

/** The file where an `npm start` in this folder announces itself. */
export { ANNOUNCEMENT_FILE } from '../local/announcement.ts';

/** @throws CliFailure where none runs */
export async function openLocalTarget(file: string): Promise<Target> {
  const { url, processId } = await readAnnouncement(file);
  const { environment, portals } = stackSchema.parse(await ask(url, 'stack'));
  const variable = (name: string) => environment[name] ?? '';
  const client = (endpoint: string) => ({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
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
      const result = invocationSchema.parse(await ask(url, 'invoke', { method: 'POST', body }));
      if (result.ok) return { ok: true, payload: result.payload ?? '' };
      return { ok: false, message: result.errorMessage ?? 'without a message' };
    },
    readLastRun: async (portal) => {
      const run = runSchema.nullable().parse(await ask(url, `runs/${portal}`));
      if (run === null) return undefined;
      const told = run.logs.map(readRunLine).findLast((line) => line !== undefined);
      return { at: run.at, isOk: run.ok, text: run.ok ? (told?.text ?? '') : (run.errorMessage ?? '') };
    },
    follow: (pattern, onEvent, signal) => follow(url, pattern, onEvent, signal),
    close: () => undefined,
  };
}

async function readAnnouncement(file: string): Promise<z.output<typeof announcementSchema>> {
  try {
    const announcement = announcementSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    await fetch(`${announcement.url}/stack`);
    return announcement;
  } catch {
    // Not there, not readable, or left by one that was killed: for the user it is the same.
    throw new CliFailure(
      'No npm start runs here.',
      'Start one, or leave --local out to work on the deployed stack.',
      EXIT.unreachable,
    );
  }
}

async function ask(url: string, path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(`${url}/${path}`, init);
  return answer.json();
}

/** One JSON text a line, as it happens. */
async function follow(
  url: string,
  pattern: string,
  onEvent: (envelope: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const rule = parseEventPattern(pattern);
  try {
    const { body } = await fetch(`${url}/events`, { signal });
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
