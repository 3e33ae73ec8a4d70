import { describe, expect, test } from 'vitest';
import { errorName, isRetryable, withRetry } from '../../functions/poller/adapters/retry.ts';
import { createBudget } from '../../functions/poller/publish/semaphore.ts';
import { createSteppingClock, half } from './stepping-clock.ts';

const sdkError = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
const THROTTLE = sdkError('ThrottlingException');

const planOf = (untilMs = 60_000) => {
  const clock = createSteppingClock(0);
  return { clock, random: half, until: untilMs };
};

describe('what may pass', () => {
  test.each<[unknown, boolean]>([
    [THROTTLE, true],
    [sdkError('ProvisionedThroughputExceededException'), true],
    [sdkError('Anything', { $metadata: { httpStatusCode: 429 } }), true],
    [sdkError('Anything', { $metadata: { httpStatusCode: 500 } }), true],
    [sdkError('Anything', { $metadata: { httpStatusCode: 599 } }), true],
    [sdkError('TimeoutError'), true],
    [sdkError('Error', { code: 'ECONNRESET' }), true],
    [sdkError('Error', { code: 'EPIPE' }), true],
    [sdkError('Error', { cause: sdkError('Error', { code: 'ECONNREFUSED' }) }), true],
    [sdkError('ValidationException', { $metadata: { httpStatusCode: 400 } }), false],
    [sdkError('AccessDeniedException', { $metadata: { httpStatusCode: 403 } }), false],
    [sdkError('ConditionalCheckFailedException'), false],
    [sdkError('AbortError', { code: 'ECONNRESET' }), false],
    [new Error('nobody knows'), false],
    ['a text', false],
    [undefined, false],
    [null, false],
    [{ name: 'ThrottlingException' }, false],
  ])('%s: %s', (thrown, may) => {
    expect(isRetryable(thrown)).toBe(may);
  });
});

describe('a call', () => {
  /** Fails so often, then answers. */
  const failing = (amount: number, error: unknown = THROTTLE) => {
    let calls = 0;
    const call = async (attempt: number) => {
      calls += 1;
      if (calls <= amount) throw error;
      return attempt;
    };
    return { call, calls: () => calls };
  };

  test('that passes is made once', async () => {
    const plan = planOf();
    expect(await withRetry(plan, failing(0).call)).toBe(1);
    expect(plan.clock.waits).toEqual([]);
  });

  test('is made again with waits that double, half of them by chance, up to five seconds', async () => {
    const plan = planOf();
    expect(await withRetry(plan, failing(11).call)).toBe(12);
    expect(plan.clock.waits).toEqual([25, 50, 100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500, 2_500]);
  });

  test('is made twelve times at most, and throws what it threw', async () => {
    const { call, calls } = failing(99);
    await expect(withRetry(planOf(), call)).rejects.toBe(THROTTLE);
    expect(calls()).toBe(12);
  });

  test('is not made again where that would begin too late', async () => {
    const plan = planOf(170);
    await expect(withRetry(plan, failing(99).call)).rejects.toBe(THROTTLE);
    expect(plan.clock.waits).toEqual([25, 50]);
  });

  test('is not made again for what will not pass', async () => {
    const { call, calls } = failing(1, sdkError('ValidationException'));
    await expect(withRetry(planOf(), call)).rejects.toThrow('ValidationException');
    expect(calls()).toBe(1);
  });
});

test('errorName gives a name for anything thrown', () => {
  expect([THROTTLE, 'x', undefined, null].map(errorName)).toEqual([
    'ThrottlingException',
    'string',
    'undefined',
    'object',
  ]);
});

describe('a budget', () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test('lets in what fits, and the others first come, first served', async () => {
    const budget = createBudget(10);
    const order: string[] = [];
    const take = (name: string, amount: number) =>
      budget.take(amount).then((giveBack) => {
        order.push(name);
        return giveBack;
      });
    const [first] = [take('first', 6), take('large', 8), take('small', 1)];
    await settle();
    // The small one would fit, and would keep the large one waiting for ever.
    expect(order).toEqual(['first']);
    (await first)();
    await settle();
    expect(order).toEqual(['first', 'large', 'small']);
  });

  test('lets in alone who asks for more than there is', async () => {
    const budget = createBudget(10);
    const giveBack = await budget.take(50);
    let isIn = false;
    const next = budget.take(1).then(() => {
      isIn = true;
    });
    await settle();
    expect(isIn).toBe(false);
    giveBack();
    await next;
    expect(isIn).toBe(true);
  });
});
