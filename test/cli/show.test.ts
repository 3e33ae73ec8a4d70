import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { instantFlag } from '../../infra/cli/instant-flag.ts';
import { formatDuration, plural } from '../../infra/cli/show/format.ts';
import { renderRows } from '../../infra/cli/show/rows.ts';
import { sparkline } from '../../infra/cli/show/sparkline.ts';
import { addSample, progressOf, renderProgress, waitOf } from '../../infra/cli/verbs/backfill/progress.ts';
import { readLagHistory } from '../../infra/cli/verbs/status/lag-history.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;

describe('formatDuration', () => {
  test.each([
    [0.34, '0.3s'],
    [59, '59s'],
    [310, '5m 10s'],
    [HOUR, '1 hour'],
    [47 * HOUR, '47 hours'],
    [12 * DAY, '12 days'],
    [327 * DAY, '10 months'],
    [800 * DAY, '2 years'],
  ])('tells %d seconds as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  test('beside one thing and several', () =>
    expect([plural(1, 'portal'), plural(1200, 'portal')]).toEqual(['1 portal', '1,200 portals']));
});

describe('instantFlag', () => {
  const now = Date.parse('2026-11-25T12:00:00Z');
  test.each([
    ['now', '2026-11-25T12:00:00.000Z'],
    ['-90m', '2026-11-25T10:30:00.000Z'],
    ['-7d', '2026-11-18T12:00:00.000Z'],
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T02:00:00+02:00', '2026-11-01T00:00:00.000Z'],
  ])('reads %s', (text, iso) => expect(new Date(instantFlag.parse(text)(now)).toISOString()).toBe(iso));

  test.each(['2026-02-30', '2026-13-01', '2026-11-01T00:00:00', '7d', '', '1'])('refuses %j', (text) =>
    expect(instantFlag.safeParse(text).success).toBe(false),
  );
});

describe('a table', () => {
  const columns = [
    { key: 'name', value: ({ name }: { name: string }) => name, narrow: 'cut' as const },
    {
      key: 'reason',
      value: () => 'HubSpot does not let this event type be read, for where it is stored.',
      narrow: 'wrap' as const,
    },
    { key: 'only wide', value: () => 'yes', from: 120 },
  ];
  const rows = [{ name: 'pe8675309_a_rather_long_name_of_an_event_type_with_no_space_in_it' }];

  test.each([60, 80, 120])('fits %d columns', (width) => {
    const lines = renderRows('table', width, columns, rows).split('\n');
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    expect(lines[0]?.includes('only wide')).toBe(width >= 120);
  });

  test('of lines has one for each row, whatever the values hold', () =>
    expect(renderRows('lines', 0, columns.slice(0, 1), [{ name: 'a\tb\nc' }])).toBe('name\na b c'));

  test('of no rows has the line that names the columns through a pipe alone', () => {
    expect(renderRows('lines', 0, columns, [])).toBe('name\treason\tonly wide');
    expect(renderRows('table', 80, columns, [])).toBe('');
    expect(renderRows('json', 0, columns, [])).toBe('[]');
  });
});

describe('the lags so far', () => {
  test('are bars on one scale, higher for more', () =>
    expect(sparkline([60, 100, 700, undefined, 2 * DAY])).toBe('▁▂▄ █'));

  test('of a stream that a line does not name are at most those of the last it names', () => {
    const run = (lagSeconds: number) => ({
      at: 0,
      portal: 'main',
      isOk: true,
      text: '',
      furthestBehind: [
        { stream: 'a', lagSeconds: 900 },
        { stream: 'b', lagSeconds },
      ],
    });
    expect(readLagHistory([run(60), run(70)], ['a', 'b', 'c'])).toEqual(
      new Map([
        ['a', [900, 900]],
        ['b', [60, 70]],
        ['c', [60, 70]],
      ]),
    );
  });
});

describe('a backfill’s progress', () => {
  const backfill = {
    stream: 'e',
    id: 'i',
    republish: false,
    startedAt: 0,
    from: 1_000,
    to: 101_000,
    segments: [{ from: 1_000, to: 101_000, position: 26_000 }],
    eventsPublished: 500,
    requests: 1,
  };
  const portal = {
    name: 'main',
    input: '',
    isEnabled: true,
    tickSeconds: 60,
    changedAt: 0,
  };

  test('is the share of the window, with the pace of the last minute', () => {
    const old = { at: 0, share: 0, eventsPublished: 0 };
    const segments = [{ from: 1_000, to: 101_000, position: 16_000 }];
    const first = addSample([old], { ...backfill, segments, eventsPublished: 300 }, 61_000);
    const samples = addSample(first, backfill, 71_000);
    expect(progressOf(backfill, samples, undefined)).toMatchObject({
      share: 0.25,
      eventsPerSecond: 20,
      secondsLeft: expect.closeTo(75),
    });
  });

  test('claims no time left where nothing has moved, and fits 80 columns', () => {
    const samples = addSample(addSample([], backfill, 0), backfill, 2_000);
    const progress = progressOf(backfill, samples, `its stream, which fails: ${'x'.repeat(200)}`);
    expect(progress.secondsLeft).toBeUndefined();
    const lines = renderProgress(progress, 80).split('\n');
    expect(lines[0]).toMatch(/^█{6}░{18} {2}25 % {2}500 events {2}0\/s$/);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBe(80);
  });

  test('says what it waits for', () => {
    const idle = { isUnderWay: false, endedAt: 1_000 };
    const wait = (more: object, isEnabled = true, run = idle) =>
      waitOf({ ...backfill, ...more }, undefined, { ...portal, isEnabled }, run, 11_000);
    expect(wait({})).toBe('the next run, in at most 50s');
    expect(wait({}, false)).toBe('the portal, which is paused');
    expect(wait({}, true, { isUnderWay: true, endedAt: 1_000 })).toBeUndefined();
    expect(wait({ lastError: { at: 1, code: 'bus-unavailable', message: 'No bus.' } })).toBe(
      'another try; the last failed: No bus.',
    );
  });
});
