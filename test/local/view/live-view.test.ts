import { expect, test } from 'vitest';
import { drawScreen, type Screen } from '../../../infra/local/view/live-view.ts';

const NOW = new Date('2026-11-23T12:00:10Z');

function screen(changes: Partial<Screen> = {}): Screen {
  const standing = { lastEventAt: new Date('2026-11-23T11:59:58Z'), problem: undefined };
  return {
    about: {
      source: 'a simulated HubSpot portal',
      state: 'state in memory',
      page: undefined,
      everySeconds: 10,
      isFiltered: false,
      notes: [],
    },
    runs: new Map([
      [
        'main',
        {
          portal: 'main',
          endedAt: new Date('2026-11-23T12:00:09Z'),
          outcome: 'polled',
          metrics: { LagSeconds: 2.5, EventsPublished: 7, DuplicatesSuppressed: 3 },
          seconds: 0.4,
          failure: undefined,
          problems: [],
        },
      ],
    ]),
    streams: new Map([
      [
        'main',
        ['e_one', 'e_two', 'e_three', 'e_four', 'e_five'].map((stream) => ({
          ...standing,
          stream,
          watermark: new Date('2026-11-23T12:00:05Z'),
        })),
      ],
    ]),
    countByType: new Map([['e_one', 1234]]),
    lastEvents: [
      {
        id: '1',
        busName: 'hubspot-events',
        source: 'hubspot.events',
        detailType: 'e_one',
        detail: '{}',
        time: new Date('2026-11-23T11:59:58Z'),
        resources: ['hubspot:main:CONTACT/1'],
        isMatched: true,
      },
    ],
    published: 1234,
    ...changes,
  };
}

test('the table shows each stream with watermark, lag, last event and events so far', () => {
  const lines = drawScreen(screen(), NOW, 50).split('\n');
  const row = lines.find((line) => line.includes('e_one ') && line.includes('│'));
  expect(row?.split('│').map((cell) => cell.trim())).toEqual([
    '',
    'e_one',
    '12:00:05',
    '5.0s',
    '11:59:58',
    '1234',
    '',
    '',
  ]);
  expect(lines).toContain(
    'portal main   lag 2.5s   last run 12:00:09: 7 published, 3 duplicates suppressed, 0.4s',
  );
  expect(lines).toContain('  11:59:58  e_one  hubspot:main:CONTACT/1');
});

test('a low terminal shows as many streams as fit, and counts the others', () => {
  const text = drawScreen(screen(), NOW, 25);
  expect(text).toContain('e_three');
  expect(text).not.toContain('e_four');
  expect(text).toContain('… and 2 streams more');
});

test('a failed run and what is wrong with a stream are shown', () => {
  const { runs, streams } = screen();
  const [run] = [...runs.values()];
  const [standing] = streams.get('main') ?? [];
  if (run === undefined || standing === undefined) throw new Error('The screen must have a run and a stream');
  const text = drawScreen(
    screen({
      runs: new Map([['main', { ...run, outcome: 'failed', failure: 'The token is refused.' }]]),
      streams: new Map([['main', [{ ...standing, problem: 'HubSpot refuses it' }]]]),
    }),
    NOW,
    50,
  );
  expect(text).toContain('  failed: The token is refused.');
  expect(text).toContain('HubSpot refuses it');
});
