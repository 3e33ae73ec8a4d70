import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from 'vitest';
import { ENVIRONMENT } from '../../functions/poller/contract.ts';
import type { ServiceCall } from '../../infra/local/aws/fault.ts';
import { failWith } from '../../infra/local/aws/fault.ts';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import {
  compare,
  createOpened,
  EVENT_TYPES,
  errorLines,
  lastMetric,
  makeEvents,
  openRig,
  type Rig,
} from './rig.ts';

const opened = createOpened();
afterEach(opened.close);

const NOTHING_WRONG = { missing: [], repeated: 0, unexpected: 0 };

/** The one failed run, and what it says of itself. */
async function expectFailure({ stack, lines }: Rig, sentence: RegExp) {
  const result = await stack.invoke('main');
  expect(result).toMatchObject({ ok: false, errorMessage: expect.stringMatching(sentence) });
  const errors = errorLines(lines);
  expect(errors).toHaveLength(1);
  expect(JSON.stringify(errors[0])).toMatch(sentence);
  expect(stack.events()).toEqual([]);
}

/** How many streams are stored, and how many of them have come further than their start. */
async function streamsIn({ stack }: Rig): Promise<{ stored: number; moved: number }> {
  const { Items = [] } = await stack.table.client.send(new ScanCommand({ TableName: stack.table.name }));
  const streams = Items.filter(({ sk }) => sk?.S?.startsWith('stream#'));
  const moved = streams.filter(
    ({ watermark, floor, live }) => watermark?.S !== floor?.S || live !== undefined,
  );
  return { stored: streams.length, moved: moved.length };
}

describe('a run that cannot succeed says why in one line, and emits the lag', () => {
  test('the secret is empty, as the stack creates it: HubSpot is not asked', async () => {
    const rig = await openRig(opened, { events: makeEvents(10), secrets: { main: '' } });
    await expectFailure(rig, /No HubSpot token yet: the secret hubspot-events\/main is empty/);
    expect(rig.hubSpot.requestCount()).toBe(0);
    // Nothing has started yet, so nothing is behind.
    expect(lastMetric(rig.lines, 'LagSeconds')).toBe(0);
  });

  test('the request is none: what stands in it is in no line', async () => {
    const rig = await openRig(opened, { events: [] });
    const objects = [
      { objectType: 'contact', objectProperty: { email: 'jane@acme.example', phone: '5150123' } },
    ];
    const payload = JSON.stringify({ portal: 'jane@acme.example', secretId: 'pat-eu1-jane', objects });
    expect(await rig.stack.invokeWith(payload)).toMatchObject({ ok: false });
    expect(errorLines(rig.lines)).toMatchObject([{ code: 'request-invalid' }]);
    expect(rig.lines.filter((line) => /jane|5150123/.test(line))).toEqual([]);
  });

  test('the token is refused: no checkpoint moves, and the token is in no line', async () => {
    const token = 'pat-eu1-not-the-one';
    const rig = await openRig(opened, { events: makeEvents(10), secrets: { main: token } });
    await expectFailure(rig, /token/i);
    // A stream is stored before its first poll.
    expect(await streamsIn(rig)).toEqual({ stored: EVENT_TYPES.length, moved: 0 });
    expect(rig.lines.filter((line) => line.includes(token))).toEqual([]);
    expect(lastMetric(rig.lines, 'LagSeconds')).toBeGreaterThan(0);
  });

  test('the bus does not exist: nothing is read for it', async () => {
    const environment = { [ENVIRONMENT.eventBusName]: 'nobody' };
    const rig = await openRig(opened, { events: makeEvents(10), environment });
    await expectFailure(rig, /the event bus nobody must exist/);
    expect(rig.hubSpot.requests.filter(({ path }) => !path.endsWith('/event-types'))).toEqual([]);
    expect(await streamsIn(rig)).toEqual({ stored: 0, moved: 0 });
    expect(lastMetric(rig.lines, 'LagSeconds')).toBeGreaterThan(0);
  });

  test('the table does not exist', async () => {
    const rig = await openRig(opened, {
      events: makeEvents(10),
      environment: { [ENVIRONMENT.tableName]: 'nobody' },
    });
    await expectFailure(rig, /table nobody/);
    expect(rig.hubSpot.requestCount()).toBe(0);
  });

  test('the secret does not exist', async () => {
    const onRequest = ({ action }: ServiceCall) =>
      action === 'GetSecretValue' ? failWith(400, 'ResourceNotFoundException') : 'pass';
    const rig = await openRig(opened, { events: makeEvents(10), onRequest });
    await expectFailure(rig, /secret hubspot-events\/main/);
    expect(rig.hubSpot.requestCount()).toBe(0);
    expect(lastMetric(rig.lines, 'LagSeconds')).toBe(0);
  });
});

test('a rotated token is read from the secret again, in the same run', async () => {
  const events = makeEvents(30);
  const rig = await openRig(opened, { events });
  await rig.stack.invoke('main');
  rig.hubSpot.setTokens(['pat-eu1-second']);
  rig.stack.putSecret('main', 'pat-eu1-second');
  expect(await rig.stack.invoke('main')).toMatchObject({ ok: true });
});

