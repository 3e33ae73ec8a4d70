import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeDeadLetter,
  encodeDeadLetter,
} from '../../../functions/poller/adapters/sqs/dead-letter-text.ts';
import type { DeadLetter } from '../../../functions/poller/core/event/dead-letter.ts';
import { incompressibleText } from './incompressible.ts';
import '../../support/seeded-properties.ts';

/** SQS's limit for a message. */
const MESSAGE_BYTES = 1_048_576;

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
const letters: fc.Arbitrary<DeadLetter> = fc.record({
  reason: text,
  code: text,
  portal: text,
  stream: text,
  pass: fc.constantFrom('live', 'sweep', 'backfill'),
  deadLetteredAt: text,
  eventType: fc.option(text),
  id: fc.option(text),
  text,
});
const LETTER: DeadLetter = {
  reason: 'EventBridge refused the event for good: MalformedDetail: no',
  code: 'MalformedDetail',
  portal: 'main',
  stream: 'e_a',
  pass: 'live',
  deadLetteredAt: '2026-11-10T12:00:00.000Z',
  eventType: 'e_a',
  id: 'x',
  text: '{"id":"x"}',
};

describe('a dead letter', () => {
  test('is one text, which reads as the letter again, whatever it holds', () => {
    fc.assert(
      fc.property(letters, (letter) => {
        const bodies = encodeDeadLetter(letter);
        expect(bodies).toHaveLength(1);
        expect(decodeDeadLetter(bodies[0] ?? '')).toEqual(letter);
        // XML may not hold these, and SQS refuses a message with one.
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(bodies[0]).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/);
      }),
    );
  });

  test('too long for a message goes compressed, and reads as the letter again', () => {
    const long = { ...LETTER, text: 'é'.repeat(MESSAGE_BYTES) };
    const bodies = encodeDeadLetter(long);
    expect(bodies.map((body) => JSON.parse(body))).toMatchObject([{ text: null, part: 1, parts: 1 }]);
    expect(decodeDeadLetter(bodies[0] ?? '')).toEqual(long);
  });

  test('too long even so goes in parts, each within a message, and each tells which it is', () => {
    const bodies = encodeDeadLetter({ ...LETTER, text: incompressibleText(3_000_000) });
    expect(bodies.length).toBeGreaterThan(1);
    for (const [index, body] of bodies.entries()) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MESSAGE_BYTES);
      const about = { ...LETTER, text: null, part: index + 1, parts: bodies.length };
      expect(decodeDeadLetter(body)).toMatchObject(about);
    }
  });
});

test.each([
  ['nothing', ''],
  ['no JSON', 'hello'],
  ['half a letter', JSON.stringify(LETTER).slice(0, -5)],
  ['JSON of another kind', '[]'],
  ['no text', JSON.stringify({ ...LETTER, text: undefined })],
  ['no code', JSON.stringify({ ...LETTER, code: undefined })],
  ['another pass', JSON.stringify({ ...LETTER, pass: 'another' })],
  ['a null text without what is compressed', JSON.stringify({ ...LETTER, text: null })],
  ['what is not compressed', JSON.stringify({ ...LETTER, text: null, gzip: 'eA==', part: 1, parts: 1 })],
  [
    'what is cut',
    JSON.stringify({
      ...LETTER,
      text: null,
      gzip: gzipSync('x'.repeat(99)).toString('base64').slice(0, 20),
      part: 1,
      parts: 1,
    }),
  ],
])('%s is no letter', (_what, body) => {
  expect(decodeDeadLetter(body)).toBeUndefined();
});
