import { describe, expect, test } from 'vitest';
import { classifyCall } from '../../../functions/poller/adapters/eventbridge/answers.ts';

describe('a call that failed', () => {
  test.each([
    [new Error('odd'), 'Error: odd'],
    [Object.assign(new Error('odder'), { $metadata: null }), 'Error: odder'],
    ['thrown as a text', 'thrown as a text'],
  ])('in a way that nobody knows is the bus’s, and ends the stream: %s', (thrown, found) => {
    expect(classifyCall(thrown, 'bus', 3)).toMatchObject({
      code: 'bus-unavailable',
      message: `Publishing events: EventBridge failed: ${found}`,
    });
  });
});
