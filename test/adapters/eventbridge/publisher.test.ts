import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { describe, expect, test } from 'vitest';
import {
  connectEventBridge,
  createPublisher,
} from '../../../functions/poller/adapters/eventbridge/publisher.ts';
import { type BusEntry, toBusEntry } from '../../../functions/poller/core/event/bus-entry.ts';
import { startTally } from '../../../functions/poller/core/tally.ts';
import {
  createEventBridge,
  type EntryFailure,
  type PutEventsEntry,
} from '../../../infra/local/aws/event-bus.ts';
import { type Fault, failWith } from '../../../infra/local/aws/fault.ts';
import { createFakeLog } from '../../support/fake-outlets.ts';
import { ACCOUNT, createAwsRig, NOON, REGION } from '../aws-rig.ts';
import { times } from '../stepping-clock.ts';

const BUS = 'hubspot-events';

interface BusOptions {
  /** EventBridge's own limit. */
  readonly takesBytes?: number;
  /** The limit that the publisher knows of. */
  readonly maxBytes?: number;
  readonly bus?: string;
  readonly failEntry?: (entry: PutEventsEntry) => EntryFailure | undefined;
  readonly busCheck?: { seenAt: number };
}

async function createBusRig(options: BusOptions = {}) {
  const { takesBytes = 1_048_576, maxBytes = 1_048_576, bus = BUS, failEntry } = options;
  const aws = await createAwsRig();
  const service = createEventBridge({
    busNames: [BUS],
    region: REGION,
    account: ACCOUNT,
    maxBytes: takesBytes,
    ...(failEntry && { failEntry }),
  });
  aws.endpoint.serve([service.service]);
  const tally = startTally();
  const log = createFakeLog();
  const client = new EventBridgeClient(aws.client);
  const publisher = createPublisher({
    bus,
    eventBridge: connectEventBridge(client, bus),
    maxBytes,
    retry: aws.retry,
    tally,
    log,
    busCheck: options.busCheck ?? { seenAt: Number.NEGATIVE_INFINITY },
  });
  const ids = () => service.events().map(({ detail }) => idOf(detail));
  return {
    ...aws,
    publisher,
    service,
    tally,
    log,
    ids,
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
}

function idOf(detail: string): string {
  return /"id":"([^"]*)"/.exec(detail)?.[1] ?? '';
}

function entryOf(id: string, padding = 0): BusEntry {
  const body = { id, eventType: 'e_a', properties: { pad: 'x'.repeat(padding) } };
  const event = {
    kind: 'event',
    id,
    eventType: 'e_a',
    occurredAt: NOON - 1_234,
    objectType: 'CONTACT',
  } as const;
  return toBusEntry({ ...event, objectId: '51', body }, { portal: 'main', stream: 'e_a', pass: 'live' });
}

const entries = (amount: number, padding = 0) =>
  Array.from({ length: amount }, (_, at) => entryOf(`id-${at}`, padding));
const states = (outcomes: readonly { state: string }[]) => outcomes.map(({ state }) => state);
const all = (state: string, amount: number) => Array.from({ length: amount }, () => state);

/** The entries of so many first calls fail with the code. */
function failFirst(code: string, isHit: (entry: PutEventsEntry) => boolean, amount = 1) {
  const left = new Map<string, number>();
  return (entry: PutEventsEntry) => {
    const id = idOf(entry.Detail);
    const tries = left.get(id) ?? amount;
    left.set(id, tries - 1);
    return isHit(entry) && tries > 0 ? { ErrorCode: code, ErrorMessage: `it was ${code}` } : undefined;
  };
}

describe('publishing', () => {
  test('takes an empty error code for none', async () => {
    await using rig = await createBusRig({ failEntry: () => ({ ErrorCode: '', ErrorMessage: '' }) });
    const { outcomes } = await rig.publisher.publish(entries(3));
    expect(states(outcomes)).toEqual(all('accepted', 3));
    expect(rig.calls).toHaveLength(1);
  });

  test('puts every entry on the bus, ten to a call', async () => {
    await using rig = await createBusRig();
    const { outcomes, failure } = await rig.publisher.publish(entries(25));
    expect(failure).toBeUndefined();
    expect(states(outcomes)).toEqual(all('accepted', 25));
    expect(rig.ids().sort()).toEqual(
      entries(25)
        .map(({ detail }) => idOf(detail))
        .sort(),
    );
    expect(rig.calls).toHaveLength(3);
    expect(rig.tally.publishRetries).toBe(0);
  });

  test('says of each what the contract promises', async () => {
    await using rig = await createBusRig();
    await rig.publisher.publish([entryOf('id-1')]);
    expect(rig.service.events()).toMatchObject([
      {
        busName: BUS,
        source: 'hubspot.events',
        detailType: 'e_a',
        time: new Date(NOON - 1_234),
        resources: ['hubspot:main:CONTACT/51'],
      },
    ]);
  });

  test('keeps a call within the byte limit, and fills it', async () => {
    const [entry = entryOf('x')] = entries(1, 300);
    await using rig = await createBusRig({ takesBytes: entry.bytes * 3, maxBytes: entry.bytes * 3 });
    const { outcomes } = await rig.publisher.publish(entries(7, 300));
    expect(states(outcomes)).toEqual(all('accepted', 7));
    expect(rig.calls).toHaveLength(3);
  });

  test('of nothing asks nobody', async () => {
    await using rig = await createBusRig();
    expect(await rig.publisher.publish([])).toEqual({ outcomes: [] });
    expect(rig.calls).toEqual([]);
  });
});

