import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Peer, RunTime } from '../../functions/poller/core/run-time.ts';
import { MINUTE, NOON, SECOND } from '../support/rig.ts';
import '../support/seeded-properties.ts';

const RUN = 2 * MINUTE;

const partsOf = (time: RunTime) => [
  time.startedAt,
  time.readUntil,
  time.publishUntil,
  time.commitUntil,
  time.releaseUntil,
  time.deadlineAt,
];
/** How long before the deadline each part ends. */
const reservesOf = ({ deadlineAt, readUntil, publishUntil, commitUntil, releaseUntil }: RunTime) =>
  [readUntil, publishUntil, commitUntil, releaseUntil].map((end) => deadlineAt - end);

const calls = fc.array(
  fc.record({
    what: fc.constantFrom<Peer | 'page'>('bus', 'queue', 'table', 'page'),
    tookMs: fc.integer({ min: 0, max: 60_000 }),
  }),
  { maxLength: 30 },
);

describe('the parts of a run', () => {
  test('are in their order, all before the deadline, whatever time there is and whatever calls took', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900_000 }), calls, (remainingMs, took) => {
        const time = new RunTime(NOON, remainingMs);
        for (const { what, tookMs } of took) {
          if (what === 'page') time.notePage(tookMs);
          else time.noteCall(what, tookMs);
          const parts = partsOf(time);
          expect(parts).toEqual(parts.toSorted((a, b) => a - b));
        }
        expect(time.deadlineAt).toBe(NOON + remainingMs);
        // A short run reads, too.
        expect(time.readUntil - NOON).toBeGreaterThanOrEqual(0.29 * remainingMs);
      }),
    );
  });

  test('leave about two seconds to those after reading, where nothing is slow', () => {
    const time = new RunTime(NOON, RUN);
    for (const peer of ['bus', 'queue', 'table'] as const) time.noteCall(peer, 30);
    time.notePage(100);
    expect(reservesOf(time)).toEqual([1_800, 1_300, 800, 300]);
  });

  test('leave the lease’s return as much more as a slow table takes, and the commit two of its calls', () => {
    const time = new RunTime(NOON, RUN);
    time.noteCall('table', 2 * SECOND);
    expect(reservesOf(time)).toEqual([9_800, 9_300, 3_300, 300]);
  });

  test('leave publishing as much more as a slow bus and a slow queue take, or a slow page', () => {
    const [calls, page] = [new RunTime(NOON, RUN), new RunTime(NOON, RUN)];
    calls.noteCall('bus', SECOND);
    calls.noteCall('queue', SECOND);
    page.notePage(4 * SECOND);
    expect([reservesOf(calls), reservesOf(page)]).toEqual([
      [4_300, 1_300, 800, 300],
      [7_300, 1_300, 800, 300],
    ]);
  });

  test('leave less again once calls are quick again', () => {
    const time = new RunTime(NOON, RUN);
    time.noteCall('table', 4 * SECOND);
    const before = time.commitUntil;
    for (let call = 0; call < 20; call += 1) time.noteCall('table', 10);
    expect(time.commitUntil).toBeGreaterThan(before);
    for (let call = 0; call < 300; call += 1) time.noteCall('table', 10);
    expect(time.commitUntil).toBe(time.deadlineAt - 800);
  });

  test('leave less again once pages are quick again', () => {
    const time = new RunTime(NOON, RUN);
    time.notePage(4 * SECOND);
    for (let page = 0; page < 300; page += 1) time.notePage(10);
    expect(reservesOf(time)[0]).toBe(1_800);
  });
});

test('a call is expected to take as long as the slowest of its peer lately', () => {
  const time = new RunTime(NOON, RUN);
  time.noteCall('bus', 900);
  time.noteCall('bus', 100);
  expect(time.expectedMs('bus')).toBeCloseTo(882);
  expect([time.expectedMs('queue'), time.expectedMs('table')]).toEqual([0, 0]);
});
