import { expect, test } from 'vitest';
import { warnOfEnd } from '../../functions/poller/run/api-version.ts';

const DAY = 86_400_000;
const JUNE = Date.UTC(2027, 5, 1);

test.each([
  ['v3', JUNE - 1 - DAY, JUNE - 1, false],
  ['v3', JUNE - 1, JUNE, true],
  ['v3', JUNE, JUNE + DAY - 1, false],
  ['v3', JUNE + DAY - 1, JUNE + DAY, true],
  ['v3', 0, JUNE + 100 * DAY, true],
  ['2026-03', JUNE - 1, JUNE, false],
] as const)('of %s, polled last at %i, the run at %i warns: %s', (version, polledAt, now, expected) => {
  expect(warnOfEnd(version, polledAt, now) !== undefined).toBe(expected);
});
