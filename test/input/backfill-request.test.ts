import { describe, expect, test } from 'vitest';
import { startCheckpoint } from '../../functions/poller/core/checkpoint.ts';
import { answerBackfillRequest } from '../../functions/poller/input/backfill-request.ts';
import type { BackfillRequest } from '../../functions/poller/input/request.ts';
import { createSteppingClock } from '../adapters/stepping-clock.ts';
import { createFakeStore, createStoredState } from '../support/fake-store.ts';
import { createScriptedGate } from '../support/gate.ts';

const NOON = Date.UTC(2026, 10, 10, 12);
const ASKED = {
  stream: 'e_a',
  from: '2026-11-01T00:00:00Z',
  to: '2026-11-02T00:00:00Z',
  republish: false,
} as const satisfies BackfillRequest;

async function createRig(streams: readonly string[] = ['e_a']) {
  const store = createFakeStore(createScriptedGate().gate, createStoredState());
  for (const stream of streams) await store.saveCheckpoint('main', startCheckpoint(stream, NOON, NOON));
  const ask = (request: BackfillRequest, id = 'b1') =>
    answerBackfillRequest('main', request, id, store, createSteppingClock(NOON));
  return { store, ask };
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
    expect((await store.readPortal('main')).backfills).toMatchObject([{ id: 'b1', republish: true }]);
  });

  test('ends now where it asks for what is still to come', async () => {
    const { ask } = await createRig();
    expect(await ask({ ...ASKED, to: '2027-01-01T00:00:00Z' })).toMatchObject({
      to: '2026-11-10T12:00:00.000Z',
    });
  });

  test.each<[string, Partial<typeof ASKED> | { from: string; to: string }, readonly string[], string]>([
    [
      'for the future',
      { from: '2027-01-01T00:00:00Z', to: '2027-01-02T00:00:00Z' },
      ['e_a'],
      'from must lie in the past, found 2027-01-01T00:00:00.000Z.',
    ],
    ['for another stream', {}, ['e_c', 'e_b'], 'the stream must have been polled once, found only e_b, e_c.'],
    ['before the first poll', {}, [], 'the stream must have been polled once, found none yet.'],
  ])('%s is refused', async (_what, change, streams, sentence) => {
    const { ask } = await createRig(streams);
    await expect(ask({ ...ASKED, ...change })).rejects.toMatchObject({
      code: 'request-invalid',
      message: `Asking for a backfill of e_a in portal main: ${sentence}`,
    });
  });

  test('beside another is refused, and told where that one stands', async () => {
    const { ask } = await createRig();
    await ask(ASKED);
    await expect(ask(ASKED, 'b2')).rejects.toThrow(
      'Asking for a backfill of e_a in portal main: one at a time, found one that stands at 2026-11-01T00:00:00.000Z of 2026-11-02T00:00:00.000Z. Cancel it, or wait.',
    );
  });
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

  test('of none is refused', async () => {
    const { ask } = await createRig();
    await expect(ask({ stream: 'e_a', cancel: true })).rejects.toThrow(
      'Cancelling the backfill of e_a: there must be one, found none.',
    );
  });
});