describe('an entry that fails', () => {
  test.each(['InternalFailure', 'InternalException', 'ThrottlingException'])(
    'for now (%s) is sent again alone',
    async (code) => {
      const failEntry = failFirst(code, ({ Detail }) => /"id-[37]"/.test(Detail), 2);
      await using rig = await createBusRig({ failEntry });
      const { outcomes } = await rig.publisher.publish(entries(10));
      expect(states(outcomes)).toEqual(all('accepted', 10));
      expect(rig.ids()).toHaveLength(10);
      expect(rig.calls).toHaveLength(3);
      expect(rig.clock.waits).toEqual([25, 50]);
      expect(rig.tally.publishRetries).toBe(4);
    },
  );

  test.each([
    'MalformedDetail',
    'InvalidArgument',
    'NotAuthorizedForDetailTypeException',
    'RequestEntityTooLarge',
    'ValidationException',
  ])('for good (%s) is refused with code and message, and not sent again', async (code) => {
    const failEntry = failFirst(code, ({ Detail }) => Detail.includes('"id-4"'), 99);
    await using rig = await createBusRig({ failEntry });
    const { outcomes, failure } = await rig.publisher.publish(entries(10));
    expect(failure).toBeUndefined();
    expect(outcomes[4]).toEqual({ state: 'refused', code, message: `it was ${code}` });
    expect(states(outcomes).filter((state) => state === 'accepted')).toHaveLength(9);
    expect(rig.calls).toHaveLength(1);
  });

  test('for now, again and again, is left unsent, and the others are not', async () => {
    const failEntry = failFirst('InternalFailure', ({ Detail }) => Detail.includes('"id-2"'), 99);
    await using rig = await createBusRig({ failEntry });
    const { outcomes, failure } = await rig.publisher.publish(entries(10));
    expect(outcomes[2]).toEqual({ state: 'unsent' });
    expect(states(outcomes).filter((state) => state === 'accepted')).toHaveLength(9);
    expect(failure).toMatchObject({
      code: 'bus-unavailable',
      nextStep: 'end-stream',
      message:
        'Publishing events: EventBridge must accept them, found after 12 tries: 1 entries failed, the first with InternalFailure',
    });
  });

  test.each(['OperationDisabledException', 'NotAuthorizedForSourceException', 'SomethingNew'])(
    'with a code that is not about it (%s) is left unsent after three tries: the bus is closed, and nothing refused',
    async (code) => {
      const failEntry = failFirst(code, () => true, 99);
      await using rig = await createBusRig({ failEntry });
      const { outcomes, failure } = await rig.publisher.publish(entries(10));
      expect(states(outcomes)).toEqual(all('unsent', 10));
      expect(failure).toMatchObject({
        code: 'bus-unavailable',
        nextStep: 'end-stream',
        message: `Publishing events: EventBridge must accept them, found after 3 tries: 10 entries failed, the first with ${code}`,
      });
      expect(rig.calls).toHaveLength(3);
      expect(rig.tally.publishRetries).toBe(20);
    },
  );

  test('with an unknown code that passes is accepted', async () => {
    const failEntry = failFirst('OperationDisabledException', () => true, 2);
    await using rig = await createBusRig({ failEntry });
    const { outcomes, failure } = await rig.publisher.publish(entries(10));
    expect([states(outcomes), failure]).toEqual([all('accepted', 10), undefined]);
  });

  test('is found by its place among those that were sent again', async () => {
    const first = failFirst('InternalFailure', ({ Detail }) => /"id-[258]"/.test(Detail));
    const failEntry = (entry: PutEventsEntry) =>
      first(entry) ??
      (entry.Detail.includes('"id-5"') ? { ErrorCode: 'MalformedDetail', ErrorMessage: 'no' } : undefined);
    await using rig = await createBusRig({ failEntry });
    const { outcomes } = await rig.publisher.publish(entries(10));
    expect(outcomes.findIndex(({ state }) => state === 'refused')).toBe(5);
    expect(rig.ids()).not.toContain('id-5');
  });

  test('has no answer of its own in a short answer: it is sent again', async () => {
    await using rig = await createBusRig();
    const short: Fault = { status: 200, body: { FailedEntryCount: 0, Entries: [{ EventId: 'one' }] } };
    rig.fail(times<Fault>(1, short, 'pass'));
    const { outcomes } = await rig.publisher.publish(entries(3));
    expect(states(outcomes)).toEqual(all('accepted', 3));
    expect(rig.ids().sort()).toEqual(['id-1', 'id-2']);
  });

  test('has no answer of its own again and again: it is left unsent after twelve tries', async () => {
    await using rig = await createBusRig();
    rig.fail(() => ({ status: 200, body: { FailedEntryCount: 0, Entries: [] } }));
    const { outcomes, failure } = await rig.publisher.publish(entries(2));
    expect(states(outcomes)).toEqual(all('unsent', 2));
    expect(failure?.message).toBe(
      'Publishing events: EventBridge must accept them, found after 12 tries: 2 entries failed, the first with no result',
    );
  });
});