describe('a request', () => {
  test('that names another API URL is refused before any secret is read', async () => {
    const calls: ServiceCall[] = [];
    const onRequest = (call: ServiceCall) => {
      calls.push(call);
      return 'pass' as const;
    };
    const { stack, hubSpot, lines } = await openRig(opened, { events: makeEvents(10), onRequest });
    const elsewhere = await openRig(opened, { events: makeEvents(10) });
    const request = { ...Object(JSON.parse(stack.inputOf('main'))), apiUrl: elsewhere.hubSpot.url };
    calls.length = 0;
    const result = await stack.invokeWith(JSON.stringify(request));
    expect(result).toMatchObject({ ok: false, errorMessage: expect.stringContaining('apiUrl') });
    expect(calls).toEqual([]);
    expect(hubSpot.requestCount() + elsewhere.hubSpot.requestCount()).toBe(0);
    expect(errorLines(lines)).toHaveLength(1);
  });

  test('with mistakes has them all told at once', async () => {
    const { stack } = await openRig(opened);
    const request = {
      ...Object(JSON.parse(stack.inputOf('main'))),
      pageSize: 0,
      pollSeconds: 1,
      nonsense: 1,
    };
    const result = await stack.invokeWith(JSON.stringify(request));
    expect(result).toMatchObject({ ok: false });
    for (const key of ['pageSize', 'pollSeconds', 'nonsense']) expect(JSON.stringify(result)).toContain(key);
  });
});

describe('every event is published once', () => {
  test('where DynamoDB throttles and its answers are lost', async () => {
    let writes = 0;
    const onRequest = ({ service, action }: ServiceCall) => {
      if (service !== 'dynamodb' || action === 'CreateTable' || action === 'DescribeTable') return 'pass';
      writes += 1;
      if (writes % 5 === 1) return 'drop-answer';
      if (writes % 5 === 3) return failWith(400, 'ProvisionedThroughputExceededException', 'Slow down');
      return 'pass';
    };
    const events = makeEvents(2_000);
    const { stack } = await openRig(opened, { events, onRequest });
    for (const _run of [1, 2, 3]) expect(await stack.invoke('main')).toMatchObject({ ok: true });
    expect(writes).toBeGreaterThan(10);
    expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
  });

  test('where the ledger takes nothing, and a setting changes before the next run', async () => {
    let isRefusing = true;
    const onRequest = ({ service, body }: ServiceCall) =>
      service === 'dynamodb' && isRefusing && body.includes('"ids"')
        ? failWith(400, 'ValidationException', 'The ledger takes nothing')
        : 'pass';
    const events = makeEvents(300);
    const { stack } = await openRig(opened, { events, onRequest });
    expect(await stack.invoke('main')).toMatchObject({ ok: false });
    isRefusing = false;
    const input: unknown = JSON.parse(stack.inputOf('main'));
    const changed = JSON.stringify(Object.assign({}, input, { maxRequestsPer10Seconds: 42 }));
    expect(await stack.invokeWith(changed)).toMatchObject({ ok: true });
    expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
  });

  test('where EventBridge fails some entries, and whole calls', async () => {
    let calls = 0;
    let entries = 0;
    const onRequest = ({ action }: ServiceCall) => {
      if (action !== 'PutEvents') return 'pass';
      calls += 1;
      if (calls % 7 === 2) return failWith(400, 'ThrottlingException', 'Rate exceeded');
      if (calls % 11 === 3) return failWith(500, 'InternalException', 'Try again');
      return calls % 13 === 4 ? 'reset' : 'pass';
    };
    const failEntry = () => {
      entries += 1;
      return entries % 9 === 0 ? { ErrorCode: 'InternalFailure', ErrorMessage: 'Try again' } : undefined;
    };
    const events = makeEvents(300);
    const { stack, lines } = await openRig(opened, { events, onRequest, failEntry });
    expect(await stack.invoke('main')).toMatchObject({ ok: true });
    expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
    expect(lastMetric(lines, 'PublishRetries')).toBeGreaterThan(0);
  });

  test('where HubSpot throttles, fails and breaks connections', async () => {
    const events = makeEvents(1_000);
    const { stack } = await openRig(opened, {
      events,
      settings: { pageSize: 100 },
      behaviour: {
        fault: ({ index }) => {
          if (index === 1 || index === 9) return { kind: 'status', status: 502, body: 'html' };
          if (index === 3 || index === 8) return { kind: 'reset', when: 'in-body' };
          return index === 5 ? { kind: 'status', status: 429, retryAfter: 1 } : null;
        },
      },
    });
    expect(await stack.invoke('main')).toMatchObject({ ok: true });
    expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
  });
});

test('an event that EventBridge refuses for good is a dead letter, and the others land', async () => {
  const events = makeEvents(30);
  const failEntry = ({ Detail }: { readonly Detail: string }) =>
    Detail.includes('"id":"0-3"') && Detail.includes(SIGNED_UP)
      ? { ErrorCode: 'NotAuthorizedForDetailTypeException', ErrorMessage: 'Not for you' }
      : undefined;
  const { stack } = await openRig(opened, { events, failEntry });
  for (const _run of [1, 2]) await stack.invoke('main');
  const expected = events.filter(({ eventType, id }) => !(eventType === SIGNED_UP && id === '0-3'));
  expect(compare(expected, stack.events())).toEqual(NOTHING_WRONG);
  expect(stack.deadLetters()).toEqual([expect.stringContaining('NotAuthorizedForDetailTypeException')]);
});

const SIGNED_UP = 'pe42_signed_up';

test('the token is in no line of a run that meets every kind of failure', async () => {
  let index = 0;
  const statuses = [401, 403, 500, 429, 400, 477];
  const { stack, lines, hubSpot } = await openRig(opened, {
    events: makeEvents(30),
    behaviour: {
      fault: () => ({ kind: 'status', status: statuses[index++ % statuses.length] ?? 500, retryAfter: 0 }),
    },
  });
  for (const _run of [1, 2, 3]) await stack.invoke('main', { timeoutMs: 6_000 });
  expect(hubSpot.requestCount()).toBeGreaterThan(0);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => line.includes(SIMULATED_TOKEN))).toEqual([]);
});
