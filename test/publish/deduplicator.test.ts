import { describe, expect, test } from 'vitest';
import { parseEntry } from '../../functions/poller/core/event/event.ts';
import type { LedgerRecord } from '../../functions/poller/core/ledger/ledger.ts';
import { PollerError } from '../../functions/poller/errors.ts';
import type { Ledger } from '../../functions/poller/ports.ts';
import { Deduplicator } from '../../functions/poller/publish/deduplicator.ts';
import { LedgerCache } from '../../functions/poller/publish/ledger-cache.ts';
import { createFakeLedger, type LedgerRows } from '../support/fake-ledger.ts';
import { createScriptedGate } from '../support/gate.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../support/rig.ts';

const event = (id: string, occurredAt = NOON) => parseEntry({ id, eventType: 'e_one', occurredAt });

function createLedger(cacheBytes = 1_000_000) {
  const rows: LedgerRows = new Map();
  const gate = createScriptedGate();
  const ledger = createFakeLedger(gate.gate, rows);
  const cache = new LedgerCache(cacheBytes);
  /** As a stream's in this process; a new process has a cache of its own. */
  const open = (names: readonly [string, ...string[]] = ['e_one'], own = cache) =>
    new Deduplicator(ledger, own, 'main', names);
  const openElsewhere = () => open(['e_one'], new LedgerCache(cacheBytes));
  return { rows, gate, cache, open, openElsewhere };
}

const idsOf = ({ entries }: Awaited<ReturnType<Deduplicator['filterNew']>>) =>
  entries.map(({ entry }) => (entry.kind === 'event' ? entry.id : entry.text));

/** Publishes what is new among the entries: gives their ids. */
async function publish(deduplicator: Deduplicator, ...entries: readonly ReturnType<typeof event>[]) {
  using claim = await deduplicator.filterNew(entries);
  await deduplicator.record(claim.entries, NOON + HOUR);
  return idsOf(claim);
}

/** A ledger whose reads wait, each kind of bucket by itself, while it is held. */
function createHeldLedger() {
  const rows: LedgerRecord[] = [];
  const held = new Map<string, PromiseWithResolvers<void>>();
  let isHeld = false;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const ledger: Ledger = {
    flush: async () => undefined,
    append: async (_portal, _name, records) => void rows.push(...records),
    async *read(_portal, _name, from, to) {
      const found = rows.filter(({ bucket }) => bucket >= from && bucket <= to);
      const waits = Promise.withResolvers<void>();
      if (isHeld) {
        held.set(from.startsWith('m#') ? 'minute' : 'ten minutes', waits);
        await waits.promise;
      }
      yield* found;
    },
  };
  return {
    ledger,
    hold: () => {
      isHeld = true;
    },
    release: async (kind: 'minute' | 'ten minutes') => {
      await settle();
      held.get(kind)?.resolve();
      held.delete(kind);
      await settle();
    },
    pass: () => {
      isHeld = false;
    },
  };
}