describe('a call that fails', () => {
  test.each<[string, Fault]>([
    ['a throttle', failWith(400, 'ThrottlingException')],
    ['a 429', failWith(429, 'TooManyRequestsException')],
    ['a failure of the service', failWith(500, 'InternalException')],
    ['a gateway', { status: 503, body: {} }],
    ['a reset', 'reset'],
  ])('by %s is tried again, with waits', async (_what, fault) => {
    await using rig = await createBusRig();
    rig.fail(times(3, fault, 'pass'));
    const { outcomes } = await rig.publisher.publish(entries(4));
    expect(states(outcomes)).toEqual(all('accepted', 4));
    expect(rig.ids()).toHaveLength(4);
    expect(rig.clock.waits).toEqual([25, 50, 100]);
    expect(rig.tally.publishRetries).toBe(12);
  });

  test('after its work was done is tried again: rather twice than never', async () => {
    await using rig = await createBusRig();
    rig.fail(times<Fault>(1, 'drop-answer', 'pass'));
    const { outcomes } = await rig.publisher.publish(entries(4));
    expect(states(outcomes)).toEqual(all('accepted', 4));
    expect(rig.ids()).toHaveLength(8);
  });

  test('is given up in time, and keeps what became of the other calls', async () => {
    await using rig = await createBusRig();
    rig.fail((_action, body) => (body.includes('id-15') ? failWith(400, 'ThrottlingException') : 'pass'));
    const { outcomes, failure } = await rig.publisher.publish(entries(30));
    expect(states(outcomes)).toEqual([...all('accepted', 10), ...all('unsent', 10), ...all('accepted', 10)]);
    expect(failure).toMatchObject({
      code: 'bus-unavailable',
      message: expect.stringContaining('ThrottlingException'),
    });
    expect(rig.clock.now()).toBeLessThan(rig.retry.until());
  });

  test('is not begun once the time is up', async () => {
    await using rig = await createBusRig();
    rig.clock.moveTo(rig.retry.until());
    const { outcomes, failure } = await rig.publisher.publish(entries(3));
    expect(states(outcomes)).toEqual(all('unsent', 3));
    expect(failure).toMatchObject({ code: 'out-of-time', nextStep: 'pause' });
    expect(rig.calls).toEqual([]);
  });

  test.each([
    'AccessDeniedException',
    'NotAuthorized',
    'UnrecognizedClientException',
    'InvalidSignatureException',
  ])('for want of rights (%s) ends the run at once', async (code) => {
    await using rig = await createBusRig();
    rig.fail(() => failWith(400, code, 'no right to events:PutEvents'));
    const { outcomes, failure } = await rig.publisher.publish(entries(3));
    expect(states(outcomes)).toEqual(all('unsent', 3));
    expect(failure).toMatchObject({
      code: 'bus-denied',
      nextStep: 'end-run',
      message: `Publishing events: the function must be allowed to, found ${code}: no right to events:PutEvents`,
      cause: expect.objectContaining({ name: code }),
    });
    expect(rig.calls).toHaveLength(1);
  });

  test('for a reason nobody knows ends the stream, and is not tried again', async () => {
    await using rig = await createBusRig();
    rig.fail(() => failWith(400, 'NoveltyException', 'new'));
    expect((await rig.publisher.publish(entries(3))).failure).toMatchObject({
      code: 'bus-unavailable',
      message: 'Publishing events: EventBridge failed: NoveltyException: new',
    });
    expect(rig.calls).toHaveLength(1);
  });
});

