import { describe, expect, test } from 'vitest';
import { endAfter, errorName, isRetryable, withRetry } from '../../functions/poller/adapters/retry.ts';
import { Semaphore } from '../../functions/poller/publish/semaphore.ts';
import { createSteppingClock, half } from './stepping-clock.ts';

const sdkError = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
const THROTTLE = sdkError('ThrottlingException');

const planOf = (untilMs = 60_000) => {
  const clock = createSteppingClock(0);
  return { clock, random: half, until: () => untilMs };
};

describe('the end of a call', () => {
  test('is that of the calls which begin with it and have as long', async () => {
    const { abortSignal } = endAfter(5_000);
    expect(endAfter(5_000).abortSignal).toBe(abortSignal);
    expect(endAfter(4_999).abortSignal).not.toBe(abortSignal);
    const { abortSignal: last } = endAfter(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(endAfter(5_000).abortSignal).not.toBe(last);
  });

  test('comes when its time is up, and is not that of a later call', async () => {
    const { abortSignal } = endAfter(1);
    await new Promise((resolve) => abortSignal.addEventListener('abort', resolve));
    expect(abortSignal.reason).toMatchObject({ name: 'TimeoutError' });
    expect(endAfter(1).abortSignal.aborted).toBe(false);
  });
});

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
    [sdkError('AbortError'), true],
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

  test('is not begun, not even once, where the time is up', async () => {
    const { call, calls } = failing(0);
    await expect(withRetry(planOf(0), call)).rejects.toMatchObject({
      code: 'out-of-time',
      message: 'Calling AWS: the time of this run is up.',
    });
    expect(calls()).toBe(0);
  });

  test('is given five seconds for each try, or what is left of the time', async () => {
    const plan = planOf(9_000);
    const given: number[] = [];
    const call = async (_attempt: number, timeoutMs: number) => {
      given.push(timeoutMs);
      plan.clock.moveTo(plan.clock.now() + 4_500);
      throw sdkError('TimeoutError');
    };
    await expect(withRetry(plan, call)).rejects.toThrow('TimeoutError');
    // After 25 ms of waiting.
    expect(given).toEqual([5_000, 9_000 - 4_500 - 25]);
  });

  test('looks at the end of its time anew before each try', async () => {
    let end = 60_000;
    const plan = { ...planOf(), until: () => end };
    const { call, calls } = failing(99);
    const cutShort = async (attempt: number) => {
      end = 10;
      return call(attempt);
    };
    await expect(withRetry(plan, cutShort)).rejects.toBe(THROTTLE);
    expect(calls()).toBe(1);
  });

  test('tells how long each try took, whether it was answered or not', async () => {
    const plan = planOf();
    const took: number[] = [];
    let tries = 0;
    const call = async () => {
      tries += 1;
      plan.clock.moveTo(plan.clock.now() + 100 * tries);
      if (tries === 1) throw THROTTLE;
    };
    await withRetry({ ...plan, noteCall: (tookMs) => took.push(tookMs) }, call);
    expect(took).toEqual([100, 200]);
  });

  test('is made as often as its plan says', async () => {
    const { call, calls } = failing(99);
    await expect(withRetry({ ...planOf(), attempts: 3 }, call)).rejects.toBe(THROTTLE);
    expect(calls()).toBe(3);
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

describe('a semaphore', () => {
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test('lets in what fits, and the others first come, first served', async () => {
    const semaphore = new Semaphore(10);
    const order: string[] = [];
    const acquire = (name: string, amount: number) =>
      semaphore.acquire(amount).then((permit) => {
        order.push(name);
        return permit;
      });
    const [first] = [acquire('first', 6), acquire('large', 8), acquire('small', 1)];
    await settle();
    // The small one would fit, and would keep the large one waiting for ever.
    expect(order).toEqual(['first']);
    (await first)[Symbol.dispose]();
    await settle();
    expect(order).toEqual(['first', 'large', 'small']);
  });

  test('lets in alone who asks for more than there is', async () => {
    const semaphore = new Semaphore(10);
    const permit = await semaphore.acquire(50);
    let isIn = false;
    const next = semaphore.acquire(1).then(() => {
      isIn = true;
    });
    await settle();
    expect(isIn).toBe(false);
    permit[Symbol.dispose]();
    await next;
    expect(isIn).toBe(true);
  });

  test('that is widened lets in those who wait, and is never narrowed', async () => {
    const semaphore = new Semaphore(10);
    await semaphore.acquire(10);
    let isIn = false;
    const next = semaphore.acquire(10).then(() => {
      isIn = true;
    });
    semaphore.widen(5);
    await settle();
    expect(isIn).toBe(false);
    semaphore.widen(20);
    await next;
  });
});