describe('the deduplicator', () => {
  test('drops what was recorded', async () => {
    const one = createLedger().open();
    await publish(one, event('1'));
    expect(await publish(one, event('1'), event('2'))).toEqual(['2']);
  });

  test('drops what another process recorded', async () => {
    const { open, openElsewhere } = createLedger();
    await publish(openElsewhere(), event('1'));
    expect(await publish(open(), event('1'))).toEqual([]);
  });

  test('gives again what was claimed and not recorded', async () => {
    const one = createLedger().open();
    (await one.filterNew([event('1')]))[Symbol.dispose]();
    expect(await publish(one, event('1'))).toEqual(['1']);
  });

  test('gives an entry once that a page has twice', async () => {
    expect(await publish(createLedger().open(), event('1'), event('2'), event('1'))).toEqual(['1', '2']);
  });

  test('lets whoever meets a claimed entry wait until it is recorded', async () => {
    const one = createLedger().open();
    const claim = await one.filterNew([event('1'), event('2')]);
    const second = one.filterNew([event('2'), event('3')]).then(idsOf);
    await one.record(claim.entries, NOON + HOUR);
    claim[Symbol.dispose]();
    expect(await second).toEqual(['3']);
  });

  test('reads a bucket once, however many readings of the stream touch it', async () => {
    const { open, gate } = createLedger();
    await publish(open(), event('1'));
    const read = gate.calls.filter((call) => call === 'readLedger').length;
    await publish(open(), event('2', NOON + SECOND));
    expect(gate.calls.filter((call) => call === 'readLedger')).toHaveLength(read);
  });

  test('reads a bucket once that two pages need at the same time', async () => {
    const { open, gate } = createLedger();
    const one = open();
    await Promise.all([publish(one, event('1')), publish(one, event('2'))]);
    // Those of ten minutes and those of one are two ranges.
    expect(gate.calls.filter((call) => call === 'readLedger')).toHaveLength(2);
  });

  test('reads again what had to make room', async () => {
    const { open } = createLedger(1);
    const one = open();
    await publish(one, event('1'));
    await publish(one, event('2', NOON + HOUR));
    expect(await publish(one, event('1'))).toEqual([]);
  });

  test('drops what another page recorded meanwhile, though the bucket had to make room', async () => {
    const { ledger, hold, release, pass } = createHeldLedger();
    const one = new Deduplicator(ledger, new LedgerCache(0), 'main', ['e_one']);
    const look = async (...entries: readonly ReturnType<typeof event>[]) => one.filterNew(entries);
    // So many of one minute are kept in a row of that minute, and not in that of its ten minutes.
    const published = await look(...Array.from({ length: 130 }, (_, index) => event(`${index}`)));
    (await look(event('trims', NOON - HOUR)))[Symbol.dispose]();
    hold();
    const other = look(event('1'), event('2', NOON + 20 * MINUTE));
    await release('ten minutes');
    pass();
    (await look(event('trims again', NOON - HOUR)))[Symbol.dispose]();
    const trims = await look(event('and again', NOON - HOUR));
    hold();
    await release('minute');
    // It has the minutes, which make room now, and reads the ten minutes once more.
    trims[Symbol.dispose]();
    await one.record(published.entries, NOON);
    published[Symbol.dispose]();
    pass();
    await release('ten minutes');
    expect(idsOf(await other)).toEqual(['2']);
  });

  test('asks for nothing where a page has no entry', async () => {
    const { open, gate } = createLedger();
    await publish(open());
    expect(gate.calls).toEqual([]);
  });

  test('knows what has no time', async () => {
    const { open, openElsewhere } = createLedger();
    const poison = parseEntry({ id: '1', eventType: 'e_one', occurredAt: 'yesterday' });
    await publish(open(), poison, event('1'));
    expect(await publish(openElsewhere(), poison)).toEqual([]);
  });

  test('takes what could not be written for known: the ledger keeps it', async () => {
    const { open, gate } = createLedger();
    const one = open();
    gate.fail('appendLedger', new PollerError('ledger-unwritten', 'throttled'));
    await expect(publish(one, event('1'))).rejects.toThrow('throttled');
    expect(await publish(one, event('1'))).toEqual([]);
  });

  test('reads anew after its ledger could not be read', async () => {
    const { open, openElsewhere, gate } = createLedger();
    await publish(openElsewhere(), event('1'));
    gate.fail('readLedger', new PollerError('store-unavailable', 'throttled'), { times: 2 });
    const one = open();
    await expect(publish(one, event('1'))).rejects.toThrow('throttled');
    gate.fail('readLedger', new Error('none'), { times: 0 });
    expect(await publish(one, event('1'))).toEqual([]);
  });

  test('of a backfill that publishes again writes to both ledgers, and reads its own', async () => {
    const { open, openElsewhere } = createLedger();
    await publish(open(), event('1'));
    const again = open(['e_one!asked', 'e_one']);
    expect(await publish(again, event('1'), event('2'))).toEqual(['1', '2']);
    expect([await publish(open(), event('2')), await publish(openElsewhere(), event('2'))]).toEqual([[], []]);
  });

  test('knows a burst whose minutes have rows of their own, and the few beside it', async () => {
    const { rows, open, openElsewhere } = createLedger();
    const burst = Array.from({ length: 200 }, (_, index) =>
      event(`burst-${index}`, NOON + 3 * MINUTE + index),
    );
    const few = Array.from({ length: 5 }, (_, index) => event(`few-${index}`, NOON + index * MINUTE));
    await publish(open(), ...burst, ...few);
    expect(rows.get('main/e_one')?.map(({ bucket }) => bucket)).toEqual([
      '2026-11-10T12:00:00.000Z',
      'm#2026-11-10T12:03',
    ]);
    expect(await publish(openElsewhere(), ...burst, ...few)).toEqual([]);
  });

  test('knows rows of ten minutes that an older poller wrote of a burst', async () => {
    const { rows, open, openElsewhere } = createLedger();
    const burst = Array.from({ length: 200 }, (_, index) => event(`${index}`, NOON + 3 * MINUTE + index));
    await publish(open(), ...burst);
    const written = rows.get('main/e_one') ?? [];
    rows.set(
      'main/e_one',
      written.map((row) => ({ ...row, bucket: '2026-11-10T12:00:00.000Z' })),
    );
    expect(await publish(openElsewhere(), ...burst)).toEqual([]);
  });
});
