import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Backfill, startCheckpoint } from '../../../functions/poller/core/checkpoint.ts';
import { createDynamoDbRig, type DynamoDbRig, NOON } from './dynamodb-rig.ts';

const STREAM = 'e_visited_page';

let rig: DynamoDbRig;
let portals = 0;
let portal = '';

beforeAll(async () => {
  rig = await createDynamoDbRig();
});
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(async () => {
  portals += 1;
  portal = `portal-${portals}`;
  await rig.store('poller').saveCheckpoint(portal, startCheckpoint(STREAM, NOON, NOON));
  rig.watch();
});

const FROM = NOON - 86_400_000;
const backfill = (id: string, change: Partial<Backfill> = {}): Backfill => ({
  stream: STREAM,
  id,
  startedAt: NOON,
  from: FROM,
  to: NOON,
  segments: [{ from: FROM, to: NOON, position: FROM }],
  republish: false,
  eventsPublished: 0,
  requests: 0,
  ...change,
});

const read = async () => (await rig.store('reader').readPortal(portal)).backfills;
const operator = () => rig.store('operator');
const poller = () => rig.store('poller');

describe('a backfill', () => {
  test('is kept beside its stream’s checkpoint', async () => {
    expect(await operator().requestBackfill(portal, backfill('b1', { republish: true }))).toBe(true);
    expect(await read()).toEqual([backfill('b1', { republish: true })]);
  });

  test('is refused for a stream that has no checkpoint', async () => {
    expect(await operator().requestBackfill(portal, backfill('b1', { stream: 'e_none' }))).toBe(false);
    expect(await rig.item(`portal#${portal}`, 'stream#e_none')).toBeUndefined();
  });

  test('is refused while another is in progress', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    expect(await operator().requestBackfill(portal, backfill('b2'))).toBe(false);
    expect(await read()).toEqual([backfill('b1')]);
  });

  test('takes the place of one that is finished', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    await poller().saveBackfill(portal, backfill('b1', { finishedAt: NOON + 1 }));
    expect(await operator().requestBackfill(portal, backfill('b2'))).toBe(true);
    expect(await read()).toEqual([backfill('b2')]);
  });

  test('keeps its progress', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    const segments = [{ from: FROM, to: NOON, position: NOON - 1, cursor: 'Mjk=' }];
    const halfway = backfill('b1', { segments, eventsPublished: 7, requests: 3 });
    expect(await poller().saveBackfill(portal, halfway)).toBe(true);
    expect(await read()).toEqual([halfway]);
  });

  test('is left alone by the writes of its checkpoint, and they by its own', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    const moved = { ...startCheckpoint(STREAM, NOON, NOON), revision: 1, watermark: NOON + 5 };
    const saved = await poller().saveCheckpoint(portal, moved);
    await poller().saveBackfill(portal, backfill('b1', { requests: 1 }));
    const state = await poller().readPortal(portal);
    expect(state.checkpoints).toEqual([saved]);
    expect(state.backfills).toEqual([backfill('b1', { requests: 1 })]);
  });

  test('that was cancelled is gone, and its progress is no longer taken', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    expect(await operator().cancelBackfill(portal, STREAM)).toBe(true);
    expect(await poller().saveBackfill(portal, backfill('b1', { requests: 1 }))).toBe(false);
    expect(await read()).toEqual([]);
  });

  test('does not take the progress of one that was cancelled before it', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    await operator().cancelBackfill(portal, STREAM);
    await operator().requestBackfill(portal, backfill('b2'));
    expect(await poller().saveBackfill(portal, backfill('b1', { finishedAt: NOON }))).toBe(false);
    expect(await read()).toEqual([backfill('b2')]);
  });

  test('asked for by many at once is kept for one', async () => {
    const ids = ['b1', 'b2', 'b3', 'b4', 'b5'];
    const answers = await Promise.all(ids.map((id) => operator().requestBackfill(portal, backfill(id))));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test('that has ended cannot be cancelled, and is kept', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    const ended = backfill('b1', { finishedAt: NOON + 1 });
    await poller().saveBackfill(portal, ended);
    expect(await operator().cancelBackfill(portal, STREAM)).toBe(false);
    expect(await read()).toEqual([ended]);
  });

  test('cannot be cancelled where there is none', async () => {
    expect(await operator().cancelBackfill(portal, STREAM)).toBe(false);
    expect(await operator().cancelBackfill(portal, 'e_none')).toBe(false);
  });
});

describe('an answer lost on the way', () => {
  const dropOnce = (action: string) => {
    let left = 1;
    rig.watch((called) => (called === action && left-- > 0 ? 'drop-answer' : 'pass'));
  };

  test('to the request for a backfill is recognised', async () => {
    dropOnce('UpdateItem');
    expect(await operator().requestBackfill(portal, backfill('b1'))).toBe(true);
    expect(rig.calls).toEqual(['UpdateItem', 'UpdateItem']);
  });

  test('to its progress is recognised', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    dropOnce('UpdateItem');
    expect(await poller().saveBackfill(portal, backfill('b1', { requests: 2 }))).toBe(true);
    expect(await read()).toMatchObject([{ requests: 2 }]);
  });

  test('to its cancelling is recognised', async () => {
    await operator().requestBackfill(portal, backfill('b1'));
    dropOnce('UpdateItem');
    expect(await operator().cancelBackfill(portal, STREAM)).toBe(true);
    expect(await read()).toEqual([]);
  });
});
