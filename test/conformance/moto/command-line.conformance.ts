/** The stack on moto, as `cdk deploy` leaves it: the bundle polls through it, and the command line looks after it. */

import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { encodeDeadLetter } from '../../../functions/poller/adapters/sqs/dead-letter-text.ts';
import { toEnvelope } from '../../../infra/local/aws/event-bus.ts';
import { createOpened } from '../../../infra/local/opened.ts';
import { SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../../infra/simulator/portal.ts';
import { afterStart, EVENT_TYPES, keyOf, makeEvents, START_FROM } from '../../end-to-end/rig.ts';
import { type ConsumerQueue, envelopeSchema, openConsumerQueue } from './consumer-queue.ts';
import { type Deployment, deployToMoto, type Ended } from './deployment.ts';
import { type LambdaEndpoint, startLambdaEndpoint } from './lambda-endpoint.ts';
import { ACCOUNT, REGION } from './moto-server.ts';

const EVENTS = makeEvents(5_000);
const [STREAM] = EVENT_TYPES;
/** It has no id: HubSpot's, but no event. */
const POISON = {
  eventType: STREAM,
  id: 'poison',
  occurredAt: afterStart(59),
  json: `{"eventType":"${STREAM}","occurredAt":"${afterStart(59)}"}`,
};

/** An event of a moment ago: what is older than the watermark's overlap, only a sweep would find. */
const makeRecent = (batch: number) => makeEvents(1, batch, Date.now() - 5_000);

const summarySchema = z.object({ eventsPublished: z.number() });

const opened = createOpened();
let hubSpot: HubSpotPortal;
let deployment: Deployment;
let poller: LambdaEndpoint;
let consumer: ConsumerQueue;
let events: (...args: readonly string[]) => Promise<Ended>;

beforeAll(async () => {
  hubSpot = await startHubSpotPortal({ events: [...EVENTS, POISON] });
  opened.add(hubSpot.close);
  const portal = { apiUrl: hubSpot.url, eventTypes: EVENT_TYPES, startFrom: START_FROM };
  deployment = await deployToMoto(opened, {
    config: { portals: { main: portal } },
    flags: { manyPortals: true },
  });
  const started = await deployment.startPoller();
  poller = await startLambdaEndpoint(opened, deployment, started);
  consumer = await openConsumerQueue(deployment, {
    source: ['hubspot.events'],
    'detail-type': [...EVENT_TYPES],
  });
  const variables = { AWS_ENDPOINT_URL_LAMBDA: poller.url };
  events = (...args) => deployment.runEvents(args, variables);
});
afterAll(opened.close);

const keysOf = (envelopes: Awaited<ReturnType<ConsumerQueue['drain']>>) =>
  envelopes.map(({ detail }) => detail.metadata.idempotencyKey);

test('cdk deploy ends well, with the outputs of the template', () => {
  expect(deployment.deployed.status).toBe(0);
  expect(deployment.outputs).toMatchObject({
    EventBusName: 'hubspot-events',
    TableName: expect.stringMatching(/^HubSpotEvents-Table/),
    DeadLetterQueueUrl: expect.stringContaining(deployment.moto.url),
  });
});

test('token set stores the token that the poller then reads', async () => {
  const { status, out, err } = await deployment.runEvents(['token', 'set'], {}, SIMULATED_TOKEN);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).not.toContain(SIMULATED_TOKEN);
  const secrets = new SecretsManagerClient(deployment.moto.client);
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'hubspot-events/main' }));
  expect(SecretString).toBe(SIMULATED_TOKEN);
});

test('5,000 events arrive once in a queue behind a rule, and the run after publishes none', async () => {
  const input = await deployment.inputOf('main');
  const arrived = await consumer.drainWhile(async () => {
    // One run, where the machine is quick enough: moto takes 20 ms and more for ten events.
    for (let published = 1; published > 0; ) {
      const result = await poller.invoke(input);
      if (!result.ok) throw new Error(`Polling: the run must succeed, found ${result.errorMessage}`);
      published = summarySchema.parse(JSON.parse(result.payload)).eventsPublished;
    }
  });
  const keys = keysOf(arrived);
  expect(keys).toHaveLength(5_000);
  expect(new Set(keys)).toEqual(new Set(EVENTS.map(keyOf)));
  expect(await consumer.drain()).toEqual([]);
});

