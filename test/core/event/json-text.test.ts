import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEntry } from '../../../functions/poller/core/event/event.ts';
import { parseJson } from '../../../functions/poller/core/event/json.ts';
import { scanJson } from '../../../functions/poller/core/event/json-scan.ts';
import {
  hasRepeatedKey,
  keepRepeatedKeys,
  UnparsedText,
} from '../../../functions/poller/core/event/json-text.ts';

describe('a key that stands twice in an object', () => {
  test.each([
    ['{"a":1,"a":2}', true],
    ['[{"a":{"b":1 , "b" :1}}]', true],
    ['{"a":{"b":1},"c":{"b":2}}', false],
    ['{"a":"\\"b\\":1","b":"a\\\\"}', false],
    ['{"a":[1,"a",":"]}', false],
    ['"a"', false],
    ['', false],
  ])('is noticed: %s', (text, isRepeated) => {
    expect(hasRepeatedKey(scanJson(text), text === '' ? undefined : parseJson(text))).toBe(isRepeated);
  });

  test('is noticed in no text that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(2), (text, space) => {
        const written = JSON.stringify(JSON.parse(text), null, space);
        return !hasRepeatedKey(scanJson(written), JSON.parse(written));
      }),
    );
  });

  test('keeps its element as a text, and the others as they are', () => {
    const text = ' { "x" : [ "results" ], "results" : [ {"id":"1"}, {"id":"2","id":"3"} , 4, "," ] } ';
    expect(keepRepeatedKeys(text, 'results', [{ id: '1' }, { id: '3' }, 4, ','])).toEqual([
      { id: '1' },
      new UnparsedText('{"id":"2","id":"3"}'),
      4,
      ',',
    ]);
  });

  test('finds every element of any page', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(2), (values, space) => {
        const text = JSON.stringify({ paging: { results: [] }, results: values }, null, space);
        return keepRepeatedKeys(text, 'results', values).every((value, index) => value === values[index]);
      }),
    );
  });

  test('makes poison of an entry, with its whole text', () => {
    expect(parseEntry(new UnparsedText('{"id":"2","id":"3"}'))).toMatchObject({
      kind: 'poison',
      text: '{"id":"2","id":"3"}',
    });
  });
});
