import {
  DescribeEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Endpoint, startEndpoint } from '../../../infra/local/aws/endpoint.ts';
import {
  createEventBridge,
  type EventBridge,
  entryBytes,
  toEnvelope,
} from '../../../infra/local/aws/event-bus.ts';
import { type Fault, failWith, type ServiceCall } from '../../../infra/local/aws/fault.ts';
import { createQueues, type Queues } from '../../../infra/local/aws/queues.ts';
import { createSecretsManager } from '../../../infra/local/aws/secrets.ts';
import { createCredentials } from '../../../infra/local/aws/signature.ts';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const BUS = 'hubspot-events';
const MEBIBYTE = 1_048_576;
const credentials = createCredentials();

let endpoint: Endpoint;
let bus: EventBridge;
let queues: Queues;
let nextFault: Fault;
let calls: ServiceCall[];
let now: number;
let eventBridge: EventBridgeClient;
let sqs: SQSClient;
let secretsManager: SecretsManagerClient;

beforeEach(async () => {
  nextFault = 'pass';
  calls = [];
  now = 1_000_000;
  endpoint = await startEndpoint(credentials, (call) => {
    calls.push(call);
    const fault = nextFault;
    nextFault = 'pass';
    return fault;
  });
  const failEntry = ({ Source }: { readonly Source: string }) =>
    Source === 'fails' ? { ErrorCode: 'InternalFailure', ErrorMessage: 'Try again' } : undefined;
  bus = createEventBridge({ busNames: [BUS], region: REGION, account: ACCOUNT, failEntry });
  queues = createQueues(
    ['letters'],
    (name) => `${endpoint.url}/${ACCOUNT}/${name}`,
    () => now,
  );
  const secrets = createSecretsManager(REGION, ACCOUNT);
  secrets.put('portal/main', 'placeholder');
  endpoint.serve([bus.service, queues.service, secrets.service]);
  const config = {
    endpoint: endpoint.url,
    region: REGION,
    credentials,
    maxAttempts: 1,
  };
  eventBridge = new EventBridgeClient(config);
  sqs = new SQSClient(config);
  secretsManager = new SecretsManagerClient(config);
});

afterEach(async () => {
  for (const client of [eventBridge, sqs, secretsManager]) client.destroy();
  await endpoint.close();
});

