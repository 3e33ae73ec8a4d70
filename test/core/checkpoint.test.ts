import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advanceLive,
  advanceSweep,
  type Checkpoint,
  isNeverPolled,
  type Pass,
  positionOf,
  setAside,
  shareOf,
  startCheckpoint,
  startPass,
  withoutCursors,
} from '../../functions/poller/core/checkpoint.ts';
import { HOUR } from '../support/rig.ts';
import '../support/seeded-properties.ts';

/** A pass over 10 to 90 that stands at 50, with a segment of which nothing is read yet behind it. */
const PASS: Pass = {
  startedAt: 70,
  from: 10,
  to: 90,
  segments: [
    { from: 10, to: 59, position: 50 },
    { from: 70, to: 90, position: 70 },
  ],
};
const READ: Pass = { ...PASS, segments: [] };
const FAILED = { at: 1, code: 'x', message: 'y' };

const instant = fc.integer({ min: 0, max: 10_000 });
const pass = fc
  .tuple(instant, fc.array(fc.nat(1_000), { maxLength: 6 }), fc.boolean())
  .map(([from, steps, isOver]): Pass => {
    let at = from;
    const bounds = steps.map((step) => {
      at += step;
      return at;
    });
    const segments = bounds.map((position) => ({ from: position, to: position + 1, position }));
    return { startedAt: from, from, to: at, segments: isOver ? [] : segments };
  });

function checkpointAt(watermark: number, more: Partial<Checkpoint> = {}): Checkpoint {
  return { ...startCheckpoint('e_one', 0, 0), watermark, ...more };
}

describe('a checkpoint', () => {
  test('starts at its floor', () => {
    expect(startCheckpoint('e_one', 5, 9)).toMatchObject({ revision: 0, floor: 5, watermark: 5, sweptAt: 9 });
  });

  test('is never polled until its watermark has moved or a live pass has begun', () => {
    const fresh = startCheckpoint('e_one', 5, 9);
    const polled = [fresh, { ...fresh, watermark: 6 }, { ...fresh, live: PASS }];
    expect(polled.map(isNeverPolled)).toEqual([true, false, false]);
  });
});

describe('a pass', () => {
  test('stands at its start, at its oldest segment, and at its end when nothing is left', () => {
    expect([startPass(10, 90, 0), PASS, READ].map(positionOf)).toEqual([10, 50, 90]);
  });

  test.each([
    ['of which nothing is read', 0, startPass(10, 90, 0)],
    ['read in part', 51 / 80, PASS],
    ['that is read', 1, READ],
    ['without a length', 1, startPass(10, 10, 0)],
    ['whose window was cut shorter than what is left', 0, { ...startPass(10, 90, 0), to: 50 }],
  ])('%s has %f of its window resolved', (_what, share, pass) => {
    expect(shareOf(pass)).toBeCloseTo(share, 10);
  });

  test('without its cursors stands where it stood, and an unordered segment stays one', () => {
    const segments = [
      { from: 10, to: 59, position: 50, cursor: 'a', windowTo: 90 },
      { from: 70, to: 90, position: 70, cursor: 'b', isUnordered: true },
    ] as const;
    expect(withoutCursors({ ...PASS, segments })).toEqual({
      ...PASS,
      segments: [
        { from: 10, to: 59, position: 50 },
        { from: 70, to: 90, position: 70, isUnordered: true },
      ],
    });
  });
});

describe('a live pass', () => {
  test('never moves the watermark back, whatever it says', () => {
    fc.assert(
      fc.property(instant, pass, (watermark, live) => {
        return advanceLive(checkpointAt(watermark), live).watermark >= watermark;
      }),
    );
  });

  test('never moves the watermark past its window, nor past a segment that is not resolved', () => {
    fc.assert(
      fc.property(pass, (live) => {
        const { watermark } = advanceLive(checkpointAt(0), live);
        return watermark <= live.to && live.segments.every(({ position }) => watermark <= position);
      }),
    );
  });

  test('has the watermark at the position of its oldest segment', () => {
    expect(advanceLive(checkpointAt(20), PASS)).toMatchObject({ watermark: 50, live: PASS });
  });

  test('that is read has the watermark at its window’s end', () => {
    expect(advanceLive(checkpointAt(20, { live: PASS }), READ)).toMatchObject({
      watermark: 90,
      live: undefined,
    });
  });

  test.each([
    ['in progress', PASS],
    ['that is read', READ],
  ])('%s ends failure and quarantine', (_what, live) => {
    const quarantine = { since: 0, retryAt: 1, reason: 'refused' };
    const failed = checkpointAt(20, { live: PASS, lastError: FAILED, quarantine });
    expect(advanceLive(failed, live)).toMatchObject({ lastError: undefined, quarantine: undefined });
  });
});

describe('a sweep', () => {
  test('in progress is kept, its failure is over, and nothing else moves', () => {
    const before = checkpointAt(80, { sweepError: FAILED, lastError: FAILED });
    expect(advanceSweep(before, PASS)).toEqual({ ...before, sweep: PASS, sweepError: undefined });
  });

  test('that is read notes when it started, and leaves the watermark', () => {
    const before = checkpointAt(80, { sweep: PASS, sweepError: FAILED });
    expect(advanceSweep(before, READ)).toMatchObject({
      sweptAt: 70,
      sweep: undefined,
      sweepError: undefined,
      watermark: 80,
    });
  });
});

describe('a stream that HubSpot refuses', () => {
  test('is asked again after half an hour, and, refused again, once a day', () => {
    const once = setAside(checkpointAt(0), 'refused', 1_000);
    const again = setAside(once, 'still', 1_000 + HOUR / 2);
    expect([once.quarantine, again.quarantine]).toEqual([
      { since: 1_000, retryAt: 1_000 + HOUR / 2, reason: 'refused' },
      { since: 1_000, retryAt: 1_000 + HOUR / 2 + 24 * HOUR, reason: 'still' },
    ]);
  });

  test('is not taken to be refused for good by what HubSpot says before it was to be asked again', () => {
    const once = setAside(checkpointAt(0), 'refused', 1_000);
    expect(setAside(once, 'still', 2_000)).toEqual(once);
  });
});
