/** What the table does to its callers: throttles, lost answers, resets, refusals, and a table that is not there. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCheckpointStore } from '../../../functions/poller/adapters/dynamodb/checkpoints.ts';
import { createLedger } from '../../../functions/poller/adapters/dynamodb/ledger.ts';
import { startCheckpoint } from '../../../functions/poller/core/checkpoint.ts';
import type { CheckpointStore, Ledger, PortalStanding } from '../../../functions/poller/ports.ts';
import { type Fault, failWith } from '../../../infra/local/aws/fault.ts';
import { half, times } from '../stepping-clock.ts';
import { collect, createDynamoDbRig, type DynamoDbRig, NOON } from './dynamodb-rig.ts';

const THROTTLE = failWith(400, 'ProvisionedThroughputExceededException', 'Throughput exceeds the limit');
const FIRST = startCheckpoint('e_a', NOON, NOON);
const DISCOVERY = { eventTypes: ['e_a'], discoveredAt: NOON, starting: {}, leaving: {} };
const ROW = { bucket: '2026-11-10T12:00:00.000Z', hashes: ['0123456789abcdef'] };

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
  rig.clock.moveTo(NOON);
  rig.watch();
});

const ofTable = (name: string) => ({
  store: createCheckpointStore(rig.table({ name }), 'run'),
  ledger: createLedger(rig.table({ name }), 'run', []),
});

const STANDING: PortalStanding = {
  endedAt: NOON,
  outcome: 'polled',
  lagSeconds: 0,
  streams: 0,
  streamsFailing: 0,
};

/** Every call of both ports. */
const CALLS: readonly [string, (ports: { store: CheckpointStore; ledger: Ledger }) => Promise<unknown>][] = [
  ['Taking the lease', ({ store }) => store.acquireLease(portal, 'run', NOON, NOON + 1)],
  ['Giving the lease back', ({ store }) => store.releaseLease(portal, 'run', STANDING)],
  ['Reading the list of portals', ({ store }) => store.listPortals()],
  ['Reading the checkpoints', ({ store }) => store.readPortal(portal)],
  ['Saving the checkpoint of e_a', ({ store }) => store.saveCheckpoint(portal, FIRST)],
  ['Saving the list of event types', ({ store }) => store.saveDiscovery(portal, DISCOVERY)],
  ['Cancelling the backfill of e_a', ({ store }) => store.cancelBackfill(portal, 'e_a')],
  ['Reading the ledger', ({ ledger }) => collect(ledger.read(portal, 'e_a', ROW.bucket, ROW.bucket))],
  ['Writing the ledger', ({ ledger }) => ledger.append(portal, 'e_a', [ROW], NOON)],
  ['Writing the ledger', ({ ledger }) => ledger.append(portal, 'e_a', [ROW, ROW], NOON)],
];

const ports = () => ({ store: rig.store('run'), ledger: rig.ledger('run') });

describe.each(CALLS)('%s', (action, call) => {
  test('names the table that is missing, and ends the run', async () => {
    await expect(call(ofTable('adapters-none'))).rejects.toMatchObject({
      code: 'table-missing',
      nextStep: 'end-run',
      message: `${action}: the table adapters-none must exist, and was not found. Deploy the stack again.`,
    });
  });

  test('is tried again after a throttle, a failure of the service and a reset', async () => {
    const faults: Fault[] = [THROTTLE, failWith(500, 'InternalServerError'), 'reset'];
    rig.watch(() => faults.shift() ?? 'pass');
    await call(ports());
    expect(rig.clock.waits.slice(-3)).toEqual([25, 50, 100]);
  });

  const isPatient = action === 'Writing the ledger';

  test('is given up once the next try would begin too late', async () => {
    rig.watch(() => THROTTLE);
    const until = NOON + 1_000;
    const retry = { clock: rig.clock, random: half, until: () => until };
    const table = rig.table({ retry });
    const late = { store: createCheckpointStore(table, 'run'), ledger: createLedger(table, 'run', []) };
    await expect(call(late)).rejects.toMatchObject({
      code: isPatient ? 'ledger-unwritten' : 'store-unavailable',
      message: expect.stringMatching(
        `^${action}: DynamoDB failed: ProvisionedThroughputExceededException: Throughput exceeds the limit`,
      ),
    });
    expect(rig.clock.now()).toBeLessThan(until);
  });

  test('is not tried again where it is denied, and ends the run', async () => {
    rig.watch(() => failWith(400, 'AccessDeniedException', 'no such right'));
    await expect(call(ports())).rejects.toMatchObject({
      code: 'table-denied',
      nextStep: 'end-run',
      message: `${action}: DynamoDB denied it: AccessDeniedException: no such right`,
    });
    expect(rig.calls).toHaveLength(1);
  });
});

