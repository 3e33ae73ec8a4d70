import { describe, expect, test } from 'vitest';
import { describeFound, describeKey } from '../../functions/poller/input/mistakes.ts';

const PRIVATE = ['objects', 'alarmEmail', 'secretName', 'secretArn', 'secretId', 'stream'];

describe('what was found', () => {
  test.each(PRIVATE)('under %s is told by its kind, since it may be a person’s or a secret', (key) => {
    const found = ['a-b', 51, ['a'], { anna: 1 }, '', true, null, () => 1].map((value) =>
      describeFound(['x', key], value),
    );
    expect(found).toEqual([
      'a text of 3 characters',
      'a number',
      'a list of 1',
      'an object with …',
      '""',
      'true',
      'null',
      'a function',
    ]);
  });

  test('under any other key is quoted where it is plain', () => {
    const found = ['a-b', 51, [], null, undefined, { a: 1, b: 2 }, {}].map((value) =>
      describeFound(['x'], value),
    );
    expect(found).toEqual(['"a-b"', '51', '[]', 'null', 'nothing', 'an object with a, b', '{}']);
  });

  test.each(['a@b.c', 'https://example.com/?key', 'k=v', 'x'.repeat(101)])(
    'is not quoted where it may be an address or a credential: %s',
    (text) => {
      expect(describeFound(['x'], text)).toBe(`a text of ${text.length} characters`);
    },
  );

  test('is quoted where it is an ARN, whatever the key', () => {
    expect(describeFound(['secretArn'], 'arn:aws:x')).toBe('"arn:aws:x"');
  });
});

test('a key is told by its path, but for names that may be a person’s', () => {
  const paths = [[], ['portals', 'main'], ['a b'], ['objects', 0, 'objectId'], ['objects', 0, 'anna']];
  expect(paths.map(describeKey)).toEqual([
    '(the whole)',
    'portals.main',
    '…',
    'objects.0.objectId',
    'objects.0.…',
  ]);
});
