import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInstant, toIso } from '../../functions/poller/core/instant.ts';
import '../support/seeded-properties.ts';

const AT = Date.UTC(2026, 10, 10, 12, 0, 0, 123);

describe('parseInstant', () => {
  test.each([
    ['milliseconds and Z', '2026-11-10T12:00:00.123Z'],
    ['microseconds, cut off', '2026-11-10T12:00:00.123999Z'],
    ['an offset', '2026-11-10T13:00:00.123+01:00'],
    ['an offset without a colon', '2026-11-10T13:00:00.123+0100'],
    ['no zone, as UTC', '2026-11-10T12:00:00.123'],
    ['epoch milliseconds', AT],
    ['epoch milliseconds as text', String(AT)],
  ])('reads %s', (_form, value) => {
    expect(parseInstant(value)).toBe(AT);
  });

  test('takes no zone for UTC, wherever the machine stands', () => {
    // In a process of its own: a worker thread has no zone of its own.
    const source = new URL('../../functions/poller/core/instant.ts', import.meta.url).href;
    const script = `const { parseInstant } = await import('${source}');
      console.log(new Date(${AT}).getTimezoneOffset(), parseInstant('2026-11-10T12:00:00.123'));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, TZ: 'America/New_York' },
      encoding: 'utf8',
    });
    expect(output).toBe(`300 ${AT}\n`);
  });

  test.each([
    'yesterday',
    '',
    '2026-11-10',
    '2026-13-10T12:00:00Z',
    1.5,
    Number.NaN,
    null,
    undefined,
    {},
    true,
    '99999999999999999999',
  ])('gives nothing for %j', (value) => {
    expect(parseInstant(value)).toBeUndefined();
  });

  test('gives back every instant that toIso wrote', () => {
    const instants = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(instants, (date) => parseInstant(toIso(date.getTime())) === date.getTime()));
  });

  test('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.anything(), (value) => typeof parseInstant(value) !== 'string'));
  });
});

describe('toIso', () => {
  test('gives texts that sort as their instants do', () => {
    const instant = fc.integer({ min: 0, max: 253_402_300_799_999 });
    fc.assert(fc.property(instant, instant, (a, b) => toIso(a) < toIso(b) === a < b));
  });
});
