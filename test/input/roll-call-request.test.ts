import { describe, expect, test } from 'vitest';
import { lagAlarmMinutesOf, tickSeconds } from '../../functions/poller/input/rhythm.ts';
import { isRollCall, parseRollCall } from '../../functions/poller/input/roll-call-request.ts';

const ASKED = { scheduleGroup: 'hubspot-events', lagAlarmMinutes: 10 };

describe('the request of a roll call', () => {
  test('is read', () => {
    expect(parseRollCall({ rollCall: ASKED })).toEqual(ASKED);
  });

  test.each([
    [{ rollCall: ASKED }, true],
    [{ rollCall: 'badly' }, true],
    [{ portal: 'main' }, false],
    ['rollCall', false],
    [null, false],
  ])('is told from others: %j', (payload, expected) => {
    expect(isRollCall(payload)).toBe(expected);
  });

  test.each([
    [{ rollCall: { ...ASKED, scheduleGroup: '../other' } }, 'rollCall.scheduleGroup: must be the name'],
    [{ rollCall: { ...ASKED, lagAlarmMinutes: 0 } }, 'rollCall.lagAlarmMinutes: must be a whole number'],
    [{ rollCall: { ...ASKED, topicArn: 'arn' } }, 'rollCall: '],
    [{ rollCall: ASKED, portal: 'main' }, '(the whole): '],
  ])('is refused: %j', (payload, text) => {
    expect(() => parseRollCall(payload)).toThrow(
      expect.objectContaining({ code: 'request-invalid', message: expect.stringContaining(text) }),
    );
  });
});

describe('lagAlarmMinutesOf', () => {
  test.each([
    [60, 300, 10, 10],
    [60, 300, 1, 6],
    [5, 5, 1, 2],
    [3600, 300, 10, 120],
    [60, 86_400, 10, 1441],
  ])(
    'polls every %i s, idle streams every %i s, %i minutes wanted: %i',
    (pollSeconds, idlePollSeconds, wanted, minutes) => {
      expect(lagAlarmMinutesOf({ pollSeconds, idlePollSeconds }, wanted)).toBe(minutes);
    },
  );

  test('is never nearer than a tick', () => {
    expect(tickSeconds({ pollSeconds: 5 })).toBe(60);
  });
});
