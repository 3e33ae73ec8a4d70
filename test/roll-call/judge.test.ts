import { describe, expect, test } from 'vitest';
import type { ListedPortal, PortalStanding, ScheduledPortal } from '../../functions/poller/ports.ts';
import { countPortals, judgePortals } from '../../functions/poller/roll-call/judge.ts';

const NOW = Date.UTC(2026, 10, 10, 12);
const MINUTE = 60_000;
const DAY = 1440;

/** A portal that is well, polled every minute for a year. */
const WELL: PortalStanding = {
  endedAt: NOW - MINUTE,
  outcome: 'polled',
  lagSeconds: 2,
  streams: 3,
  streamsFailing: 0,
};

interface Given {
  /** Undefined: it has no schedule. */
  readonly schedule?: Partial<ScheduledPortal> | undefined;
  /** Undefined: no run has ended. */
  readonly standing?: Partial<PortalStanding> | undefined;
}

function judge(given: Given, lagAlarmMinutes = 10) {
  const { schedule, standing } = { schedule: {}, standing: {}, ...given };
  const schedules: ScheduledPortal[] =
    schedule === undefined
      ? []
      : [
          {
            portal: 'p',
            isEnabled: true,
            changedAt: NOW - 365 * DAY * MINUTE,
            pollSeconds: 60,
            idlePollSeconds: 300,
            ...schedule,
          },
        ];
  const listed: ListedPortal[] =
    standing === undefined
      ? []
      : [{ portal: 'p', standing: { ...WELL, ...standing }, leaseUntil: undefined }];
  return judgePortals(listed, schedules, lagAlarmMinutes, NOW);
}

const kinds = (given: Given, lagAlarmMinutes?: number) =>
  judge(given, lagAlarmMinutes).flatMap(({ troubles }) => troubles.map(({ kind }) => kind));

const ended = (minutesAgo: number, lagSeconds = 0) => ({ endedAt: NOW - minutesAgo * MINUTE, lagSeconds });
const changed = (minutesAgo: number) => ({ changedAt: NOW - minutesAgo * MINUTE });
const SLOW = { pollSeconds: 3600, idlePollSeconds: 3600 };

