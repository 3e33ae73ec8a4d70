import { describe, expect, test } from 'vitest';
import { drawScreen } from '../../../infra/local/view/draw.ts';
import {
  createScreen,
  noteEvent,
  noteProgress,
  noteRun,
  portalIn,
  type Screen,
} from '../../../infra/local/view/screen.ts';
import type { StreamStanding } from '../../../infra/local/view/stream-standing.ts';

const NOW = new Date('2026-11-23T12:00:10Z');
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 50 },
];
const REASON =
  'HubSpot refuses the event type: "Reads of this event type are not allowed for the storage location of this account", ' +
  'category VALIDATION_ERROR, correlation id 5a3f0a3e-6d7c-4c43-8f1e-1c2d3e4f5a6b';
const TYPES = [
  'e_call_started',
  'e_clicked_link',
  'e_form',
  'e_opened',
  'e_page',
  'pe1_plan',
  'pe1_signed',
  'pe1_zip',
];

function standing(stream: string, lagSeconds: number, problem?: string): StreamStanding {
  const lastEventAt = new Date('2026-11-23T11:59:58Z');
  return { stream, watermark: later(-lagSeconds), lastEventAt, problem, isSetAside: false };
}

function event(detailType: string, time: Date, portal = 'main', id = 1) {
  const resources = [`hubspot:${portal}:CONTACT/${id}`];
  return {
    id: `${id}`,
    busName: 'b',
    source: 's',
    detailType,
    detail: '{}',
    time,
    resources,
    isMatched: true,
  };
}

function report(portal: string, failure?: string) {
  return {
    portal,
    endedAt: later(-1),
    outcome: failure === undefined ? ('polled' as const) : ('failed' as const),
    metrics: { LagSeconds: 2.5, EventsPublished: 7, DuplicatesSuppressed: 3 },
    seconds: 0.4,
    failure,
    problems: [],
  };
}

function screenOf(...portals: string[]): Screen {
  const screen = createScreen();
  screen.about = {
    source: 'a simulated HubSpot portal at http://127.0.0.1:12345',
    state: 'state in memory',
    portals,
    page: undefined,
    everySeconds: 10,
    isFiltered: false,
    notes: [
      'a note that is long enough to be broken into several lines where the terminal has eighty columns',
    ],
  };
  for (const portal of portals) portalIn(screen, portal);
  return screen;
}

/** A portal with a hundred events and eight streams, one of them refused. */
function busyScreen(): Screen {
  const screen = screenOf('main');
  for (let index = 0; index < 100; index += 1)
    noteEvent(screen, event('e_page', later(-index), 'main', index));
  const streams = TYPES.map((type) => standing(type, 5, type === 'pe1_plan' ? REASON : undefined));
  noteRun(screen, report('main'), streams);
  return screen;
}

/** Twenty portals of eight streams; two of them in trouble, one behind. */
function manyPortals(): Screen {
  const names = Array.from({ length: 20 }, (_, index) => `portal-${String(index + 1).padStart(2, '0')}`);
  const screen = screenOf(...names);
  for (const [index, name] of names.entries()) {
    const lag = name === 'portal-12' ? 3_600 : 5;
    const streams = TYPES.map((type) =>
      standing(type, lag, name === 'portal-07' && type === 'e_form' ? REASON : undefined),
    );
    for (let count = 0; count <= index; count += 1)
      noteEvent(screen, event('e_page', later(-count), name, count));
    noteRun(screen, report(name, name === 'portal-15' ? 'The token is refused.' : undefined), streams);
  }
  return screen;
}

const lines = (screen: Screen, size = SIZES[1], now = NOW) =>
  drawScreen(screen, now, size ?? { columns: 120, rows: 40 }).split('\n');
const rowOf = (all: readonly string[], name: string) => all.findIndex((line) => line.startsWith(`${name} `));

describe.each(SIZES)('a terminal of $columns columns and $rows rows', (size) => {
  test.each([
    ['one portal', busyScreen],
    ['twenty portals', manyPortals],
  ])('holds the whole of %s, and no line breaks within a word', (_name, make) => {
    const screen = make();
    screen.ending = 'Ending: waiting for the run of main, at most 10 seconds; Ctrl-C again ends at once.';
    const drawn = lines(screen, size);
    expect(drawn.length).toBeLessThan(size.rows);
    expect(drawn.filter((line) => line.length > size.columns)).toEqual([]);
    const words = drawn.join('\n').split(/\s+/);
    for (const word of [...REASON.split(' '), 'eighty', 'columns']) expect(words).toContain(word);
    expect(drawn.slice(-2).join(' ')).toContain('Ctrl-C again ends at once.');
  });

  test('is used to its last row where there is enough to show', () => {
    expect(lines(busyScreen(), size)).toHaveLength(size.rows - 1);
  });
});

