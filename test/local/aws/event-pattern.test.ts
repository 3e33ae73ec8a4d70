import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  compileEventPattern,
  InvalidEventPattern,
  parseEventPattern,
} from '../../../infra/local/aws/pattern/event-pattern.ts';
// The verdicts are those of AWS's own event-ruler.
import casesJson from './event-pattern-cases.json' with { type: 'json' };

const cases = z
  .array(
    z.object({
      group: z.string(),
      pattern: z.unknown(),
      event: z.unknown(),
      matches: z.union([z.boolean(), z.literal('invalid')]),
    }),
  )
  .length(86)
  .parse(casesJson);

function verdict(pattern: unknown, event: unknown): boolean | 'invalid' {
  try {
    return compileEventPattern(pattern).matches(event);
  } catch (error) {
    if (error instanceof InvalidEventPattern) return 'invalid';
    throw error;
  }
}

describe('event pattern gives the verdict of event-ruler', () => {
  test.each(cases.map((each) => [each.group, JSON.stringify(each.pattern), each] as const))(
    '%s: %s',
    (_group, _pattern, each) => {
      expect(verdict(each.pattern, each.event)).toBe(each.matches);
    },
  );
});

describe('event pattern keeps fields of one array element together', () => {
  const event = {
    detail: {
      l: [
        { k: '1', v: 'a' },
        { k: '2', v: 'b' },
      ],
      m: ['x', 'y'],
    },
  };
  test.each([
    ['both in one element', { detail: { l: { k: ['2'], v: ['b'] } } }, true],
    ['in two elements', { detail: { l: { k: ['1'], v: ['b'] } } }, false],
    [
      'in two elements, by way of $or',
      { detail: { l: { k: ['1'] }, $or: [{ l: { v: ['b'] } }, { z: [1] }] } },
      false,
    ],
    ['in two arrays', { detail: { l: { k: ['1'] }, m: ['y'] } }, true],
  ])('%s', (_name, pattern, expected) => {
    expect(verdict(pattern, event)).toBe(expected);
  });
});

describe('event pattern compares as event-ruler was seen to', () => {
  test.each([
    ['an address, in another spelling', '2001:DB8:0:0::1', '2001:db8::1', true],
    ['an address with leading zeros', '10.0.0.1', '010.0.0.1', true],
    ['an address mapped to IPv6', '10.0.0.1', '::ffff:a00:1', true],
    ['an address exactly', { exactly: '2001:db8::1' }, '2001:DB8::1', false],
    ['no address', '10.0.0.300', '10.0.0.3000', false],
    ['a range of leading zeros', { cidr: '010.0.0.0/8' }, '10.9.9.9', true],
    ['a range of IPv4 and an IPv6 address that starts so', { cidr: '32.1.0.0/16' }, '2001:db8::1', true],
    ['a range of IPv6 and an IPv4 address', { cidr: '::/0' }, '10.0.0.1', false],
    ['the whole of IPv6', { cidr: '::/0' }, 'ffff::', true],
    ['a final sigma', { prefix: { 'equals-ignore-case': 'κός' } }, 'ΚΌΣΜΕ', true],
    ['a letter whose capital is two', { 'equals-ignore-case': 'ß' }, 'SS', true],
    ['two letters whose small one is one', { 'equals-ignore-case': 'SS' }, 'ß', false],
    ['a dotted capital', { suffix: { 'equals-ignore-case': 'i̇x' } }, 'İx', false],
    ['an end, regardless of case', { suffix: { 'equals-ignore-case': 'RGER' } }, 'Ärger', true],
    ['anything but the empty text', { 'anything-but': { 'equals-ignore-case': '' } }, 'x', true],
    ['anything but an empty wildcard', { 'anything-but': { wildcard: '' } }, '', false],
  ])('%s', (_name, condition, value, expected) => {
    expect(verdict({ a: [condition] }, { a: value })).toBe(expected);
  });

  test('a value straight in an array belongs to every element of it', () => {
    expect(verdict({ l: ['x'], $or: [{ l: { k: ['1'] } }, { z: [1] }] }, { l: ['x', { k: '1' }] })).toBe(
      true,
    );
  });

  test.each(['equals-ignore-case', 'wildcard', '>=', 'regex', 'date-after', 'ip-address-in-range'])(
    'a field inside $or must not be called %s',
    (name) => {
      expect(verdict({ $or: [{ a: ['x'] }, { [name]: ['x'] }] }, {})).toBe('invalid');
      expect(verdict({ [name]: ['x'] }, { [name]: 'x' })).toBe(true);
    },
  );
});

describe('event pattern is refused with a sentence that names the field', () => {
  test.each([
    ['no JSON', '{', /^Reading the event pattern: it must be JSON/],
    ['no object', '["x"]', /it must be a JSON object/],
    ['empty', '{}', /it must not be empty/],
    ['empty object inside', '{"detail":{}}', /detail must not be empty/],
    ['a bare value', '{"source":"x"}', /source must be an object, or an array/],
    ['no values', '{"source":[]}', /source must hold at least one value/],
    ['an unknown condition', '{"detail":{"a":[{"nope":1}]}}', /detail\.a names the unknown condition "nope"/],
    ['two conditions in one', '{"a":[{"prefix":"x","suffix":"y"}]}', /a must give a condition as one key/],
    ['an array inside', '{"a":[["x"]]}', /a must give a condition as one key/],
    ['bounds the wrong way', '{"a":[{"numeric":["<",1,">",0]}]}', /lower bound first/],
    ['an empty range', '{"a":[{"numeric":[">",5,"<",1]}]}', /lower bound below its upper/],
    ['a number out of range', '{"a":[{"numeric":["=",6e9]}]}', /number from/],
    ['a bad mask', '{"a":[{"cidr":"10.0.0.0/40"}]}', /"cidr" an address/],
    ['two wildcards', '{"a":[{"wildcard":"a**b"}]}', /two wildcards/],
    ['a bad escape', '{"a":[{"wildcard":"a\\\\b"}]}', /escape only/],
    ['mixed kinds', '{"a":[{"anything-but":["x",1]}]}', /texts or numbers/],
    ['an empty prefix', '{"a":[{"anything-but":{"prefix":""}}]}', /empty "prefix"/],
    ['a single $or', '{"$or":[{"a":[1]}]}', /\$or must be an array of two objects/],
    ['$or of values', '{"$or":["a","b"]}', /\$or must hold objects only/],
    ['a condition in $or', '{"$or":[{"prefix":["a"]},{"b":[1]}]}', /name of a condition/],
  ])('%s', (_name, text, message) => {
    expect(() => parseEventPattern(text)).toThrow(message);
    expect(() => parseEventPattern(text)).toThrow(InvalidEventPattern);
  });

  test('more than 1,000 combinations of $or', () => {
    const alternatives = Array.from({ length: 11 }, (_, index) => ({ [`f${index}`]: [index] }));
    const pattern = { a: { $or: alternatives }, b: { $or: alternatives }, c: { $or: alternatives } };
    expect(() => compileEventPattern(pattern)).toThrow(/c\.\$or must not make more than 1000/);
  });
});

test('a wildcard with many stars ends soon on a text that does not match', () => {
  const pattern = compileEventPattern({ a: [{ wildcard: '*a*a*a*a*a*a*a*a*b' }] });
  const startedAt = performance.now();
  expect(pattern.matches({ a: 'a'.repeat(2_000) })).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