test('nothing is asked for once the time of the run is up, but the lease is given back in a time of its own', async () => {
  await rig.store('run').acquireLease(portal, 'run', NOON, NOON + 60_000);
  rig.clock.moveTo(NOON + 60_000);
  rig.watch();
  const own = { clock: rig.clock, random: half, until: () => NOON + 61_000 };
  const store = createCheckpointStore(rig.table(), 'run', own);
  await expect(store.saveCheckpoint(portal, FIRST)).rejects.toMatchObject({
    code: 'out-of-time',
    message: 'Saving the checkpoint of e_a: the time of this run is up.',
  });
  expect(rig.calls).toEqual([]);
  await store.releaseLease(portal, 'run', STANDING);
  expect(await rig.item('portals', portal)).toMatchObject({ lastOwner: 'run' });
});

describe.each(CALLS.filter(([action]) => action !== 'Writing the ledger'))('%s', (_action, call) => {
  test('is given up after twelve tries', async () => {
    rig.watch(() => 'reset');
    await expect(call(ports())).rejects.toMatchObject({ code: 'store-unavailable', nextStep: 'end-stream' });
    expect(rig.calls).toHaveLength(12);
  });
});

describe('an answer lost on the way', () => {
  const dropAnswers = (amount: number) => rig.watch(times<Fault>(amount, 'drop-answer', 'pass'));

  test.each([
    ['first', FIRST],
    ['later', { ...FIRST, revision: 1, watermark: NOON + 1 }],
  ])('to a checkpoint’s %s save is recognised, not taken for a conflict', async (_which, next) => {
    const store = rig.store('run');
    if (next.revision > 0) await store.saveCheckpoint(portal, FIRST);
    dropAnswers(2);
    expect((await store.saveCheckpoint(portal, next)).revision).toBe(next.revision + 1);
    expect(await rig.item(`portal#${portal}`, 'stream#e_a')).toMatchObject({ revision: next.revision + 1 });
  });

  test('is a conflict all the same where another run has written since', async () => {
    const first = await rig.store('one').saveCheckpoint(portal, FIRST);
    let updates = 0;
    rig.watch(async (action) => {
      if (action !== 'UpdateItem') return 'pass';
      updates += 1;
      const another = { ...first, revision: 2, watermark: NOON + 2 };
      if (updates === 2) await rig.store('two').saveCheckpoint(portal, another);
      return updates === 1 ? 'drop-answer' : 'pass';
    });
    const save = rig.store('one').saveCheckpoint(portal, { ...first, watermark: NOON + 1 });
    await expect(save).rejects.toMatchObject({ code: 'checkpoint-conflict' });
    expect((await rig.store('one').readPortal(portal)).checkpoints).toMatchObject([
      { revision: 3, watermark: NOON + 2 },
    ]);
  });

  test('for good leaves a save unknown: the same run’s next one does not pass for it', async () => {
    const store = rig.store('run');
    const lost = { ...FIRST, watermark: NOON + 2 };
    dropAnswers(12);
    await expect(store.saveCheckpoint(portal, lost)).rejects.toMatchObject({ code: 'store-unavailable' });
    rig.watch();
    // What it would write is older than what is stored: the watermark must not go back.
    await expect(store.saveCheckpoint(portal, FIRST)).rejects.toMatchObject({ code: 'checkpoint-conflict' });
    expect((await store.readPortal(portal)).checkpoints).toMatchObject([
      { revision: 1, watermark: NOON + 2 },
    ]);
  });

  test('to the lease’s taking is recognised', async () => {
    dropAnswers(1);
    const { isOurs } = await rig.store('run').acquireLease(portal, 'run', NOON, NOON + 60_000);
    expect(isOurs).toBe(true);
    expect(rig.calls).toHaveLength(2);
  });

  test('to the lease’s giving back is no failure', async () => {
    await rig.store('run').acquireLease(portal, 'run', NOON, NOON + 60_000);
    dropAnswers(1);
    await rig.store('run').releaseLease(portal, 'run', STANDING);
    expect(await rig.item('portals', portal)).toMatchObject({ lastOwner: 'run' });
  });

  test.each([1, 30])('to a ledger write of %i rows stores each once', async (amount) => {
    dropAnswers(1);
    await rig.ledger('run').append(
      portal,
      'e_a',
      Array.from({ length: amount }, () => ROW),
      NOON,
    );
    rig.watch();
    const rows = await collect(rig.ledger('run').read(portal, 'e_a', ROW.bucket, ROW.bucket));
    expect(rows).toHaveLength(amount);
  });
});
