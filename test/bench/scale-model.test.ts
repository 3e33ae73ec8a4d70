import { describe, expect, test } from 'vitest';
import { LIMITS, peakOf, portalsOver, priceOf, runsAtOnce } from './lab/scale-model.ts';

describe('the model of a fleet', () => {
  test.each([
    ['grows with each portal', (portals: number) => portals / 60, 1_000, 60_001],
    ['is over from the first one', () => 900, 400, 1],
    ['stays at its quota', (portals: number) => portals, 1_000, 1_001],
    ['is never over', () => 1, 400, Number.POSITIVE_INFINITY],
  ])('a use that %s', (_what, use, quota, expected) => {
    expect(portalsOver({ use, quota })).toBe(expected);
  });

  test.each(LIMITS.map((limit) => [limit.what, limit] as const))(
    '%s: more portals never take less',
    (_what, limit) => {
      const uses = [1, 10, 1_000, 5_000, 20_000, 1_000_000].map(limit.use);
      expect(uses).toEqual(uses.toSorted((a, b) => a - b));
    },
  );

  test.each(LIMITS.map((limit) => [limit.what, limit] as const))(
    '%s: is within its quota just below',
    (_what, limit) => {
      const over = portalsOver(limit);
      expect(limit.use(over)).toBeGreaterThan(limit.quota);
      if (over > 1) expect(limit.use(over - 1)).toBeLessThanOrEqual(limit.quota);
    },
  );

  test('a thousand quiet and busy portals keep some ten processes busy, at their peak twice as many', () => {
    expect(runsAtOnce(1_000)).toBeCloseTo(990 * 0.01 + 10 * (2 / 60), 5);
    expect(peakOf(runsAtOnce(1_000))).toBeGreaterThan(20);
    expect(peakOf(runsAtOnce(1_000))).toBeLessThan(25);
  });

  test('the price is of the polling and of the events, each portal the same', () => {
    const [one, many] = [priceOf(1_000, 512), priceOf(20_000, 512)];
    expect(many.total).toBeCloseTo(20 * one.total, 5);
    expect(one.polling + one.events).toBeCloseTo(one.total, 10);
    expect(one.perPortal).toBeGreaterThan(0.4);
  });
});
