import { describe, expect, test } from 'vitest';
import { startCheckpoint, startPass } from '../../functions/poller/core/checkpoint.ts';
import { answerBackfillRequest } from '../../functions/poller/input/backfill-request.ts';
import type { BackfillRequest, PollRequest } from '../../functions/poller/input/request.ts';
import { createSteppingClock } from '../adapters/stepping-clock.ts';
import { createFakeStore, createStoredState } from '../support/fake-store.ts';
import { createScriptedGate } from '../support/gate.ts';
import { HOUR, NOON, requestOf } from '../support/rig.ts';

const DAY = 24 * HOUR;
const ASKED = {
  stream: 'e_a',
  from: '2026-11-01T00:00:00Z',
  to: '2026-11-02T00:00:00Z',
  republish: false,
} as const satisfies BackfillRequest;

interface RigOptions {
  /** The streams that have a checkpoint, and where they started; at NOON where nothing else is said. */
  readonly stored?: readonly string[];
  readonly floor?: number;
  readonly settings?: Partial<PollRequest>;
}

async function createRig({ stored = ['e_a'], floor = NOON, settings = {} }: RigOptions = {}) {
  const state = createStoredState();
  const store = createFakeStore(createScriptedGate().gate, state);
  for (const stream of stored) await store.saveCheckpoint('main', startCheckpoint(stream, floor, NOON));
  const request = requestOf({ eventTypes: ['e_a', 'e_b', 'e_c'], ...settings });
  const ask = (asked: BackfillRequest, id = 'b1') =>
    answerBackfillRequest(request, asked, id, store, createSteppingClock(NOON));
  return { store, state, ask };
}

describe('a request for a backfill', () => {
  test('is kept, and answered with the window that will be read', async () => {
    const { ask, store } = await createRig();
    expect(await ask({ ...ASKED, republish: true })).toEqual({
      portal: 'main',
      stream: 'e_a',
      backfill: 'accepted',
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-02T00:00:00.000Z',
      id: 'b1',
    });
    const [from, to] = [Date.parse(ASKED.from), Date.parse(ASKED.to)];
    expect((await store.readPortal('main')).backfills).toEqual([
      {
        stream: 'e_a',
        id: 'b1',
        startedAt: NOON,
        from,
        to,
        segments: [{ from, to, position: from }],
        republish: true,
        eventsPublished: 0,
        requests: 0,
      },
    ]);
  });

  test('ends now where it asks for what is still to come', async () => {
    const { ask } = await createRig();
    expect(await ask({ ...ASKED, to: '2027-01-01T00:00:00Z' })).toMatchObject({
      to: '2026-11-10T12:00:00.000Z',
    });
  });

  test('for a type that HubSpot lists is kept where all types are polled', async () => {
    const { ask, state } = await createRig({ settings: { eventTypes: 'all' } });
    state.discoveries.set('main', { eventTypes: ['e_a'], discoveredAt: NOON, starting: {}, leaving: {} });
    expect(await ask(ASKED)).toMatchObject({ backfill: 'accepted' });
  });

  test.each<[string, Partial<BackfillRequest>, RigOptions, string]>([
    [
      'for the future',
      { from: '2027-01-01T00:00:00Z', to: '2027-01-02T00:00:00Z' },
      {},
      'from must lie in the past, found 2027-01-01T00:00:00.000Z.',
    ],
    [
      'for another stream',
      {},
      { stored: ['e_c', 'e_b'] },
      'the stream must be one that is polled, found only e_b, e_c.',
    ],
    [
      'for a stream that was polled once and is no more',
      {},
      { stored: ['e_a', 'e_b'], settings: { eventTypes: ['e_b'] } },
      'the stream must be one that is polled, found only e_b.',
    ],
    ['before the first poll', {}, { stored: [] }, 'the stream must be one that is polled, found none yet.'],
  ])('%s is refused', async (_what, change, options, sentence) => {
    const { ask, store } = await createRig(options);
    await expect(ask({ ...ASKED, ...change })).rejects.toMatchObject({
      code: 'request-invalid',
      message: `Asking for a backfill of e_a in portal main: ${sentence}`,
    });
    expect((await store.readPortal('main')).backfills).toEqual([]);
  });

  test('beside another is refused, and told where that one stands', async () => {
    const { ask } = await createRig();
    await ask(ASKED);
    await expect(ask(ASKED, 'b2')).rejects.toThrow(
      'Asking for a backfill of e_a in portal main: one at a time, found one that stands at 2026-11-01T00:00:00.000Z of 2026-11-02T00:00:00.000Z. Cancel it, or wait.',
    );
  });

  test('after another that is finished is kept', async () => {
    const { ask, store } = await createRig();
    await ask(ASKED);
    const [first] = (await store.readPortal('main')).backfills;
    if (first !== undefined) await store.saveBackfill('main', { ...first, segments: [], finishedAt: NOON });
    expect(await ask(ASKED, 'b2')).toMatchObject({ backfill: 'accepted', id: 'b2' });
  });

  test('that another run keeps at the same moment is refused', async () => {
    const { ask, store, state } = await createRig();
    const [won, lost] = await Promise.allSettled([ask(ASKED, 'b1'), ask(ASKED, 'b2')]);
    expect([won?.status, lost?.status]).toEqual(['fulfilled', 'rejected']);
    expect((await store.readPortal('main')).backfills).toMatchObject([{ id: 'b1' }]);
    expect(state.backfills.size).toBe(1);
  });
});

