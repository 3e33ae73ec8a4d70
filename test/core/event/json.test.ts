import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJsonObject, parseJson, readText } from '../../../functions/poller/core/event/json.ts';
import { scanJson } from '../../../functions/poller/core/event/json-scan.ts';
import '../../support/seeded-properties.ts';

describe('parseJson', () => {
  test.each([
    '{"id":12345678901234567890}',
    '{"id":-9007199254740993}',
    '[1,2,9007199254740993,"9007199254740993"]',
    '{"deep":[{"objectId":123456789012345678901234567890}]}',
    '{"exact":0.12345678901234567890123}',
  ])('keeps every digit of %s', (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  test.each([
    '[1e400]',
    '[0,-1e400]',
    '{"n":1.5E-400}',
    '{"n":10e400}',
    '{"n":-9007199254740993}',
    '{"n":0.1234567890123456}',
    '{"n":1e+3}',
  ])('keeps what a double would change in %s, also after a space', (text) => {
    const spaced = text.replace(/[:,[]/, '$&\n  ');
    expect([text, spaced].map((each) => JSON.stringify(parseJson(each)))).toEqual([text, text]);
  });

  test('gives a number as one where it is exact, beside one that is not', () => {
    expect(parseJson('{"long":12345678901234567890,"n":5}')).toMatchObject({ n: 5 });
  });

  test('keeps any integer of any length', () => {
    const digits = fc.stringMatching(/^-?[1-9]\d{0,40}$/);
    fc.assert(
      fc.property(digits, (number) => JSON.stringify(parseJson(`{"n":${number}}`)) === `{"n":${number}}`),
    );
  });

  test('gives what JSON.parse gives where no digit can be lost', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test('gives a page of plain numbers, texts with digits and escapes as JSON.parse does', () => {
    const text = '{"a":"1e5","b":"\\"12345678901234567890","c":[-1.5,123456789012345,true]}';
    expect(scanJson(text)).toEqual({ keys: 3, hasChangingNumber: false });
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  test.each(['<html>', '{"a":"b', '{"a":"b\\', '[1,', ''])('throws where the text is no JSON: %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe('isJsonObject', () => {
  test.each([
    [{}, true],
    [{ a: 1 }, true],
    [[], false],
    [null, false],
    ['{}', false],
    [JSON.rawJSON('9007199254740993'), false],
  ])('of %j is %s', (value, expected) => {
    expect(isJsonObject(value)).toBe(expected);
  });
});

describe('readText', () => {
  test.each([
    ['51', '51'],
    [51, '51'],
    [JSON.rawJSON('12345678901234567890'), '12345678901234567890'],
    ['', undefined],
    [null, undefined],
    [{}, undefined],
  ])('of %j is %j', (value, expected) => {
    expect(readText(value)).toBe(expected);
  });
});
