import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Checkpoint, type Pass, startCheckpoint } from '../../../functions/poller/core/checkpoint.ts';
import type { Discovery } from '../../../functions/poller/core/discovery.ts';
import { startReading, takePage } from '../../../functions/poller/core/reading/reading.ts';
import { createDynamoDbRig, type DynamoDbRig, NOON } from './dynamodb-rig.ts';

let rig: DynamoDbRig;
let portals = 0;
let portal = '';

beforeAll(async () => {
  rig = await createDynamoDbRig();
});
afterAll(() => rig[Symbol.asyncDispose]());
beforeEach(() => {
  portals += 1;
  portal = `portal-${portals}`;
  rig.watch();
});

const FIRST = startCheckpoint('e_visited_page', NOON, NOON);
const pass = (from: number): Pass => ({
  startedAt: from,
  from,
  to: from + 60_000,
  segments: [
    { from, to: from + 9_999, position: from + 1, cursor: 'Mjk=', windowTo: from + 60_000 },
    { from: from + 10_000, to: from + 60_000, position: from + 10_000, isUnordered: true },
  ],
});
const FULL: Checkpoint = {
  ...FIRST,
  watermark: NOON + 60_000,
  lastEventAt: NOON + 59_000,
  live: pass(NOON),
  sweep: pass(NOON - 86_400_000),
  pageLimit: { limit: 100, reason: 'refused', asked: 1_000, at: NOON, isConfirmed: true },
  quarantine: { since: NOON, retryAt: NOON + 86_400_000, reason: 'refused' },
  lastError: { at: NOON, code: 'hubspot-unavailable', message: 'gateway' },
  sweepError: { at: NOON, code: 'hubspot-paging', message: 'cursor' },
};

const DISCOVERY: Discovery = {
  eventTypes: ['e_a', 'pe1_b'],
  discoveredAt: NOON,
  starting: { pe1_b: NOON - 5 },
  leaving: { e_gone: NOON - 6 },
};

const read = async () => (await rig.store('reader').readPortal(portal)).checkpoints;
const stored = () => rig.item(`portal#${portal}`, 'stream#e_visited_page');

test('everything is read as it stands: DynamoDB may give what stood there a second ago else', async () => {
  const asked: unknown[] = [];
  rig.watch((action, body) => {
    if (/^(Query|GetItem)$/.test(action)) asked.push(JSON.parse(body).ConsistentRead);
    return 'pass';
  });
  const store = rig.store('run');
  await store.readPortal(portal);
  await store.listPortals();
  await store.saveCheckpoint(portal, FIRST);
  // Whether it was its own write is read.
  await expect(store.saveCheckpoint(portal, FIRST)).rejects.toThrow('its revision must be 0, found 1');
  for await (const _record of rig.ledger('run').read(portal, 'e_visited_page', '2026', '2027'));
  expect(asked).toEqual([true, true, true, true]);
});

describe('a checkpoint', () => {
  test('is stored and read back whole', async () => {
    const saved = await rig.store('run').saveCheckpoint(portal, FULL);
    expect(saved).toEqual({ ...FULL, revision: 1 });
    expect(await read()).toEqual([saved]);
  });

  test.each(['refused', 'slow', 'large'] as const)('keeps why its pages are smaller: %s', async (reason) => {
    const pageLimit = { limit: 25, reason, asked: 1_000, at: NOON };
    const saved = await rig.store('run').saveCheckpoint(portal, { ...FIRST, pageLimit });
    expect(await read()).toEqual([saved]);
  });

  test('counts its revisions', async () => {
    const store = rig.store('run');
    const first = await store.saveCheckpoint(portal, FIRST);
    const second = await store.saveCheckpoint(portal, { ...first, watermark: NOON + 1 });
    expect([first.revision, second.revision, (await stored())?.['revision']]).toEqual([1, 2, 2]);
  });

  test('loses the attributes that are undefined now', async () => {
    const store = rig.store('run');
    const full = await store.saveCheckpoint(portal, FULL);
    const bare = { ...FIRST, revision: full.revision };
    await store.saveCheckpoint(portal, bare);
    expect(await read()).toEqual([{ ...bare, revision: 2 }]);
    expect(Object.keys((await stored()) ?? {}).sort()).toEqual([
      'floor',
      'pk',
      'revision',
      'shownAt',
      'sk',
      'sweptAt',
      'version',
      'watermark',
      'writer',
    ]);
  });

  test('is readable by people: instants are ISO 8601', async () => {
    await rig.store('run').saveCheckpoint(portal, FULL);
    expect(await stored()).toMatchObject({
      version: 1,
      watermark: '2026-11-10T12:01:00.000Z',
      live: {
        position: '2026-11-10T12:00:00.001Z',
        segments: [{ cursor: 'Mjk=' }, { position: '2026-11-10T12:00:10.000Z' }],
      },
    });
  });

  test('cuts the reason of a refusal between two words', async () => {
    const quarantine = { since: NOON, retryAt: NOON, reason: 'refused '.repeat(50) };
    await rig.store('run').saveCheckpoint(portal, { ...FIRST, quarantine });
    const [checkpoint] = await read();
    expect(checkpoint?.quarantine?.reason).toMatch(/^(refused )+refused…$/);
  });

  test('keeps the first 300 characters of a failure', async () => {
    const message = 'x'.repeat(2_000);
    await rig.store('run').saveCheckpoint(portal, {
      ...FIRST,
      quarantine: { since: NOON, retryAt: NOON, reason: message },
      lastError: { at: NOON, code: 'unexpected', message },
    });
    const [checkpoint] = await read();
    expect([checkpoint?.quarantine?.reason.length, checkpoint?.lastError?.message.length]).toEqual([
      300, 300,
    ]);
  });
});

