import { expect, test } from 'vitest';
import { listenForSignals } from '../../../infra/local/command/signals.ts';

test('a reader that has gone is told once, though whatever is written then fails as well', () => {
  const fail = () => process.stdout.emit('error', new Error('write EPIPE'));
  let asked = 0;
  // The answer to it is a line, which nobody reads either.
  const requests = listenForSignals(() => {
    asked += 1;
    fail();
  });
  fail();
  fail();
  expect(asked).toBe(1);
  requests.dispose();
});
