/** A stream as it is stored, and the settings it is polled with. */
import { type Checkpoint, startCheckpoint } from '../../../functions/poller/core/checkpoint.ts';
import { HOUR, NOON } from '../../support/rig.ts';

export const SETTINGS = {
  pollSeconds: 60,
  idlePollSeconds: 300,
  overlapSeconds: 300,
  sweepEveryMinutes: 60,
  sweepLookbackHours: 24,
};

export function checkpoint(more: Partial<Checkpoint> = {}): Checkpoint {
  return { ...startCheckpoint('e_one', NOON - 48 * HOUR, NOON), watermark: NOON, ...more };
}
