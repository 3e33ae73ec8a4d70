import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, startCheckpoint, startPass } from '../../../functions/poller/core/checkpoint.ts';
import { nextPollAt, planLive, planSweep } from '../../../functions/poller/core/reading/windows.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../support/rig.ts';
import '../../support/seeded-properties.ts';

const SETTINGS = {
  pollSeconds: 60,
  idlePollSeconds: 300,
  overlapSeconds: 300,
  sweepEveryMinutes: 60,
  sweepLookbackHours: 24,
};

function checkpoint(more: Partial<Checkpoint> = {}): Checkpoint {
  return { ...startCheckpoint('e_one', NOON - 48 * HOUR, NOON), watermark: NOON, ...more };
}

describe('planLive', () => {
  test('reads from the overlap behind the watermark up to now', () => {
    expect(planLive(checkpoint(), SETTINGS, NOON + MINUTE)).toMatchObject({
      from: NOON - 300 * SECOND,
      to: NOON + MINUTE,
      segments: [{ from: NOON - 300 * SECOND, to: NOON + MINUTE, position: NOON - 300 * SECOND }],
    });
  });

  test('never reads behind the floor', () => {
    expect(planLive(checkpoint({ floor: NOON - SECOND }), SETTINGS, NOON).from).toBe(NOON - SECOND);
  });

  test('goes on with a window in progress', () => {
    const live = { startedAt: 1, from: 1, to: 9, segments: [{ from: 1, to: 9, position: 5, cursor: 'c' }] };
    expect(planLive(checkpoint({ live }), SETTINGS, NOON)).toBe(live);
  });

  test('has no window turned round, whatever the clock says', () => {
    const instant = fc.integer({ min: NOON - 48 * HOUR, max: NOON + 48 * HOUR });
    fc.assert(
      fc.property(instant, instant, (watermark, now) => {
        const { from, to } = planLive(checkpoint({ watermark }), SETTINGS, now);
        return from <= to && to >= watermark;
      }),
    );
  });
});

describe('planSweep', () => {
  const due = { sweptAt: NOON - HOUR };

  test('reads from the lookback behind the last sweep up to where live passes start', () => {
    expect(planSweep(checkpoint(due), SETTINGS, NOON)).toMatchObject({
      from: NOON - 25 * HOUR,
      to: NOON - 300 * SECOND,
    });
  });

  test('is not due before its time', () => {
    expect(planSweep(checkpoint({ sweptAt: NOON - HOUR + 1 }), SETTINGS, NOON)).toBeUndefined();
  });

  test('is due at once, and looks back from now, where the last one was noted by a clock that ran ahead', () => {
    expect(planSweep(checkpoint({ sweptAt: NOON + 1 }), SETTINGS, NOON)?.from).toBe(NOON - 24 * HOUR);
  });

  test('goes on with one in progress, due or not', () => {
    const sweep = startPass(1, 9, 5);
    expect(planSweep(checkpoint({ sweep, sweptAt: NOON }), SETTINGS, NOON)).toBe(sweep);
  });

  test('is never due where sweeps are off', () => {
    expect(planSweep(checkpoint(due), { ...SETTINGS, sweepEveryMinutes: 0 }, NOON)).toBeUndefined();
  });

  test('never reads behind the floor', () => {
    expect(planSweep(checkpoint({ ...due, floor: NOON - HOUR }), SETTINGS, NOON)?.from).toBe(NOON - HOUR);
  });

  test('has no empty window', () => {
    expect(planSweep(checkpoint({ ...due, floor: NOON }), SETTINGS, NOON)).toBeUndefined();
  });

  test('leaves no gap between what it and the next sweep look back to', () => {
    const gap = fc.integer({ min: HOUR, max: 100 * HOUR });
    fc.assert(
      fc.property(gap, (sinceMs) => {
        const found = planSweep(checkpoint({ sweptAt: NOON - sinceMs, floor: 0 }), SETTINGS, NOON);
        return found !== undefined && found.from <= NOON - sinceMs - 24 * HOUR;
      }),
    );
  });
});

describe('nextPollAt', () => {
  const idle = { shownAt: NOON - HOUR };

  test('lets a stream that showed something within the hour be polled at once', () => {
    expect(nextPollAt(checkpoint({ shownAt: NOON - HOUR + 1 }), SETTINGS, NOON)).toBeUndefined();
  });

  test('gives an idle stream one turn in every idle interval', () => {
    const restsMs = (nextPollAt(checkpoint(idle), SETTINGS, NOON) ?? 0) - NOON;
    expect([restsMs > 0, restsMs <= 300 * SECOND]).toEqual([true, true]);
  });

  test('spreads idle streams over the interval', () => {
    const rests = Array.from({ length: 50 }, (_, index) =>
      nextPollAt(checkpoint({ ...idle, stream: `e_${index}` }), SETTINGS, NOON),
    );
    expect(new Set(rests).size).toBeGreaterThan(40);
  });

  test('lets a quarantined stream be until its time is over', () => {
    const quarantine = { since: NOON, retryAt: NOON + 24 * HOUR, reason: 'refused' };
    expect(nextPollAt(checkpoint({ quarantine }), SETTINGS, NOON)).toBe(NOON + 24 * HOUR);
  });

  test('never lets a stream rest in the middle of its window or after a failure', () => {
    const live = { startedAt: 1, from: 1, to: 9, segments: [{ from: 1, to: 9, position: 5 }] };
    const lastError = { at: NOON, code: 'x', message: 'y' };
    const rests = [{ live }, { lastError }].map((more) =>
      nextPollAt(checkpoint({ ...idle, ...more }), SETTINGS, NOON),
    );
    expect(rests).toEqual([undefined, undefined]);
  });
});
