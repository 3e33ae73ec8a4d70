import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, startPass } from '../../../functions/poller/core/checkpoint.ts';
import { planSweep, sweepOverdueSince, sweepSpans } from '../../../functions/poller/core/reading/sweep.ts';
import { turnAfter } from '../../../functions/poller/core/reading/windows.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../support/rig.ts';
import { checkpoint, SETTINGS } from './stored-stream.ts';
import '../../support/seeded-properties.ts';

describe('planSweep', () => {
  const due = { sweptAt: NOON - HOUR };

  test('reads from the lookback behind the last sweep up to where live passes start', () => {
    expect(planSweep(checkpoint(due), SETTINGS, NOON)).toMatchObject({
      from: NOON - 25 * HOUR,
      to: NOON - 300 * SECOND,
    });
  });

  /** The minutes of a day at which a stream is swept, where nothing delays it. */
  function sweptAtMinutes(stream: string): number[] {
    let sweptAt = NOON;
    return Array.from({ length: 24 * 60 }, (_, minute) => minute + 1).filter((minute) => {
      const now = NOON + minute * MINUTE;
      const isDue = planSweep(checkpoint({ stream, sweptAt, watermark: now }), SETTINGS, now) !== undefined;
      if (isDue) sweptAt = now;
      return isDue;
    });
  }

  test('comes once in every interval, at the stream’s own minute of it', () => {
    const minutes = sweptAtMinutes('e_one');
    expect(minutes).toHaveLength(24);
    expect(new Set(minutes.map((minute) => minute % 60)).size).toBe(1);
  });

  test('comes at another minute of the interval for another stream', () => {
    const first = Array.from({ length: 50 }, (_, index) => sweptAtMinutes(`e_${index}`)[0]);
    expect(new Set(first).size).toBeGreaterThan(25);
  });

  test('is due at once, and looks back from now, where the last one was noted by a clock that ran ahead', () => {
    expect(planSweep(checkpoint({ sweptAt: NOON + 1 }), SETTINGS, NOON)?.from).toBe(NOON - 24 * HOUR);
  });

  test('goes on with one in progress, due or not', () => {
    const sweep = startPass(1, 9, 5);
    expect(planSweep(checkpoint({ sweep, sweptAt: NOON }), SETTINGS, NOON)).toBe(sweep);
  });

  test('is never due where sweeps are off, not even one in progress', () => {
    const off = { ...SETTINGS, sweepEveryMinutes: 0 };
    const sweep = startPass(1, 9, 5);
    const plans = [due, { ...due, sweep }].map((more) => planSweep(checkpoint(more), off, NOON));
    expect(plans).toEqual([undefined, undefined]);
  });

  test('is due at the moment of its turn', () => {
    const turnAt = turnAfter(NOON - HOUR, 'e_one', HOUR);
    const plans = [turnAt - 1, turnAt].map((now) => planSweep(checkpoint(due), SETTINGS, now));
    expect([plans[0], plans[1]?.startedAt]).toEqual([undefined, turnAt]);
  });

  test('never reads behind the floor', () => {
    expect(planSweep(checkpoint({ ...due, floor: NOON - HOUR }), SETTINGS, NOON)?.from).toBe(NOON - HOUR);
  });

  test('has no empty window', () => {
    const floors = [NOON, NOON - 300 * SECOND];
    const plans = floors.map((floor) => planSweep(checkpoint({ ...due, floor }), SETTINGS, NOON));
    expect(plans).toEqual([undefined, undefined]);
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

describe('sweepOverdueSince', () => {
  const overdue = (more: Partial<Checkpoint>, settings: Partial<typeof SETTINGS> = {}) =>
    sweepOverdueSince(checkpoint(more), { ...SETTINGS, ...settings }, NOON);
  const sweepSince = (startedAt: number) => ({ sweep: startPass(NOON - 24 * HOUR, NOON - HOUR, startedAt) });

  test('is the turn that a sweep has waited for over three intervals', () => {
    const since = overdue({ sweptAt: NOON - 5 * HOUR }) ?? 0;
    expect([since > NOON - 5 * HOUR, since <= NOON - 4 * HOUR]).toEqual([true, true]);
    expect(overdue({ sweptAt: NOON - 3 * HOUR })).toBeUndefined();
  });

  test('is where one began that has not come to its end', () => {
    expect(overdue(sweepSince(NOON - 3 * HOUR - 1))).toBe(NOON - 3 * HOUR - 1);
    expect(overdue(sweepSince(NOON - 3 * HOUR))).toBeUndefined();
  });

  test('is an hour ago at least, however short the interval', () => {
    expect(overdue(sweepSince(NOON - HOUR), { sweepEveryMinutes: 5 })).toBeUndefined();
    expect(overdue(sweepSince(NOON - HOUR - 1), { sweepEveryMinutes: 5 })).toBe(NOON - HOUR - 1);
  });

  test('is never where there is nothing to sweep, or sweeps are off', () => {
    expect(overdue({ sweptAt: NOON - 48 * HOUR, floor: NOON })).toBeUndefined();
    expect(overdue({ sweptAt: NOON - 48 * HOUR }, { sweepEveryMinutes: 0 })).toBeUndefined();
  });
});

describe('sweepSpans', () => {
  /** In hours before noon. */
  const hours = (spans: ReturnType<typeof sweepSpans>) =>
    spans?.map(({ from, to }) => [(NOON - from) / HOUR, (NOON - to) / HOUR]);
  const spansOf = (more: Partial<Checkpoint>, settings: Partial<typeof SETTINGS> = {}) =>
    hours(sweepSpans(checkpoint(more), { ...SETTINGS, ...settings }, NOON));
  const EDGE = 300 / 3_600;

  test('are what has come to an age since the last sweep, and all that is younger than the first', () => {
    expect(spansOf({ sweptAt: NOON - HOUR })).toEqual([
      [25, 24],
      [13, 12],
      [7, 6],
      [4, 3],
      [2.5, EDGE],
    ]);
  });

  test('are longer the longer ago that was, and become one where they meet', () => {
    expect(spansOf({ sweptAt: NOON - 5 * HOUR })).toEqual([
      [29, 24],
      [17, 12],
      [11, EDGE],
    ]);
    expect(spansOf({ sweptAt: NOON - 1.5 * HOUR })).toEqual([
      [25.5, 24],
      [13.5, 12],
      [7.5, 6],
      [4.5, EDGE],
    ]);
  });

  test('reach back to the lookback, or to the next age beyond it, and never behind what the ledger knows', () => {
    const oldest = [1, 2, 24, 25, 720].map(
      (sweepLookbackHours) => spansOf({ sweptAt: NOON - HOUR, floor: 0 }, { sweepLookbackHours })?.[0]?.[0],
    );
    expect(oldest).toEqual([2.5, 4, 25, 49, 721]);
  });

  test('never reach behind the floor', () => {
    expect(spansOf({ sweptAt: NOON - HOUR, floor: NOON - 6.5 * HOUR })).toEqual([
      [6.5, 6],
      [4, 3],
      [2.5, EDGE],
    ]);
    expect(spansOf({ sweptAt: NOON - HOUR, floor: NOON - 3 * HOUR })).toEqual([
      [3, 3],
      [2.5, EDGE],
    ]);
  });

  test('are the whole window where a clock ran ahead: nobody knows since when', () => {
    expect(spansOf({ sweptAt: NOON + 1 })).toBeUndefined();
  });

  test('begin where the window of the sweep does', () => {
    const gap = fc.integer({ min: HOUR, max: 100 * HOUR });
    fc.assert(
      fc.property(gap, fc.integer({ min: 1, max: 720 }), (sinceMs, sweepLookbackHours) => {
        const settings = { ...SETTINGS, sweepLookbackHours };
        const swept = checkpoint({ sweptAt: NOON - sinceMs, floor: 0 });
        const { from, to } = planSweep(swept, settings, NOON) ?? {};
        const spans = sweepSpans(swept, settings, NOON) ?? [];
        return spans[0]?.from === from && spans.at(-1)?.to === to;
      }),
    );
  });

  test('find an event by the next sweep, or before it is twice as late and an interval, whatever settings come between', () => {
    const sweeps = fc.array(
      fc.record({
        gapMs: fc.integer({ min: MINUTE, max: 3 * HOUR }),
        sweepLookbackHours: fc.integer({ min: 24, max: 100 }),
      }),
      { minLength: 200, maxLength: 200 },
    );
    const lateness = fc.integer({ min: 0, max: 24 * HOUR });
    fc.assert(
      fc.property(sweeps, lateness, fc.integer({ min: 0, max: 24 * HOUR }), (all, lateMs, afterMs) => {
        const occurredAt = NOON + afterMs;
        const shownAt = occurredAt + lateMs;
        const ages = [1.5, 3, 6, 12, 24].map((age) => age * HOUR);
        const age = lateMs <= (ages[0] ?? 0) ? 0 : ages.find((each) => each >= lateMs);
        let sweptAt = NOON;
        for (const { gapMs, sweepLookbackHours } of all) {
          const now = sweptAt + gapMs;
          const swept = checkpoint({ sweptAt, watermark: now, floor: 0 });
          const spans = sweepSpans(swept, { ...SETTINGS, sweepLookbackHours }, now) ?? [];
          const isLive = occurredAt > now - SETTINGS.overlapSeconds * SECOND;
          if (
            now >= shownAt &&
            (isLive || spans.some(({ from, to }) => from <= occurredAt && occurredAt <= to))
          )
            return now - gapMs < Math.max(shownAt, occurredAt + (age ?? Number.NaN));
          sweptAt = now;
        }
        return false;
      }),
    );
  });
});
