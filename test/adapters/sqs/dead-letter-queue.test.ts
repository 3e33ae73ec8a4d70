import { gunzipSync } from 'node:zlib';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { createDeadLetterQueue } from '../../../functions/poller/adapters/sqs/dead-letter-queue.ts';
import type { DeadLetter } from '../../../functions/poller/core/event/dead-letter.ts';
import { type Fault, failWith } from '../../../infra/local/aws/fault.ts';
import { createQueues } from '../../../infra/local/aws/queues.ts';
import { createAwsRig } from '../aws-rig.ts';
import { times } from '../stepping-clock.ts';
import { incompressibleText } from './incompressible.ts';

const QUEUE = 'dead-letters';

async function createQueueRig(queueName = QUEUE) {
  const aws = await createAwsRig();
  const urlOf = (name: string) => `${aws.endpoint.url}/000000000000/${name}`;
  const queues = createQueues([QUEUE], urlOf);
  aws.endpoint.serve([queues.service]);
  const queue = createDeadLetterQueue(new SQSClient(aws.client), urlOf(queueName), aws.retry);
  const bodies = () => queues.bodies(QUEUE);
  return {
    ...aws,
    aws,
    queue,
    queueUrl: urlOf(queueName),
    bodies,
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
}

const letterOf = (text: string): DeadLetter => ({
  reason: "An entry of HubSpot's page has no id.",
  code: 'NotAnEvent',
  portal: 'main',
  stream: 'e_a',
  pass: 'live',
  deadLetteredAt: '2026-11-10T12:00:00.000Z',
  eventType: null,
  id: null,
  text,
});

describe('a dead letter', () => {
  test('is a message whose body is the letter', async () => {
    await using rig = await createQueueRig();
    await rig.queue.send(letterOf('{"eventType":"e_a"}'));
    expect(rig.bodies().map((body) => JSON.parse(body))).toEqual([letterOf('{"eventType":"e_a"}')]);
  });

  test('is one message each', async () => {
    await using rig = await createQueueRig();
    await Promise.all(Array.from({ length: 30 }, (_, index) => rig.queue.send(letterOf(String(index)))));
    expect(new Set(rig.bodies()).size).toBe(30);
    expect(rig.calls).toHaveLength(30);
  });

  test.each([
    ['characters that SQS refuses', '\uFFFE and \uFFFF'],
    ['half of a surrogate pair', '\uD800 alone'],
    ['control characters', '\u0000\u0001\u001F\u007F'],
    ['any script', 'Zoë 大阪 😀'],
  ])('holds %s, and reads as it was', async (_what, text) => {
    await using rig = await createQueueRig();
    await rig.queue.send(letterOf(text));
    expect(JSON.parse(rig.bodies()[0] ?? '')).toEqual(letterOf(text));
  });

  test('too long for a message goes compressed, whole', async () => {
    await using rig = await createQueueRig();
    const text = `{"properties":{"hs_url":"${'https://example.com/é?'.repeat(60_000)}"}}`;
    await rig.queue.send(letterOf(text));
    const bodies = rig.bodies().map((body) => JSON.parse(body));
    expect(bodies).toMatchObject([{ reason: letterOf('').reason, text: null, part: 1, parts: 1 }]);
    expect(gunzipSync(Buffer.from(bodies[0].gzip, 'base64')).toString()).toBe(text);
  });

  test('too long even so goes in parts', async () => {
    await using rig = await createQueueRig();
    const text = incompressibleText(1_500_000);
    await rig.queue.send(letterOf(text));
    const bodies = rig.bodies().map((body) => JSON.parse(body));
    expect(bodies.length).toBeGreaterThan(1);
    bodies.sort((a, b) => a.part - b.part);
    const packed = bodies.map(({ gzip }) => gzip).join('');
    expect(gunzipSync(Buffer.from(packed, 'base64')).toString()).toBe(text);
  });
});

describe('the queue', () => {
  test.each<[string, Fault]>([
    ['a throttle', failWith(400, 'RequestThrottled')],
    ['a failure of the service', failWith(500, 'InternalError')],
    ['a reset', 'reset'],
  ])('is asked again after %s', async (_what, fault) => {
    await using rig = await createQueueRig();
    rig.fail(times(2, fault, 'pass'));
    await rig.queue.send(letterOf('x'));
    expect(rig.bodies()).toHaveLength(1);
    expect(rig.clock.waits).toEqual([25, 50]);
  });

  test.each<[string, string, (() => Fault) | undefined, string]>([
    ['is missing', 'gone', undefined, 'QueueDoesNotExist: The specified queue does not exist.'],
    ['denies', QUEUE, () => failWith(403, 'AccessDenied', 'no right'), 'AccessDenied: no right'],
    ['stays away', QUEUE, () => failWith(503, 'ServiceUnavailable', 'down'), 'ServiceUnavailable: down'],
  ])('that %s fails the stream, with its reason', async (_what, name, fault, found) => {
    await using rig = await createQueueRig(name);
    if (fault !== undefined) rig.fail(fault);
    await expect(rig.queue.send(letterOf('x'))).rejects.toMatchObject({
      code: 'dead-letters-unavailable',
      nextStep: 'end-stream',
      message: `Sending an event to the dead-letter queue: it must accept it, found ${found}`,
    });
    expect(rig.clock.now()).toBeLessThan(rig.retry.until());
  });

  test('is not asked once the time is up, nor where the call would not end in time', async () => {
    await using rig = await createQueueRig();
    const client = new SQSClient(rig.aws.client);
    const queueOf = (expectedMs: number) =>
      createDeadLetterQueue(client, rig.queueUrl, rig.retry, () => expectedMs);
    const outOfTime = {
      code: 'out-of-time',
      nextStep: 'pause',
      message: 'Sending an event to the dead-letter queue: the time of this run is up.',
    };
    rig.clock.moveTo(rig.retry.until() - 900);
    await expect(queueOf(901).send(letterOf('x'))).rejects.toMatchObject(outOfTime);
    expect(rig.calls).toEqual([]);
    await queueOf(900).send(letterOf('y'));
    expect(rig.bodies()).toHaveLength(1);
    rig.clock.moveTo(rig.retry.until());
    await expect(queueOf(0).send(letterOf('z'))).rejects.toMatchObject(outOfTime);
    expect(rig.calls).toHaveLength(1);
  });

  test('is asked, as long as there is time, also after a call that was given up after its five seconds', async () => {
    await using rig = await createQueueRig();
    const client = new SQSClient(rig.aws.client);
    const queue = createDeadLetterQueue(client, rig.queueUrl, rig.retry, () => 5_003);
    await queue.send(letterOf('x'));
    expect(rig.bodies()).toHaveLength(1);
  });

  test('is asked by sixteen at once, and who waits looks at the time when its turn comes', async () => {
    await using rig = await createQueueRig();
    // With the first call to arrive time is all but up; sixteen were begun by then.
    rig.fail(() => {
      rig.clock.moveTo(rig.retry.until() - 50);
      return 'pass';
    });
    const client = new SQSClient(rig.aws.client);
    const queue = createDeadLetterQueue(client, rig.queueUrl, rig.retry, () => 100);
    const sending = Array.from({ length: 40 }, (_, index) => queue.send(letterOf(String(index))));
    const results = await Promise.allSettled(sending);
    const late = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(rig.calls).toHaveLength(16);
    expect(late).toHaveLength(24);
    expect(new Set(late.map(({ code }) => code))).toEqual(new Set(['out-of-time']));
  });
});