test('the address of the page stands under what is polled, and no line where there is no page', () => {
  const screen = screenOf('main');
  const without = lines(screen);
  expect(without.join('\n')).not.toContain('See it');
  screen.about = screen.about && { ...screen.about, page: 'http://127.0.0.1:4000/?key=k' };
  expect(lines(screen)).toEqual([
    without[0],
    'See it and break it at http://127.0.0.1:4000/?key=k',
    ...without.slice(1),
  ]);
});

test('a wide terminal shows the events beside the streams, and the runs under these', () => {
  const drawn = lines(busyScreen(), SIZES[2]);
  expect(drawn.filter((line) => /│ .*e_page\s+hubspot:main:CONTACT/.test(line)).length).toBeGreaterThan(30);
  expect(drawn.find((line) => line.startsWith('12:00:09  main'))).toMatch(/polled\s+7/);
});

describe('streams', () => {
  test('have watermark, lag, last event and events so far', () => {
    const drawn = lines(busyScreen());
    expect(drawn[rowOf(drawn, 'e_page')]?.split(/\s{2,}/)).toEqual([
      'e_page',
      '12:00:05',
      '5.0s',
      '11:59:58',
      '100',
    ]);
  });

  test('that fail stand first, the reason whole; then those behind, the furthest first', () => {
    const screen = screenOf('main');
    const streams = [standing('a', 5), standing('b', 700), standing('c', 90_000), standing('d', 1, REASON)];
    noteRun(screen, report('main'), streams);
    const drawn = lines(screen, SIZES[0]);
    const places = ['d', 'c', 'b', 'a'].map((name) => rowOf(drawn, name));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const reason = drawn.slice((places[0] ?? 0) + 1, places[1]).map((line) => line.trim());
    expect(reason.join(' ')).toBe(REASON);
  });

  test('that do not fit are counted', () => {
    const screen = screenOf('main');
    const streams = Array.from({ length: 30 }, (_, index) => standing(`e_${index + 10}`, 5));
    noteRun(screen, report('main'), streams);
    const drawn = lines(screen, SIZES[0]);
    const shown = drawn.filter((line) => /^e_\d\d /.test(line)).length;
    expect(shown).toBeGreaterThan(8);
    expect(drawn).toContain(`… and ${30 - shown} streams more`);
  });
});

test("a portal's lag ticks between runs, as its streams' does; what is set aside is not behind", () => {
  const screen = screenOf('main');
  noteRun(screen, report('main'), [
    standing('a', 5),
    { ...standing('b', 9_000, 'refused'), isSetAside: true },
  ]);
  expect(lines(screen)).toContain(
    'portal main   lag 5.0s   last run 12:00:09: 7 published, 3 duplicates suppressed, 0.4s',
  );
  expect(lines(screen, SIZES[1], later(3)).join('\n')).toContain('portal main   lag 8.0s ');
});

test('a long first run shows its pages and events as they come', () => {
  const screen = screenOf('main');
  portalIn(screen, 'main').running = { startedAt: later(-12), requests: undefined, events: 0 };
  noteEvent(screen, event('e_page', NOW));
  expect(lines(screen).join('\n')).toContain('lag not known yet   running for 12s: 1 event');
  noteProgress(screen, { portal: 'main', at: NOW, requests: 1_234, streams: [standing('e_page', 60)] });
  expect(lines(screen).join('\n')).toContain('lag 1m 0s   running for 12s: 1,234 pages, 1 event');
});

test('the events are the newest by occurredAt, the newest first, whenever they were published', () => {
  const screen = screenOf('main');
  for (const seconds of [-30, -1, -600, -5]) noteEvent(screen, event('e_page', later(seconds)));
  const drawn = lines(screen).filter((line) => line.includes('CONTACT/1'));
  expect(drawn.map((line) => line.slice(0, 8))).toEqual(['12:00:09', '12:00:05', '11:59:40', '11:50:10']);
});

describe('of many portals', () => {
  test('each has its own figures, those with a failure first, then those behind', () => {
    const drawn = lines(manyPortals(), SIZES[2]);
    const rows = drawn.map(
      (line) =>
        line
          .split(' │ ')[0]
          ?.trim()
          .split(/\s{2,}/) ?? [],
    );
    const portals = rows.filter(([name]) => /^portal-\d\d$/.test(name ?? ''));
    expect(portals.map(([name]) => name).slice(0, 4)).toEqual([
      'portal-07',
      'portal-15',
      'portal-12',
      'portal-01',
    ]);
    const events = new Map(portals.map(([name, , , count]) => [name, count]));
    expect([events.get('portal-01'), events.get('portal-12'), events.get('portal-20')]).toEqual([
      '1',
      '12',
      '20',
    ]);
    expect(portals[0]).toContain('1 of 8 failing');
    expect(drawn.join('\n')).toContain('The token is refused.');
  });

  test('a summary tells of all streams, those too that have no room', () => {
    expect(lines(manyPortals(), SIZES[0]).join(' ')).toContain(
      '20 portals, 2 failing   160 streams: 1 failing, 8 behind, 151 current   210 events',
    );
  });
});