function entry(changes: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry {
  return { EventBusName: BUS, Source: 's', DetailType: 't', Detail: '{}', ...changes };
}

/** An entry whose size is so many bytes. */
function entryOf(bytes: number): PutEventsRequestEntry {
  return entry({ Detail: `{"a":"${'x'.repeat(bytes - 's'.length - 't'.length - '{"a":""}'.length)}"}` });
}

function put(...Entries: PutEventsRequestEntry[]) {
  return eventBridge.send(new PutEventsCommand({ Entries }));
}

describe('PutEvents', () => {
  test('keeps an accepted entry verbatim, with its time to the millisecond', async () => {
    const Time = new Date('2026-11-23T12:00:00.123Z');
    const Detail = '{"id":12345678901234567890,"name":"ü"}';
    const answer = await put(entry({ Time, Detail, Resources: ['r:1', 'r:2'] }));
    expect(answer.FailedEntryCount).toBe(0);
    expect(bus.events()).toEqual([
      {
        id: answer.Entries?.[0]?.EventId,
        busName: BUS,
        source: 's',
        detailType: 't',
        detail: Detail,
        time: Time,
        resources: ['r:1', 'r:2'],
      },
    ]);
  });

  test('gives a rule target the event with whole seconds and its detail as JSON', async () => {
    await put(entry({ Time: new Date('2026-11-23T12:00:00.987Z'), Detail: '{"a":1}' }));
    const [event] = bus.events();
    expect(event && toEnvelope(event, REGION, ACCOUNT)).toEqual({
      version: '0',
      id: event?.id,
      'detail-type': 't',
      source: 's',
      account: ACCOUNT,
      time: '2026-11-23T12:00:00Z',
      region: REGION,
      resources: [],
      detail: { a: 1 },
    });
  });

  test('refuses the whole call with more than 10 entries, or none', async () => {
    const rule = { name: 'ValidationException' };
    await expect(put(...Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject(rule);
    await expect(put()).rejects.toMatchObject(rule);
    expect(bus.events()).toHaveLength(0);
  });

  test('takes entries of 1 MiB together, and refuses the whole call one byte over', async () => {
    const half = MEBIBYTE / 2;
    await expect(put(entryOf(half), entryOf(half))).resolves.toMatchObject({ FailedEntryCount: 0 });
    await expect(put(entryOf(half), entryOf(half + 1))).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Total size of the entries in the request is over the limit.',
    });
    expect(bus.events()).toHaveLength(2);
  });

  test('answers a bare 413 to a body that is far over the limit', async () => {
    const failure = put(entryOf(5 * MEBIBYTE));
    await expect(failure).rejects.toMatchObject({ $metadata: { httpStatusCode: 413 } });
  });

  test('counts an entry as AWS does: 14 for the time, and UTF-8 bytes', () => {
    const fields = { EventBusName: 'long name of a bus', Source: 'ü', DetailType: '12', Detail: '{}' };
    expect(entryBytes({ ...fields, Resources: ['abc', '€'] })).toBe(2 + 2 + 2 + 3 + 3);
    expect(entryBytes({ ...fields, Resources: [], Time: 1 })).toBe(2 + 2 + 2 + 14);
  });

  test('fails entries one by one, each in its place', async () => {
    const answer = await put(
      entry(),
      entry({ Source: '' }),
      entry({ DetailType: '' }),
      entry({ Detail: '' }),
      entry({ Detail: '[1]' }),
      entry({ Detail: '{' }),
      entry({ DetailType: 'x'.repeat(129) }),
      entry({ Source: 'aws.ec2' }),
      entry({ Source: 'fails' }),
      entry({ DetailType: 'x'.repeat(128) }),
    );
    expect(answer.FailedEntryCount).toBe(8);
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'InvalidArgument',
      'InvalidArgument',
      'InvalidArgument',
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
      'NotAuthorizedForSourceException',
      'InternalFailure',
      undefined,
    ]);
    expect(bus.events()).toHaveLength(2);
  });

  test('succeeds for a bus that does not exist, and drops the event', async () => {
    const answer = await put(entry({ EventBusName: 'nobody' }));
    expect(answer).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
    expect(bus.events()).toHaveLength(0);
  });

  test('tells of events as they land', async () => {
    const landed: string[] = [];
    bus.onEvent(({ detailType }) => landed.push(detailType));
    await put(entry({ DetailType: 'one' }), entry({ DetailType: 'two' }));
    expect(landed).toEqual(['one', 'two']);
  });
});