describe('each verb of the command line that talks to AWS', () => {
  test('status shows every stream', async () => {
    const { status, out } = await events('status');
    expect(status).toBe(0);
    for (const eventType of EVENT_TYPES) expect(out).toContain(eventType);
  });

  test('doctor finds the secret, HubSpot, the bus, the streams and the dead letter', async () => {
    const { out } = await events('doctor');
    for (const line of ['secret', 'HubSpot', 'bus', 'streams', 'schedule', 'last run']) {
      expect(out).toMatch(new RegExp(`\\t${line}\\tok\\t`));
    }
    expect(out).toMatch(/\tdead letters\tfailed\t/);
  });

  test('tail shows what lands, and removes its rule and its queue', async () => {
    const tail = events('tail', '--json', '--count', '1');
    const sqs = new SQSClient(deployment.moto.client);
    const queues = async () =>
      (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'hubspot-events-tail' }))).QueueUrls ?? [];
    await expect.poll(queues, { timeout: 60_000 }).toHaveLength(1);
    let batch = 1;
    // The queue is there before its rule: until that is, an event passes by.
    const ended = { value: false };
    const following = tail.finally(() => {
      ended.value = true;
    });
    while (!ended.value) {
      hubSpot.addEvents(makeRecent(batch++));
      await poller.invoke(await deployment.inputOf('main'));
    }
    const { status, out } = await following;
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ source: 'hubspot.events', detail: { eventType: STREAM } });
    expect(await queues()).toEqual([]);
    await consumer.drain();
  });

  test('backfill has a stretch read again, and is told its end', async () => {
    const span = ['--from', afterStart(0), '--to', afterStart(90.5)];
    const dry = await events('backfill', '--stream', STREAM, ...span, '--dry-run');
    expect(dry.status).toBe(0);
    const running = events('backfill', '--stream', STREAM, ...span, '--republish');
    const ended = { value: false };
    const following = running.finally(() => {
      ended.value = true;
    });
    while (!ended.value) await poller.invoke(await deployment.inputOf('main'));
    expect(await following).toMatchObject({ status: 0 });
    const inSpan = EVENTS.filter(
      ({ eventType, occurredAt }) =>
        eventType === STREAM && Number(occurredAt) < Date.parse(afterStart(90.5)),
    );
    expect(new Set(keysOf(await consumer.drain()))).toEqual(new Set(inSpan.map(keyOf)));
  });

  test('watermark set moves it back, and the next run goes on from there', async () => {
    const to = afterStart(120);
    const { status } = await events('watermark', 'set', '--stream', STREAM, '--to', to, '--yes');
    expect(status).toBe(0);
    const { out } = await events('status', '--json');
    expect(out).toContain(new Date(to).toISOString());
  });

  test('quarantine list and clear know a stream that HubSpot refuses', async () => {
    hubSpot.change({ typeRefusals: { [STREAM]: 'storage-locations' } });
    await poller.invoke(await deployment.inputOf('main'));
    expect((await events('quarantine', 'list')).out).toContain(STREAM);
    hubSpot.change({ typeRefusals: {} });
    expect(await events('quarantine', 'clear', '--stream', STREAM)).toMatchObject({ status: 0 });
    expect((await events('quarantine', 'list')).out).not.toContain(`${STREAM}:`);
  });

  test('run now has a portal polled, and logs shows what it wrote', async () => {
    expect(await events('run', 'now', '--portal', 'main')).toMatchObject({ status: 0 });
    const { status, out } = await events('logs', '--portal', 'main');
    expect(status).toBe(0);
    expect(out).toMatch(/\tINFO\tmain\t.*\tRun\t/);
  });

  test('redrive shows the dead letter, and discards it', async () => {
    const shown = await events('redrive', '--dry-run');
    expect(shown.out).toContain('has no id');
    // What was shown is hidden from others for some seconds.
    const discard = async () => (await events('redrive', '--discard', '--yes')).out;
    await expect.poll(discard, { timeout: 60_000, interval: 1_000 }).toContain('has no id');
    expect((await events('doctor')).out).toMatch(/\tdead letters\tok\t/);
  });

  test('redrive puts a letter that is an event on the bus', async () => {
    const [event] = makeRecent(900);
    if (event === undefined) throw new Error('Making an event: there must be one');
    const letter = {
      reason: 'EventBridge refused the event for good: AccessDenied: for a while',
      code: 'AccessDenied',
      portal: 'main',
      stream: STREAM,
      pass: 'live',
      deadLetteredAt: new Date().toISOString(),
      eventType: STREAM,
      id: String(event.id),
      text: JSON.stringify({ ...event, occurredAt: new Date(event.occurredAt).toISOString() }),
    } as const;
    await consumer.drain();
    const sqs = new SQSClient(deployment.moto.client);
    const QueueUrl = deployment.outputs['DeadLetterQueueUrl'];
    for (const MessageBody of encodeDeadLetter(letter))
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    expect(await events('redrive', '--yes')).toMatchObject({ status: 0 });
    expect(keysOf(await consumer.drain())).toEqual([keyOf(event)]);
    expect((await events('doctor')).out).toMatch(/\tdead letters\tok\t/);
  });

  test('policy names what this stack has, and runbook shows the article of an alarm', async () => {
    const { status, out } = await events('policy');
    expect(status).toBe(0);
    const written = z
      .object({ Statement: z.array(z.object({ Resource: z.string() })) })
      .parse(JSON.parse(out));
    const resources = written.Statement.map(({ Resource }) => Resource).join('\n');
    for (const name of ['TableName', 'FunctionName', 'EventBusName', 'LogGroupName'])
      expect(resources).toContain(deployment.outputs[name]);
    expect(resources).not.toContain('{');
    expect((await events('runbook', 'dead-letters')).out).toContain('## dead-letters');
  });

  test('backfill list and --cancel know a backfill that nobody runs', async () => {
    const span = ['--from', afterStart(0), '--to', afterStart(60)];
    // It watches until its end, which comes with the cancelling.
    const running = events('backfill', '--stream', STREAM, ...span);
    const list = async () => (await events('backfill', 'list')).out;
    await expect.poll(list, { timeout: 60_000, interval: 1_000 }).toMatch(/\t0\t0\t0\t/);
    expect(await events('backfill', '--stream', STREAM, '--cancel')).toMatchObject({ status: 0 });
    await running;
    expect(await list()).not.toMatch(new RegExp(`\\t${STREAM}\\t`));
  });

  test('portal pause stops its schedule, and resume starts it', async () => {
    expect(await events('portal', 'pause', 'main')).toMatchObject({ status: 0 });
    expect((await events('portal', 'list')).out).toMatch(/main\tpaused/);
    expect(await events('portal', 'resume', 'main')).toMatchObject({ status: 0 });
    expect((await events('portal', 'list')).out).not.toMatch(/paused/);
  });

  test('portal add, list and remove', async () => {
    const settings = JSON.stringify({ eventTypes: [STREAM], startFrom: START_FROM });
    expect(await events('portal', 'add', 'acme', '--settings', settings)).toMatchObject({ status: 0 });
    expect((await events('portal', 'list')).out).toMatch(/acme/);
    const secrets = new SecretsManagerClient(deployment.moto.client);
    const secret = { SecretId: 'hubspot-events/acme', SecretString: SIMULATED_TOKEN };
    await secrets.send(new PutSecretValueCommand(secret));
    // The one setting that a portal of a deployed stack can't have is the simulated HubSpot's address.
    const request = { ...JSON.parse(await deployment.inputOf('acme')), apiUrl: hubSpot.url };
    expect(await poller.invoke(JSON.stringify(request))).toMatchObject({ ok: true });
    const keys = keysOf(await consumer.drain());
    expect(keys.length).toBeGreaterThan(EVENTS.length / EVENT_TYPES.length);
    expect(keys.filter((key) => !key.startsWith(`acme/${STREAM}/`))).toEqual([]);
    expect(await events('portal', 'remove', 'acme', '--yes')).toMatchObject({ status: 0 });
    expect((await events('portal', 'list')).out).not.toMatch(/acme/);
  });
});

test('what comes out of moto is the envelope that the targets of npm start get, but for the account', async () => {
  const [event] = makeRecent(400);
  if (event === undefined) throw new Error('Making an event: there must be one');
  hubSpot.addEvents([event]);
  await poller.invoke(await deployment.inputOf('main'));
  const found = (await consumer.drain()).find(
    ({ detail }) => detail.metadata.idempotencyKey === keyOf(event),
  );
  const { account: _left, ...own } = envelopeSchema.parse(
    toEnvelope(
      {
        id: z.string().parse(found?.['id']),
        busName: deployment.outputs['EventBusName'] ?? '',
        source: 'hubspot.events',
        detailType: STREAM,
        detail: JSON.stringify(found?.detail),
        time: new Date(event.occurredAt),
        resources: [`hubspot:main:CONTACT/${event.objectId}`],
      },
      REGION,
      ACCOUNT,
    ),
  );
  expect(found).toEqual(own);
});
