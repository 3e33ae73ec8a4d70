import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseHubSpotEvent } from '../../functions/consumer/event.ts';
import { synthesize } from '../../infra/build/synth.ts';
import type { TargetKind } from '../../infra/local/aws/rules.ts';
import { createOpened } from '../../infra/local/opened.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { startHubSpotPortal } from '../../infra/simulator/portal.ts';

const MINUTE_MS = 60_000;
const opened = createOpened();
let stack: LocalStack;

const at = (minutesAgo: number) => Date.now() - minutesAgo * MINUTE_MS;
const view = (id: string, path: string) => ({
  id,
  eventType: 'e_visited_page',
  occurredAt: at(5),
  properties: { hs_url_path: path },
});
const form = (id: string, objectType: string) => ({
  id,
  eventType: 'e_form_submission_v2',
  occurredAt: at(4),
  objectType,
});

beforeAll(async () => {
  const portal = await startHubSpotPortal({
    events: [
      view('v1', '/'),
      view('v2', '/pricing/teams'),
      form('f1', 'CONTACT'),
      form('f2', 'COMPANY'),
      { id: 'c1', eventType: 'e_call_started', occurredAt: at(3) },
    ],
  });
  opened.add(portal.close);
  const startFrom = new Date(at(10)).toISOString();
  const config = { portals: { main: { apiUrl: portal.url, startFrom } } };
  stack = await startLocalStack({
    synthesized: synthesize({ config, flags: { consumerExample: true } }),
    secrets: { main: SIMULATED_TOKEN },
  });
  opened.add(stack.close);
  const run = await stack.invoke('main');
  expect(run.ok, run.logs.join('\n')).toBe(true);
  await stack.settled();
});
afterAll(opened.close);

/** The ids of the events that reached a kind of target. */
const idsAt = (wanted: TargetKind) =>
  stack
    .deliveries()
    .filter(({ target }) => target.kind === wanted)
    .map(({ envelope }) => parseHubSpotEvent(envelope).detail.id)
    .sort();

/** What the consumer's function did: the keys in its log, line by line. */
function actedOn(): string[] {
  const lineSchema = z.object({ message: z.literal('Acted'), key: z.string() });
  const lines = stack.deliveries().flatMap(({ result }) => result?.logs ?? []);
  return lines.flatMap((line) => {
    const [json] = /\{.*\}/.exec(line) ?? [];
    return json === undefined ? [] : (lineSchema.safeParse(JSON.parse(json)).data?.key ?? []);
  });
}

describe('the example consumer', () => {
  test('gets every page view in its function, and acts on each', () => {
    expect(idsAt('lambda')).toEqual(['v1', 'v2']);
    expect(actedOn().sort()).toEqual(['main/e_visited_page/v1', 'main/e_visited_page/v2']);
  });

  test('gets the form submissions of contacts in its queue, and of nobody else', () => {
    expect(idsAt('sqs')).toEqual(['f1']);
  });

  test('gets the views of the pricing pages in its log group', () => {
    expect(idsAt('logs')).toEqual(['v2']);
  });

  test('acts once where a view is published again, and gets no view of a backfill', async () => {
    const before = actedOn();
    const [published] = stack.events().filter(({ detail }) => detail.includes('"v1"'));
    if (published === undefined) throw new Error('Publishing again: v1 must have been published');
    const backfilled = published.detail.replace('"pass":"live"', '"pass":"backfill"');
    const client = new EventBridgeClient({
      endpoint: stack.environment['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? '',
      region: 'us-east-1',
      credentials: stack.credentials,
    });
    const entry = { EventBusName: published.busName, Source: published.source, Time: published.time };
    await client.send(
      new PutEventsCommand({
        Entries: [published.detail, backfilled].map((Detail) => ({
          ...entry,
          DetailType: published.detailType,
          Detail,
        })),
      }),
    );
    client.destroy();
    await stack.settled();
    expect(idsAt('lambda')).toEqual(['v1', 'v1', 'v2']);
    expect(actedOn()).toEqual(before);
  });
});