test('DescribeEventBus finds a bus by its name and its ARN, and no other', async () => {
  const { Arn } = await eventBridge.send(new DescribeEventBusCommand({ Name: BUS }));
  expect(await eventBridge.send(new DescribeEventBusCommand({ Name: Arn }))).toMatchObject({ Name: BUS });
  const missing = eventBridge.send(new DescribeEventBusCommand({ Name: 'nobody' }));
  await expect(missing).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

describe('Secrets Manager', () => {
  const get = (SecretId: string) => secretsManager.send(new GetSecretValueCommand({ SecretId }));

  test('gives what was put last, by name and by ARN', async () => {
    expect(await get('portal/main')).toMatchObject({ SecretString: 'placeholder', Name: 'portal/main' });
    const written = await secretsManager.send(
      new PutSecretValueCommand({ SecretId: 'portal/main', SecretString: 'second' }),
    );
    expect(await get(written.ARN ?? '')).toMatchObject({
      SecretString: 'second',
      VersionId: written.VersionId,
    });
  });

  test('refuses a secret that does not exist, to read and to write', async () => {
    const missing = { name: 'ResourceNotFoundException' };
    await expect(get('portal/other')).rejects.toMatchObject(missing);
    const write = new PutSecretValueCommand({ SecretId: 'portal/other', SecretString: 'x' });
    await expect(secretsManager.send(write)).rejects.toMatchObject(missing);
  });
});

describe('SQS', () => {
  const queue = () => ({ QueueUrl: `${endpoint.url}/${ACCOUNT}/letters` });
  const receive = () =>
    sqs.send(new ReceiveMessageCommand({ ...queue(), MaxNumberOfMessages: 10, VisibilityTimeout: 30 }));

  test('hides a received message until its time is over, and forgets a deleted one', async () => {
    await sqs.send(new SendMessageCommand({ ...queue(), MessageBody: 'ü' }));
    const first = await receive();
    expect(first.Messages).toMatchObject([{ Body: 'ü' }]);
    expect((await receive()).Messages ?? []).toEqual([]);
    now += 30_000;
    const again = await receive();
    expect(again.Messages).toHaveLength(1);
    const ReceiptHandle = again.Messages?.[0]?.ReceiptHandle;
    await sqs.send(new DeleteMessageCommand({ ...queue(), ReceiptHandle }));
    expect(queues.bodies('letters')).toEqual([]);
  });

  test('counts visible and received messages apart', async () => {
    for (const MessageBody of ['a', 'b']) await sqs.send(new SendMessageCommand({ ...queue(), MessageBody }));
    await sqs.send(new ReceiveMessageCommand({ ...queue(), MaxNumberOfMessages: 1 }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ ...queue(), AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
  });

  test('takes a message of 1 MiB, and none of one byte more', async () => {
    const send = (bytes: number) =>
      sqs.send(new SendMessageCommand({ ...queue(), MessageBody: 'x'.repeat(bytes) }));
    await send(MEBIBYTE);
    await expect(send(MEBIBYTE + 1)).rejects.toThrow(/Message must be shorter than 1048576 bytes/);
  });

  test('refuses characters that XML cannot hold', async () => {
    const send = sqs.send(new SendMessageCommand({ ...queue(), MessageBody: 'a\u0000b' }));
    await expect(send).rejects.toMatchObject({ name: 'InvalidMessageContents' });
  });

  test('takes a batch entry by entry, and refuses one that is too long, too many or ambiguous', async () => {
    const batch = (Entries: { Id: string; MessageBody: string }[]) =>
      sqs.send(new SendMessageBatchCommand({ ...queue(), Entries }));
    const entries = (count: number, bytes: number) =>
      Array.from({ length: count }, (_, index) => ({ Id: `${index}`, MessageBody: 'x'.repeat(bytes) }));
    expect(await batch([...entries(2, 3), { Id: 'bad', MessageBody: '\u0001' }])).toMatchObject({
      Successful: [{ Id: '0' }, { Id: '1' }],
      Failed: [{ Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true }],
    });
    await expect(batch(entries(2, MEBIBYTE / 2 + 1))).rejects.toMatchObject({ name: 'BatchRequestTooLong' });
    await expect(batch(entries(11, 1))).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
    await expect(batch([])).rejects.toMatchObject({ name: 'EmptyBatchRequest' });
    const twins = [...entries(1, 1), ...entries(1, 1)];
    await expect(batch(twins)).rejects.toMatchObject({ name: 'BatchEntryIdsNotDistinct' });
  });

  test('knows a queue by its name, and no other', async () => {
    const find = (QueueName: string) => sqs.send(new GetQueueUrlCommand({ QueueName }));
    expect(await find('letters')).toMatchObject(queue());
    await expect(find('nobody')).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
  });
});

describe('a fault', () => {
  test('tells the hook of service, action and body', async () => {
    await put(entry());
    expect(calls).toMatchObject([{ service: 'eventbridge', action: 'PutEvents' }]);
    expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({ Entries: [{ Source: 's' }] });
  });

  test('dropped answer: the event lands, the caller hears nothing', async () => {
    nextFault = 'drop-answer';
    await expect(put(entry())).rejects.toThrow();
    expect(bus.events()).toHaveLength(1);
  });

  test('reset: nothing lands', async () => {
    nextFault = 'reset';
    await expect(put(entry())).rejects.toThrow();
    expect(bus.events()).toHaveLength(0);
  });

  test('an error of the service: nothing lands, the caller gets its name and status', async () => {
    nextFault = failWith(400, 'ThrottlingException', 'Rate exceeded');
    await expect(put(entry())).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'Rate exceeded',
      $metadata: { httpStatusCode: 400 },
    });
    expect(bus.events()).toHaveLength(0);
  });
});