describe('a request for what the ledger may have forgotten', () => {
  /** The ledger remembers 30 days, whatever the lookback was when something was published. */
  const REMEMBERED = 30 * DAY;
  const LONG_AGO = NOON - 400 * DAY;
  const window = (from: number, to: number, republish = false) => ({
    ...ASKED,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    republish,
  });
  const ask = async (request: BackfillRequest) => (await createRig({ floor: LONG_AGO })).ask(request);

  test('is refused, and told what would be right', async () => {
    const from = NOON - REMEMBERED - HOUR;
    await expect(ask(window(from, NOON))).rejects.toThrow(
      'events from 2026-10-11T11:00:00.000Z to 2026-10-11T12:00:00.000Z may have been published, and the ledger no longer knows of them. Let the window end at 2025-10-06T12:00:00.000Z or start at 2026-10-11T12:00:00.000Z, or say "republish": true.',
    );
  });

  test.each<[string, BackfillRequest]>([
    ['is kept where it is to be published again', window(NOON - REMEMBERED - HOUR, NOON, true)],
    ['is kept from where the ledger remembers', window(NOON - REMEMBERED, NOON)],
    ['is kept up to where the stream started', window(LONG_AGO - DAY, LONG_AGO)],
  ])('%s', async (_what, request) => {
    expect(await ask(request)).toMatchObject({ backfill: 'accepted' });
  });

  test.each([
    { days: 5, expected: 'accepted' },
    { days: 35, expected: 'refused' },
  ])(
    'that a backfill published $days days ago, from before the stream started, is $expected',
    async ({ days, expected }) => {
      const { ask: askAgain, store } = await createRig({ floor: NOON - 40 * DAY });
      const request = window(LONG_AGO, NOON - 50 * DAY);
      const earlier = startPass(LONG_AGO, NOON - 50 * DAY, NOON - days * DAY);
      const record = {
        ...earlier,
        stream: 'e_a',
        id: 'old',
        republish: false,
        eventsPublished: 9,
        requests: 9,
      };
      await store.requestBackfill('main', { ...record, segments: [], finishedAt: NOON - days * DAY });
      const found = await askAgain(request, 'b2').then(
        () => 'accepted',
        () => 'refused',
      );
      expect(found).toBe(expected);
    },
  );
});

describe('a request to cancel', () => {
  test('ends the backfill', async () => {
    const { ask, store } = await createRig();
    await ask(ASKED);
    expect(await ask({ stream: 'e_a', cancel: true })).toEqual({
      portal: 'main',
      stream: 'e_a',
      backfill: 'cancelled',
    });
    expect((await store.readPortal('main')).backfills).toEqual([]);
  });

  test('of one that has ended is refused, and its record stays', async () => {
    const { ask, store } = await createRig();
    await ask(ASKED);
    const [asked] = (await store.readPortal('main')).backfills;
    if (asked === undefined) throw new Error('no backfill');
    const ended = { ...asked, finishedAt: NOON };
    await store.saveBackfill('main', ended);
    await expect(ask({ stream: 'e_a', cancel: true })).rejects.toThrow(
      `Cancelling the backfill of e_a: it must be under way, found that it ended at ${new Date(NOON).toISOString()}.`,
    );
    expect((await store.readPortal('main')).backfills).toEqual([ended]);
  });

  test('of none is refused', async () => {
    const { ask } = await createRig();
    await expect(ask({ stream: 'e_a', cancel: true })).rejects.toThrow(
      'Cancelling the backfill of e_a: there must be one, found none.',
    );
  });
});
