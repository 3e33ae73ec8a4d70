import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextPollAt, planLive } from '../../../functions/poller/core/reading/windows.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../support/rig.ts';
import { checkpoint, SETTINGS } from './stored-stream.ts';
import '../../support/seeded-properties.ts';

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

  test.each([
    ['ahead by minutes, which a clock ahead may have written', 20, 25],
    ['a day ahead, where the clock itself is wrong', 24 * 60, 65],
  ])('reads from behind a watermark that is %s', (_what, aheadMinutes, backMinutes) => {
    const { from, to } = planLive(checkpoint(), SETTINGS, NOON - aheadMinutes * MINUTE);
    expect([from, to]).toEqual([NOON - backMinutes * MINUTE, NOON]);
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
