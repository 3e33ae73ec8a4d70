import { SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAlarmTopic } from '../../../functions/poller/adapters/sns/alarm-topic.ts';
import { type SchedulerAndTopic, startSchedulerAndTopic } from '../../support/scheduler-and-topic.ts';
import { createSteppingClock, half } from '../stepping-clock.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:alarms';
let standIn: SchedulerAndTopic;
let client: SNSClient;
beforeAll(async () => {
  standIn = await startSchedulerAndTopic();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SNSClient({ endpoint: standIn.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await standIn[Symbol.asyncDispose]();
});

const topic = () =>
  createAlarmTopic(client, TOPIC, { clock: createSteppingClock(0), random: half, until: () => 20_000 });

test('the alarm topic is told with subject and text', async () => {
  await topic().tell('Subject & more', 'two\nlines');
  expect(standIn.told).toEqual([{ topicArn: TOPIC, subject: 'Subject & more', text: 'two\nlines' }]);
});

test('the alarm topic that cannot be told is an error, after several tries', async () => {
  standIn.calls.length = 0;
  standIn.failWith = { status: 503, type: 'ServiceUnavailable' };
  await expect(topic().tell('s', 't')).rejects.toMatchObject({
    code: 'topic-unavailable',
    message: expect.stringContaining('Telling the alarm topic of portals in trouble: SNS must accept it'),
  });
  expect(standIn.calls.length).toBeGreaterThan(5);
});