describe('a portal', () => {
  test.each<[string, Given, readonly string[]]>([
    ['that is polled', {}, []],
    // Three ticks, and two minutes that a run may take.
    ['whose last run ended five minutes ago', { standing: ended(5) }, []],
    ['whose last run ended over five minutes ago', { standing: ended(5.1) }, ['silent']],
    ['that ticks by the hour and ran three hours ago', { schedule: SLOW, standing: ended(182) }, ['behind']],
    ['that ticks by the hour and ran longer ago', { schedule: SLOW, standing: ended(182.1) }, ['silent']],
    ['that ticks by the hour and runs', { schedule: SLOW, standing: ended(59, 3600) }, []],
    ['that polls every 5 seconds, by ticks of a minute', { schedule: { pollSeconds: 5 } }, []],
    [
      'whose schedule was turned on again',
      { schedule: changed(4), standing: ended(DAY, DAY * 60) },
      ['behind'],
    ],
    ['whose schedule was turned on long ago', { schedule: changed(6), standing: ended(DAY) }, ['silent']],
    ['whose schedule is off', { schedule: { isEnabled: false } }, ['schedule-off']],
    ['off, and never polled', { schedule: { isEnabled: false }, standing: undefined }, ['schedule-off']],
    ['that was polled and has no schedule', { schedule: undefined }, ['no-schedule']],
    ['that is new', { schedule: changed(5), standing: undefined }, []],
    ['that never reported', { schedule: changed(5.1), standing: undefined }, ['never-polled']],
    [
      'that is new and ticks by the hour',
      { schedule: { ...SLOW, ...changed(120) }, standing: undefined },
      [],
    ],
    // 10 minutes, and the tick between two runs.
    ['that is late, as allowed', { standing: ended(1, 600) }, []],
    ['that is later than allowed', { standing: ended(1, 601) }, ['behind']],
    [
      'whose idle streams are polled by the hour',
      { schedule: { idlePollSeconds: 3600 }, standing: ended(1, 3660) },
      [],
    ],
    [
      'later than idle streams make it',
      { schedule: { idlePollSeconds: 3600 }, standing: ended(1, 3661) },
      ['behind'],
    ],
    ['whose run failed', { standing: { outcome: 'failed', code: 'hubspot-unauthorized' } }, ['failing']],
    ['with a stream that fails', { standing: { streamsFailing: 1 } }, ['failing']],
    ['that fails and is late', { standing: { ...ended(1, 9000), outcome: 'failed' } }, ['behind', 'failing']],
    [
      'whose run failed before it knew its lag',
      { standing: { lagSeconds: undefined, outcome: 'failed' } },
      ['failing'],
    ],
    ['that failed and then fell silent', { standing: { ...ended(90), outcome: 'failed' } }, ['silent']],
  ])('%s', (_what, given, expected) => {
    expect(kinds(given)).toEqual(expected);
  });

  test('is late by lagAlarmMinutes where they are more than its rhythm', () => {
    expect(kinds({ standing: ended(1, 1800) }, 30)).toEqual([]);
    expect(kinds({ standing: ended(1, 1801) }, 30)).toEqual(['behind']);
  });

  test('with two schedules is judged by the one that is on', () => {
    const both = [
      { portal: 'p', isEnabled: false, changedAt: 0, pollSeconds: 60, idlePollSeconds: 300 },
      { portal: 'p', isEnabled: true, changedAt: 0, pollSeconds: 60, idlePollSeconds: 300 },
    ];
    const listed = [{ portal: 'p', standing: WELL, leaseUntil: undefined }];
    for (const schedules of [both, both.toReversed()])
      expect(judgePortals(listed, schedules, 10, NOW)).toMatchObject([{ portal: 'p', troubles: [] }]);
  });

  test('is told with its cause: the code, the stream furthest behind, the last run', () => {
    const [first] = judge({
      standing: {
        ...ended(1, 7200),
        outcome: 'failed',
        code: 'hubspot-unauthorized',
        furthestBehind: 'e_one',
      },
    });
    expect(first?.troubles.map(({ detail }) => detail)).toEqual([
      '121 minutes behind, over 10, furthest e_one',
      'its run failed: hubspot-unauthorized',
    ]);
    const [second] = judge({ standing: ended(60) });
    expect(second?.troubles).toEqual([
      { kind: 'silent', detail: 'the last run ended 2026-11-10T11:00:00.000Z, of one every 60 s' },
    ]);
  });
});

describe('the figures of all portals', () => {
  const schedule = (portal: string, change: Partial<ScheduledPortal> = {}): ScheduledPortal => ({
    portal,
    isEnabled: true,
    changedAt: 0,
    pollSeconds: 60,
    idlePollSeconds: 300,
    ...change,
  });
  const listed = (portal: string, change: Partial<PortalStanding> = {}): ListedPortal => ({
    portal,
    standing: { ...WELL, ...change },
    leaseUntil: undefined,
  });

  test('count each portal where it belongs', () => {
    const schedules = [
      ...['well', 'late', 'failing', 'both', 'silent'].map((portal) => schedule(portal)),
      schedule('off', { isEnabled: false }),
      schedule('new', { changedAt: NOW }),
      schedule('never'),
    ];
    const standings = [
      listed('well'),
      listed('late', { lagSeconds: 4000 }),
      listed('failing', { streamsFailing: 2 }),
      listed('both', { lagSeconds: 5000, outcome: 'failed', code: 'hubspot-unavailable' }),
      listed('silent', ended(30, 10)),
      listed('off', ended(10_000)),
      listed('gone', ended(10_000)),
    ];
    expect(countPortals(judgePortals(standings, schedules, 10, NOW))).toEqual({
      portalsPolled: 4,
      portalsSilent: 4,
      portalsBehind: 2,
      portalsFailing: 2,
      // Of a portal that nobody means to poll there is no lag: a pause of days would hide all others.
      lagSecondsMax: 5060,
    });
  });

  test('know no lag where no portal has told one', () => {
    expect(countPortals(judgePortals([], [schedule('new', { changedAt: NOW })], 10, NOW))).toEqual({
      portalsPolled: 0,
      portalsSilent: 0,
      portalsBehind: 0,
      portalsFailing: 0,
      lagSecondsMax: undefined,
    });
  });
});
