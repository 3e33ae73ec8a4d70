import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  advanceLive,
  type Checkpoint,
  finishLive,
  finishSweep,
  startCheckpoint,
} from '../../functions/poller/core/checkpoint.ts';
import '../support/seeded-properties.ts';

const instant = fc.integer({ min: 0, max: 10_000 });
const pass = fc
  .tuple(instant, instant, instant)
  .map(([from, more, position]) => ({ startedAt: from, from, to: from + more, position }));

function checkpointAt(watermark: number, more: Partial<Checkpoint> = {}): Checkpoint {
  return { ...startCheckpoint('e_one', 0, 0), watermark, ...more };
}

describe('a checkpoint', () => {
  test('starts at its floor', () => {
    expect(startCheckpoint('e_one', 5, 9)).toMatchObject({ revision: 0, floor: 5, watermark: 5, sweptAt: 9 });
  });

  test('never moves its watermark back, whatever a live pass says', () => {
    fc.assert(
      fc.property(instant, pass, (watermark, live) => {
        const before = checkpointAt(watermark);
        return (
          advanceLive(before, live).watermark >= watermark && finishLive(before, live).watermark >= watermark
        );
      }),
    );
  });

  test('never moves its watermark past the window that is being read', () => {
    fc.assert(fc.property(pass, (live) => advanceLive(checkpointAt(0), live).watermark <= live.to));
  });

  test('follows the position of its live pass', () => {
    const live = { startedAt: 0, from: 10, to: 90, position: 50 };
    expect(advanceLive(checkpointAt(20), live)).toMatchObject({ watermark: 50, live });
  });

  test('stands at the window’s end after a live pass, with no failure left', () => {
    const live = { startedAt: 0, from: 10, to: 90, position: 50 };
    const failed = checkpointAt(20, { live, lastError: { at: 1, code: 'x', message: 'y' } });
    expect(finishLive(failed, live)).toMatchObject({ watermark: 90, live: undefined, lastError: undefined });
  });

  test('notes when a finished sweep started, and leaves the watermark', () => {
    const sweep = { startedAt: 70, from: 10, to: 60, position: 60 };
    expect(finishSweep(checkpointAt(80, { sweep }), sweep)).toMatchObject({
      sweptAt: 70,
      sweep: undefined,
      watermark: 80,
    });
  });
});