describe('a call that is too large', () => {
  test.each([
    ['as validation finds', 1_024],
    ['as the front door finds', 5_000],
  ])('%s is split down to the one entry that is', async (_what, padding) => {
    await using rig = await createBusRig({ takesBytes: 1_000 });
    const page = [...entries(4), entryOf('fat', padding), ...entries(9).slice(4)];
    const { outcomes, failure } = await rig.publisher.publish(page);
    expect(failure).toBeUndefined();
    expect(states(outcomes)).toEqual([...all('accepted', 4), 'refused', ...all('accepted', 5)]);
    expect(rig.ids().sort()).toEqual(entries(9).map(({ detail }) => idOf(detail)));
  });

  test('refuses with a code and a message that a dead letter can tell', async () => {
    await using rig = await createBusRig({ takesBytes: 1_000 });
    const { outcomes } = await rig.publisher.publish([entryOf('fat', 1_024), entryOf('very-fat', 20_000)]);
    expect(outcomes).toEqual([
      {
        state: 'refused',
        code: 'ValidationException',
        message: 'Total size of the entries in the request is over the limit.',
      },
      {
        state: 'refused',
        code: 'RequestEntityTooLarge',
        message: 'EventBridge answered 413: the entry is larger than a call may be.',
      },
    ]);
  });

  test('is not split where its entries fit: a smaller limit elsewhere costs calls, no events', async () => {
    await using rig = await createBusRig({ takesBytes: 2_000 });
    const { outcomes } = await rig.publisher.publish(entries(10, 300));
    expect(states(outcomes)).toEqual(all('accepted', 10));
    expect(rig.ids()).toHaveLength(10);
  });
});

describe('the bus', () => {
  test.each([
    ['that was seen within the minute is not looked for again', -59_999, 0],
    ['is looked for again after a minute', -60_000, 1],
    ['that was seen by a clock that ran ahead is looked for again', 1, 1],
    ['that nobody has seen is looked for', Number.NEGATIVE_INFINITY, 1],
  ])('%s', async (_what, seenMs, calls) => {
    const busCheck = { seenAt: NOON + seenMs };
    await using rig = await createBusRig({ busCheck });
    await rig.publisher.checkBus();
    expect(rig.calls).toHaveLength(calls);
    expect(busCheck.seenAt).toBe(calls === 0 ? NOON + seenMs : NOON);
    // What one run has seen holds for the next.
    await rig.publisher.checkBus();
    expect(rig.calls).toHaveLength(calls);
  });

  test('that is missing ends the run: EventBridge would take its events and drop them', async () => {
    await using rig = await createBusRig({ bus: 'gone' });
    const message =
      'Publishing events: the event bus gone must exist, and was not found: EventBridge would drop what is sent to it. Deploy the stack again.';
    await expect(rig.publisher.checkBus()).rejects.toMatchObject({
      code: 'bus-missing',
      nextStep: 'end-run',
      message,
    });
    await expect(rig.publisher.checkBus()).rejects.toMatchObject({ code: 'bus-missing' });
  });

  test('whose name is none ends the run, before its events become dead letters', async () => {
    await using rig = await createBusRig();
    rig.fail(() => failWith(400, 'ValidationException', "Value '' at 'name' failed to satisfy constraint"));
    await expect(rig.publisher.checkBus()).rejects.toMatchObject({ code: 'bus-missing' });
  });

  test('that may not be described is published to all the same, with a warning', async () => {
    await using rig = await createBusRig();
    rig.fail((action) =>
      action === 'DescribeEventBus' ? failWith(400, 'AccessDeniedException', 'no right') : 'pass',
    );
    await rig.publisher.checkBus();
    expect(rig.log.lines).toEqual([
      {
        level: 'warn',
        message: 'Whether the event bus exists could not be checked',
        fields: { bus: BUS, reason: 'AccessDeniedException: no right' },
      },
    ]);
    expect(states((await rig.publisher.publish(entries(2))).outcomes)).toEqual(all('accepted', 2));
  });

  test('is looked for again after a throttle', async () => {
    await using rig = await createBusRig();
    rig.fail(times(2, failWith(400, 'ThrottlingException'), 'pass'));
    await rig.publisher.checkBus();
    expect(rig.calls).toHaveLength(3);
    expect(rig.log.lines).toEqual([]);
  });
});