describe('two writers of a checkpoint', () => {
  test('cannot both create it', async () => {
    await rig.store('one').saveCheckpoint(portal, FIRST);
    await expect(rig.store('two').saveCheckpoint(portal, { ...FIRST, watermark: 1 })).rejects.toMatchObject({
      code: 'checkpoint-conflict',
      message:
        'Saving the checkpoint of e_visited_page: its revision must be 0, found 1: it was written meanwhile.',
    });
    expect((await read())[0]?.watermark).toBe(NOON);
  });

  test('cannot both move it on: the second learns of the first', async () => {
    const [one, two] = [rig.store('one'), rig.store('two')];
    const first = await one.saveCheckpoint(portal, FIRST);
    await two.saveCheckpoint(portal, { ...first, watermark: NOON + 2 });
    await expect(one.saveCheckpoint(portal, { ...first, watermark: NOON + 1 })).rejects.toMatchObject({
      code: 'checkpoint-conflict',
      nextStep: 'end-stream',
    });
    expect((await read())[0]?.watermark).toBe(NOON + 2);
  });

  test('at the same moment: one wins, all others conflict', async () => {
    const saves = Array.from({ length: 8 }, (_, index) =>
      rig.store(`run-${index}`).saveCheckpoint(portal, { ...FIRST, watermark: NOON + index }),
    );
    const results = await Promise.allSettled(saves);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await read())[0]?.revision).toBe(1);
  });

  test('of a row that is gone: the one who read it conflicts', async () => {
    await expect(rig.store('run').saveCheckpoint(portal, { ...FIRST, revision: 4 })).rejects.toMatchObject({
      code: 'checkpoint-conflict',
    });
  });
});

describe('reading a portal', () => {
  test('gives nothing of a portal that was never polled', async () => {
    expect(await rig.store('run').readPortal(portal)).toEqual({
      checkpoints: [],
      backfills: [],
      discovery: undefined,
    });
  });

  test('gives every stream of one portal and none of another', async () => {
    const store = rig.store('run');
    const names = Array.from({ length: 150 }, (_, index) => `e_type_${String(index).padStart(3, '0')}`);
    await Promise.all(names.map((name) => store.saveCheckpoint(portal, { ...FIRST, stream: name })));
    await store.saveCheckpoint(`${portal}-b`, { ...FIRST, stream: 'e_other' });
    expect((await read()).map(({ stream }) => stream)).toEqual(names);
  });

  test('goes over all of its query’s pages where it is larger than a megabyte', async () => {
    const reason = 'x'.repeat(300_000);
    for (const stream of ['e_1', 'e_2', 'e_3', 'e_4', 'e_5']) {
      const quarantine = { since: '2026-11-10T12:00:00Z', retryAt: '2026-11-11T12:00:00Z', reason };
      await rig.store('run').saveCheckpoint(portal, { ...FIRST, stream });
      const item = await rig.item(`portal#${portal}`, `stream#${stream}`);
      await rig.put({ ...item, quarantine });
    }
    rig.watch();
    expect(await read()).toHaveLength(5);
    expect(rig.calls.length).toBeGreaterThan(1);
  });

  test('keeps names apart that hold what the keys are made of', async () => {
    const names = ['e#1', 'lease', 'object/contact/email~0a1b#e_x', 'stream#e', 'Überraschung'];
    const store = rig.store('run');
    for (const stream of names) await store.saveCheckpoint(portal, { ...FIRST, stream });
    expect((await read()).map(({ stream }) => stream).sort()).toEqual(names.toSorted());
  });

  test('gives the list of event types as it was saved last', async () => {
    const store = rig.store('run');
    await store.saveDiscovery(portal, { ...DISCOVERY, eventTypes: ['e_old'] });
    const discovery = { ...DISCOVERY, discoveredAt: NOON + 1, doubtedAt: NOON + 2 };
    await store.saveDiscovery(portal, discovery);
    expect((await store.readPortal(portal)).discovery).toEqual(discovery);
  });
});

