import { describe, expect, test } from 'vitest';
import { encodeDeadLetter } from '../../../functions/poller/adapters/sqs/dead-letter-text.ts';
import { readLetters } from '../../../infra/local/page/observer/figures.ts';

const LETTER = {
  reason: 'It has no id.',
  code: 'NotAnEvent',
  portal: 'main',
  stream: 'e_visited_page',
  pass: 'live',
  deadLetteredAt: '2026-11-01T00:00:00.000Z',
  eventType: null,
  id: null,
} as const;

describe('a dead letter on the page', () => {
  test.each([
    ['short', '{"n":1}'],
    ['longer than a message, and so compressed', `{"n":"${'x'.repeat(2_000_000)}"}`],
  ])('shows the beginning of a text that is %s', (_what, text) => {
    const [letter] = readLetters(encodeDeadLetter({ ...LETTER, text }));
    expect(letter).toMatchObject({
      reason: LETTER.reason,
      stream: LETTER.stream,
      text: text.slice(0, 4_000),
    });
  });

  test('is shown as it is where somebody else wrote it', () => {
    expect(readLetters(['hello'])).toMatchObject([{ text: 'hello' }]);
  });
});
