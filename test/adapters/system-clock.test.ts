import { afterEach, expect, test, vi } from 'vitest';
import { startClock } from '../../functions/poller/adapters/system-clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('a run’s clock starts at the time of day', () => {
  const before = Date.now();
  const at = startClock().now();
  // Two clocks are compared, each exact to the millisecond.
  expect([at >= before, at <= Date.now() + 2]).toEqual([true, true]);
});

test('a run’s clock goes on evenly', () => {
  const timer = vi.spyOn(performance, 'now').mockReturnValue(5_000.2);
  const clock = startClock();
  const startedAt = clock.now();
  timer.mockReturnValue(7_000.9);
  expect(clock.now() - startedAt).toBe(2_000);
});

test('a run’s clock goes on where the machine’s is set back', () => {
  const clock = startClock();
  const before = clock.now();
  vi.spyOn(Date, 'now').mockReturnValue(0);
  expect(clock.now()).toBeGreaterThanOrEqual(before);
});

test('a run’s clock waits', async () => {
  await expect(startClock().sleep(1)).resolves.toBeUndefined();
});