describe('what the poller of before wrote', () => {
  const T = (seconds: number) => new Date(NOON + seconds * 1_000).toISOString();
  const OLDER = {
    version: 1,
    revision: 3,
    writer: 'older.3',
    floor: T(-7_200),
    watermark: T(-1_800),
    shownAt: T(-60),
    sweptAt: T(-3_600),
    pageSize: 100,
    live: {
      startedAt: T(-600),
      from: T(-3_600),
      to: T(-600),
      position: T(-1_800),
      cursor: 'Mjk=',
      sliceTo: T(-1_500),
    },
    backfill: {
      startedAt: T(-600),
      from: T(-86_400),
      to: T(-43_200),
      position: T(-50_000),
      cursor: 'MTA=',
      id: 'b1',
      republish: false,
      eventsPublished: 7,
      requests: 2,
    },
  };

  beforeEach(async () => {
    await rig.put({ pk: `portal#${portal}`, sk: 'stream#e_visited_page', ...OLDER });
    await rig.put({
      pk: `portal#${portal}`,
      sk: 'discovery',
      eventTypes: ['e_visited_page'],
      discoveredAt: T(-900),
    });
  });

  test('is read: a pass goes on from its position, without the cursor of what was another window', async () => {
    const { checkpoints, backfills, discovery } = await rig.store('run').readPortal(portal);
    const segmentsOf = (from: number, to: number, position: number) => [
      { from: NOON + from * 1_000, to: NOON + to * 1_000, position: NOON + position * 1_000 },
    ];
    expect(checkpoints).toMatchObject([
      {
        revision: 3,
        watermark: NOON - 1_800_000,
        live: { segments: segmentsOf(-3_600, -600, -1_800) },
      },
    ]);
    expect(backfills).toMatchObject([
      { id: 'b1', eventsPublished: 7, segments: segmentsOf(-86_400, -43_200, -50_000) },
    ]);
    expect(discovery).toEqual({
      eventTypes: ['e_visited_page'],
      discoveredAt: NOON - 900_000,
      starting: {},
      leaving: {},
    });
    const [live] = checkpoints.flatMap((found) => found.live ?? []);
    const reading = live && startReading('live', live, NOON);
    expect(reading && takePage(reading, 1)?.page).toMatchObject({
      from: NOON - 1_800_000,
      to: NOON - 600_000,
      cursor: undefined,
    });
  });

  test('is written anew by the next save, which leaves the backfill alone', async () => {
    const store = rig.store('run');
    const [older] = (await store.readPortal(portal)).checkpoints;
    if (older === undefined) throw new Error('There must be a checkpoint, found none.');
    const saved = await store.saveCheckpoint(portal, { ...older, watermark: NOON });
    expect((await store.readPortal(portal)).checkpoints).toEqual([saved]);
    const item = await stored();
    expect(item).toMatchObject({ revision: 4, backfill: OLDER.backfill });
    expect(item).not.toHaveProperty('pageSize');
    expect(item).toMatchObject({ live: { position: T(-1_800) } });
  });
});

describe('what cannot be read', () => {
  const row = (change: object) => ({
    pk: `portal#${portal}`,
    sk: 'stream#e_visited_page',
    version: 1,
    revision: 3,
    floor: '2026-11-10T12:00:00.000Z',
    watermark: '2026-11-10T12:00:00.000Z',
    shownAt: '2026-11-10T12:00:00.000Z',
    sweptAt: '2026-11-10T12:00:00.000Z',
    ...change,
  });

  test('of a newer version ends the run with what to do, and is not touched', async () => {
    const newer = row({ version: 2, novelty: true });
    await rig.put(newer);
    await expect(read()).rejects.toMatchObject({
      code: 'checkpoint-newer',
      nextStep: 'end-run',
      message:
        'Reading the checkpoint of e_visited_page: its version must be 1 or less, found 2. A newer poller wrote it: deploy that one again.',
    });
    expect(rig.calls).toEqual(['PutItem', 'Query']);
    expect(await stored()).toEqual(newer);
  });

  test.each([
    ['no version', { version: 'x' }, /version must be a number, found "x"/],
    ['no instant', { watermark: 'yesterday' }, /must be an ISO 8601 instant, found "yesterday"/],
    ['no revision', { revision: 0 }, /revision/],
    ['a pass without its end', { live: { startedAt: '2026-11-10T12:00:00Z' } }, /live\.to/],
  ])('for %s ends the run, and says what is wrong', async (_what, change, sentence) => {
    await rig.put(row(change));
    await expect(read()).rejects.toMatchObject({
      code: 'checkpoint-malformed',
      nextStep: 'end-run',
      message: expect.stringMatching(sentence),
    });
  });
});
