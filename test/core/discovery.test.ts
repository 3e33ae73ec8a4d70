import { describe, expect, test } from 'vitest';
import { type Checkpoint, startCheckpoint } from '../../functions/poller/core/checkpoint.ts';
import {
  type Discovery,
  isListDue,
  lackingIn,
  learnList,
  typesToPoll,
} from '../../functions/poller/core/discovery.ts';
import { HOUR, MINUTE, NOON } from '../support/rig.ts';

const TYPES = Array.from({ length: 10 }, (_, index) => `e_${index}`);
const LISTED: Discovery = { eventTypes: TYPES, discoveredAt: NOON - HOUR, starting: {}, leaving: {} };

/** Checkpoints whose streams are read up to an instant. */
function storedOf(
  types: readonly string[],
  watermark = NOON,
  more: Partial<Checkpoint> = {},
): Map<string, Checkpoint> {
  return new Map(types.map((type) => [type, { ...startCheckpoint(type, 0, 0), watermark, ...more }]));
}
const learn = (before: Discovery | undefined, listed: readonly string[], stored = storedOf(TYPES)) =>
  learnList(before, listed, stored, 'now', NOON);

describe('the list', () => {
  test.each<[string, Discovery | undefined, number, boolean]>([
    ['is due where there is none', undefined, 0, true],
    ['is not due within the hour', LISTED, NOON - 1, false],
    ['is due after an hour', LISTED, NOON, true],
    ['is due where the last one was read by a clock that ran ahead', LISTED, NOON - HOUR - 1, true],
    ['that is doubted is not due within ten minutes', doubted(), NOON + 10 * MINUTE - 1, false],
    ['that is doubted is due after ten minutes', doubted(), NOON + 10 * MINUTE, true],
  ])('%s', (_what, discovery, now, isDue) => {
    expect(isListDue(discovery, now)).toBe(isDue);
  });
});

function doubted(): Discovery {
  return { ...LISTED, doubtedAt: NOON };
}

describe('a type', () => {
  test('of the first list starts now, or where the configuration says', () => {
    expect(learn(undefined, ['e_0'], new Map())).toEqual({
      eventTypes: ['e_0'],
      discoveredAt: NOON,
      starting: { e_0: NOON },
      leaving: {},
    });
    expect(learnList(undefined, ['e_0'], new Map(), 5, NOON).starting).toEqual({ e_0: 5 });
  });

  test('that is new starts at the list before: its first events may lie in between', () => {
    expect(learn(LISTED, [...TYPES, 'e_new']).starting).toEqual({ e_new: NOON - HOUR });
  });

  test('that is new starts where the configuration says', () => {
    expect(learnList(LISTED, [...TYPES, 'e_new'], storedOf(TYPES), 5, NOON).starting).toEqual({ e_new: 5 });
  });

  test('that is not stored yet keeps its start over the lists that follow', () => {
    const before = { ...LISTED, eventTypes: [...TYPES, 'e_new'], starting: { e_new: 7 } };
    expect(learn(before, before.eventTypes).starting).toEqual({ e_new: 7 });
    expect(learn(before, before.eventTypes, storedOf(before.eventTypes)).starting).toEqual({});
  });

  test('that is gone is polled up to then', () => {
    const after = learn(LISTED, TYPES.slice(1), storedOf(TYPES, NOON - 1));
    expect(after.leaving).toEqual({ e_0: NOON });
    expect(typesToPoll(after, storedOf(TYPES, NOON - 1))).toEqual([...TYPES.slice(1), 'e_0']);
  });

  test('that is gone and was never stored is forgotten', () => {
    expect(learn(LISTED, TYPES.slice(1), new Map()).leaving).toEqual({});
  });

  test('that left long ago keeps its own end', () => {
    const before = { ...LISTED, leaving: { e_old: 9 } };
    const stored = storedOf([...TYPES, 'e_old'], 8);
    expect(learn(before, TYPES, stored).leaving).toEqual({ e_old: 9 });
    expect(learn(before, TYPES, storedOf([...TYPES, 'e_old'], 9)).leaving).toEqual({});
  });

  test('that is back is polled as before, from where it stands', () => {
    const before = { ...LISTED, eventTypes: TYPES.slice(1), leaving: { e_0: 9 } };
    const after = learn(before, TYPES, storedOf(TYPES, 8));
    expect([after.leaving, after.starting, after.eventTypes]).toEqual([{}, {}, TYPES]);
  });

  const quarantine = { since: 0, retryAt: 1, reason: 'refused' };
  const refused = (at: number, code = 'hubspot-bad-request') => ({ lastError: { at, code, message: '' } });
  test.each<[string, Partial<Checkpoint>, boolean]>([
    ['is polled where it is behind', { watermark: 8 }, true],
    ['is polled no more once it is read', { watermark: 9 }, false],
    ['is polled no more where it is set aside', { watermark: 8, quarantine }, false],
    ['is polled no more where HubSpot refuses it since', { watermark: 8, ...refused(9) }, false],
    ['is polled where HubSpot refused it before', { watermark: 8, ...refused(8) }, true],
    ['is polled where HubSpot only failed', { watermark: 8, ...refused(9, 'hubspot-unavailable') }, true],
  ])('that leaves %s', (_what, change, isPolled) => {
    const leaving = { ...LISTED, leaving: { e_old: 9 } };
    const polled = typesToPoll(leaving, storedOf(['e_old'], 0, change));
    expect(polled.includes('e_old')).toBe(isPolled);
  });
});

describe('a list that lacks types of the one before', () => {
  test.each<[string, number, number, boolean]>([
    ['two of ten', 10, 8, false],
    ['three of ten', 10, 7, true],
    ['three of fifteen', 15, 12, false],
    ['four of fifteen', 15, 11, true],
    ['two of three', 3, 1, false],
  ])('(%s) is doubted or not', (_what, amount, left, isDoubted) => {
    const types = Array.from({ length: amount }, (_, index) => `e_${index}`);
    const before = { ...LISTED, eventTypes: types };
    const after = learn(before, types.slice(0, left), storedOf(types, NOON - 1));
    expect(after.doubtedAt !== undefined).toBe(isDoubted);
    if (isDoubted) expect(after).toEqual({ ...before, doubtedAt: NOON });
    else expect(after.eventTypes).toHaveLength(left);
  });

  test('many of them is believed when it comes again', () => {
    const after = learn(doubted(), TYPES.slice(5), storedOf(TYPES, NOON - 1));
    expect([after.eventTypes, after.doubtedAt]).toEqual([TYPES.slice(5), undefined]);
    expect(Object.keys(after.leaving)).toEqual(TYPES.slice(0, 5));
  });

  test('is forgotten where the next one is whole again', () => {
    const after = learn(doubted(), TYPES);
    expect(after).toEqual({ ...LISTED, discoveredAt: NOON });
  });

  test('tells which', () => {
    expect(lackingIn(['e_3', 'e_x'], { ...LISTED, eventTypes: ['e_1', 'e_3'] })).toEqual(['e_1']);
  });
});
