import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTellingStore } from '../../../functions/poller/adapters/dynamodb/tellings.ts';
import type { Telling } from '../../../functions/poller/ports.ts';
import { createDynamoDbRig, type DynamoDbRig, NOON } from './dynamodb-rig.ts';

let rig: DynamoDbRig;
beforeAll(async () => {
  rig = await createDynamoDbRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const TELLING: Telling = {
  portal: 'main',
  kind: 'failing',
  since: NOON,
  seenAt: NOON + 300_000,
  isTold: true,
};

test('tellings are kept, and a save of an older revision is none', async () => {
  const store = createTellingStore(rig.table());
  expect(await store.read()).toEqual({ tellings: [], revision: 0 });
  expect(await store.save([TELLING], 0)).toBe(true);
  expect(await store.read()).toEqual({ tellings: [TELLING], revision: 1 });
  expect(await store.save([], 0)).toBe(false);
  expect(await store.save([], 1)).toBe(true);
  expect(await store.read()).toEqual({ tellings: [], revision: 2 });
});

test('tellings that nobody can read are written anew', async () => {
  await rig.put({
    pk: 'roll-call',
    sk: 'told',
    revision: 7,
    tellings: [{ portal: 'main', kind: 'unheard-of' }],
  });
  const store = createTellingStore(rig.table());
  expect(await store.read()).toEqual({ tellings: [], revision: 7 });
  expect(await store.save([TELLING], 7)).toBe(true);
});

test('two thousand tellings fit into an item', async () => {
  const many = Array.from({ length: 2_000 }, (_, index) => ({
    ...TELLING,
    kind: 'schedule-off' as const,
    portal: String(index).padStart(32, 'p'),
  }));
  const store = createTellingStore(rig.table());
  const { revision } = await store.read();
  expect(await store.save(many, revision)).toBe(true);
  expect((await store.read()).tellings).toHaveLength(2_000);
});
