import { describe, expect, test } from 'vitest';
import { Distribution } from '../../functions/poller/core/distribution.ts';
import { quantile } from '../../functions/poller/core/tally.ts';

describe('a distribution', () => {
  test.each([0, 1, 4_000])('keeps all of %i numbers, in their order', (amount) => {
    const numbers = [...Array(amount).keys()];
    const distribution = new Distribution(numbers);
    expect(distribution.numbers).toEqual(numbers);
    expect(distribution.count).toBe(amount);
  });

  test.each([4_001, 8_000, 8_002, 600_000])(
    'keeps at least 2,000 of %i, evenly spread, and the greatest',
    (amount) => {
      const distribution = new Distribution(Array(amount).keys());
      const { numbers, count } = distribution;
      expect(count).toBe(amount);
      expect(numbers.length).toBeGreaterThanOrEqual(2_000);
      expect(numbers.length).toBeLessThanOrEqual(4_001);
      expect(numbers.at(-1)).toBe(amount - 1);
      const gaps = new Set(numbers.slice(1, -1).map((number, index) => number - (numbers[index] ?? 0)));
      expect(gaps.size).toBe(1);
      for (const fraction of [0.5, 0.9, 0.99])
        expect(Math.abs((quantile(numbers, fraction) ?? 0) - fraction * amount)).toBeLessThan(amount / 1_000);
    },
  );
});
