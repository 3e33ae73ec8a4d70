/** DynamoDB's price follows an item's size: a write unit for every started kilobyte. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCheckpoint } from '../../../functions/poller/core/checkpoint.ts';
import { createDynamoDbRig, type DynamoDbRig, NOON } from './dynamodb-rig.ts';

let rig: DynamoDbRig;

beforeAll(async () => {
  rig = await createDynamoDbRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** An item's size as DynamoDB counts it (developer guide, "DynamoDB item sizes and formats", 2026-11). */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (typeof value !== 'object' || value === null) return 1;
  const parts = Object.entries(value).reduce(
    (sum, [name, part]) => sum + 1 + (Array.isArray(value) ? 0 : Buffer.byteLength(name)) + bytesOf(part),
    3,
  );
  return parts;
}

const itemBytes = (item: Record<string, unknown>) =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value), 0);

test('an idle checkpoint takes one write unit, with the longest of HubSpot’s own names', async () => {
  const stream = 'e_hs_scheduled_email_v2_and_some_more_words_to_be_on_the_safe_side';
  const checkpoint = { ...startCheckpoint(stream, NOON, NOON), lastEventAt: NOON };
  await rig.store(randomUUID()).saveCheckpoint('production-emea-1', checkpoint);
  const item = await rig.item('portal#production-emea-1', `stream#${stream}`);
  expect(itemBytes(item ?? {})).toBeLessThan(1_024);
});

test('a checkpoint that failed, with a pass in progress, takes two', async () => {
  const segments = [{ from: NOON, to: NOON, position: NOON, cursor: 'x'.repeat(90), windowTo: NOON + 1 }];
  const pass = { startedAt: NOON, from: NOON, to: NOON, segments };
  const lastError = { at: NOON, code: 'hubspot-unavailable', message: 'x'.repeat(2_000) };
  const checkpoint = { ...startCheckpoint('e_a', NOON, NOON), live: pass, sweep: pass, lastError };
  await rig.store(randomUUID()).saveCheckpoint('main', checkpoint);
  expect(itemBytes((await rig.item('portal#main', 'stream#e_a')) ?? {})).toBeLessThan(2_048);
});

test('a checkpoint far behind, its window in twelve segments, takes four', async () => {
  const segments = Array.from({ length: 12 }, () => ({
    from: NOON,
    to: NOON,
    position: NOON,
    cursor: 'x'.repeat(90),
  }));
  const pass = { startedAt: NOON, from: NOON, to: NOON, segments };
  const checkpoint = { ...startCheckpoint('e_behind', NOON, NOON), live: pass };
  await rig.store(randomUUID()).saveCheckpoint('main', checkpoint);
  expect(itemBytes((await rig.item('portal#main', 'stream#e_behind')) ?? {})).toBeLessThan(4_096);
});

test('a chunk of 240 published events takes four', async () => {
  const hashes = Array.from({ length: 240 }, (_, index) => String(index).padStart(16, '0'));
  const bucket = '2026-11-10T12:00:00.000Z';
  const ledgerName = 'pe12345678_a_custom_event_with_quite_a_long_name';
  await rig.ledger(randomUUID()).append('production-emea-1', ledgerName, [{ bucket, hashes }], NOON);
  const row = (await rig.items()).find(({ pk }) => pk === `ledger#production-emea-1#${ledgerName}`);
  expect(itemBytes(row ?? {})).toBeLessThan(4_096);
});

describe('the measure', () => {
  test('counts names, texts, numbers, bytes and maps', () => {
    expect(itemBytes({ pk: 'abc', n: 12_345, b: new Uint8Array(10), m: { a: 'b' } })).toBe(5 + 5 + 11 + 7);
  });
});
