import { describe, expect, test } from 'vitest';
import { parseEntry } from '../../functions/poller/core/event.ts';
import { KnownEvents } from '../../functions/poller/publish/deduplicator.ts';
import { createFakeLedger, type LedgerRows } from '../support/fake-ledger.ts';
import { createScriptedGate } from '../support/gate.ts';
import { HOUR, MINUTE, NOON } from '../support/rig.ts';

const event = (id: string, occurredAt = NOON) => parseEntry({ id, eventType: 'e_one', occurredAt });

function createLedger() {
  const rows: LedgerRows = new Map();
  const { gate, calls } = createScriptedGate();
  const ledger = createFakeLedger(gate, rows);
  const open = (name = 'e_one', also: readonly string[] = []) => new KnownEvents(ledger, 'main', name, also);
  return { rows, calls, open };
}

const idsOf = (keyed: Awaited<ReturnType<KnownEvents['dropKnown']>>) =>
  keyed.map(({ entry }) => (entry.kind === 'event' ? entry.id : entry.text));

describe('known events', () => {
  test('are dropped once they are recorded', async () => {
    const known = createLedger().open();
    await known.record(await known.dropKnown([event('1')]), NOON + HOUR);
    expect(idsOf(await known.dropKnown([event('1'), event('2')]))).toEqual(['2']);
  });

  test('are known to whoever opens the ledger next', async () => {
    const { open } = createLedger();
    const first = open();
    await first.record(await first.dropKnown([event('1')]), NOON + HOUR);
    expect(idsOf(await open().dropKnown([event('1')]))).toEqual([]);
  });

  test('are not dropped before they are recorded', async () => {
    const known = createLedger().open();
    await known.dropKnown([event('1')]);
    expect(idsOf(await known.dropKnown([event('1')]))).toEqual(['1']);
  });

  test('come once from a page that has them twice', async () => {
    const known = createLedger().open();
    expect(idsOf(await known.dropKnown([event('1'), event('2'), event('1')]))).toEqual(['1', '2']);
  });

  test('are asked for only when a page first touches their bucket', async () => {
    const { open, calls } = createLedger();
    const known = open();
    await known.dropKnown([event('1')]);
    await known.dropKnown([event('2', NOON + MINUTE)]);
    expect(calls).toEqual(['readLedger']);
  });

  test('are not asked for where a page has none', async () => {
    const { open, calls } = createLedger();
    await open().dropKnown([]);
    expect(calls).toEqual([]);
  });

  test('without a time are known too', async () => {
    const { open } = createLedger();
    const known = open();
    const poison = parseEntry({ id: '1', eventType: 'e_one', occurredAt: 'yesterday' });
    await known.record(await known.dropKnown([poison, event('1')]), NOON + HOUR);
    expect(await open().dropKnown([poison])).toEqual([]);
  });

  test('of a backfill that publishes again are written to both ledgers, and read from its own', async () => {
    const { open } = createLedger();
    const live = open();
    await live.record(await live.dropKnown([event('1')]), NOON + HOUR);
    const again = open('e_one!asked', ['e_one']);
    const found = await again.dropKnown([event('1'), event('2')]);
    await again.record(found, NOON + HOUR);
    expect([idsOf(found), idsOf(await open().dropKnown([event('2')]))]).toEqual([['1', '2'], []]);
  });
});
