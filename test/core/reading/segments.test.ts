import { describe, expect, test } from 'vitest';
import { type PassSegment, startPass } from '../../../functions/poller/core/checkpoint.ts';
import type { PageEntry } from '../../../functions/poller/core/event/event.ts';
import {
  forgetCursor,
  isWithin,
  noteAnswer,
  notePartly,
  noteResolved,
  passOf,
  type Reading,
  startReading,
  takePage,
} from '../../../functions/poller/core/reading/reading.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../support/rig.ts';
import { entryAt } from './scripted-run.ts';
import { ask, askAndAnswer, pageOf, readingOf, resumedAt } from './steps.ts';

describe('a page that is resolved in part', () => {
  /** Two pages of one chain are answered: 1 to 3 s, and 4 to 6 s; `end` is the cursor behind the second. */
  function answerTwo(end: string | undefined) {
    const at = (...seconds: readonly number[]) => seconds.map((second) => NOON + second * SECOND);
    const first = askAndAnswer(readingOf(NOON, NOON + HOUR), at(1, 2, 3), 'c1');
    const second = askAndAnswer(first.reading, at(4, 5, 6), end);
    return { reading: second.reading, first: first.page, second: second.page };
  }
  const placeOf = (reading: Reading) =>
    passOf(reading).segments.map(({ position, cursor }) => [position - NOON, cursor]);

  test('has its position moved to what is left, and its cursor stays', () => {
    const { reading, first } = answerTwo('c2');
    expect(placeOf(notePartly(reading, first, NOON + 2 * SECOND))).toEqual([[2 * SECOND, undefined]]);
  });

  test('is not passed by the pages behind it', () => {
    const { reading, first, second } = answerTwo('c2');
    const left = notePartly(reading, first, NOON + 2 * SECOND);
    expect(placeOf(noteResolved(left, second))).toEqual([[2 * SECOND, undefined]]);
    expect(placeOf(notePartly(left, second, NOON + 5 * SECOND))).toEqual([[2 * SECOND, undefined]]);
  });

  test('moves nothing where what is left has no time', () => {
    const { reading, first } = answerTwo('c2');
    expect(placeOf(notePartly(reading, first, undefined))).toEqual([[0, undefined]]);
  });

  test.each(['c2', undefined])('before the page in front of it is where the next run begins (%s)', (end) => {
    const { reading, first, second } = answerTwo(end);
    const left = notePartly(reading, second, NOON + 5 * SECOND);
    expect(placeOf(left)).toEqual([[0, undefined]]);
    expect(placeOf(noteResolved(left, first))).toEqual([[3 * SECOND, 'c1']]);
  });

  test('after the page in front of it keeps its own cursor', () => {
    const { reading, first, second } = answerTwo('c2');
    const left = notePartly(noteResolved(reading, first), second, NOON + 5 * SECOND);
    expect(placeOf(left)).toEqual([[5 * SECOND, 'c1']]);
  });

  test('that was not answered keeps its place too', () => {
    const { reading } = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON + SECOND], 'c1');
    const second = ask(reading, 1);
    const first = { ...second.page, cursor: undefined };
    expect(placeOf(noteResolved(second.reading, first))).toEqual([[SECOND, 'c1']]);
  });
});

describe('a segment that an earlier run left', () => {
  const LEFT: PassSegment = { from: NOON, to: NOON + HOUR, position: NOON + MINUTE };

  test.each<[string, PassSegment, object]>([
    ['is asked from its position', LEFT, { from: NOON + MINUTE, to: NOON + HOUR, cursor: undefined }],
    [
      'with its cursor is asked of the window that is the cursor’s',
      { ...LEFT, cursor: 'c', windowTo: NOON + 2 * HOUR },
      { from: NOON, to: NOON + 2 * HOUR, cursor: 'c' },
    ],
    [
      'that was not ascending is asked from its start where its cursor is gone',
      { ...LEFT, isUnordered: true },
      { from: NOON, to: NOON + HOUR, cursor: undefined },
    ],
  ])('%s', (_what, segment, page) => {
    expect(ask(resumedAt(segment)).page).toMatchObject(page);
  });

  test('counts as resumed until the first page of its cursor is answered', () => {
    const resumed = resumedAt({ ...LEFT, cursor: 'c' });
    const answered = askAndAnswer(resumed, [NOON + MINUTE], 'd').reading;
    expect([resumed, answered].map(({ segments }) => segments[0]?.isResumed)).toEqual([true, false]);
    expect(resumedAt(LEFT).segments[0]?.isResumed).toBe(false);
  });

  test('whose cursor HubSpot no longer knows starts again at its position, in a window of its own', () => {
    const { reading, page } = ask(resumedAt({ ...LEFT, cursor: 'c', windowTo: NOON + 2 * HOUR }));
    const fresh = ask(forgetCursor(reading, page));
    expect(fresh.page).toMatchObject({ from: NOON + MINUTE, to: NOON + HOUR, cursor: undefined });
    expect(fresh.reading.segments[0]?.isResumed).toBe(false);
  });

  test('that was not ascending starts again at its start where HubSpot no longer knows its cursor', () => {
    const { reading, page } = ask(resumedAt({ ...LEFT, cursor: 'c', isUnordered: true }));
    const { reading: fresh, page: again } = ask(forgetCursor(reading, page));
    expect(again).toMatchObject({ from: NOON, to: NOON + HOUR, cursor: undefined });
    expect(passOf(fresh).segments).toMatchObject([{ isUnordered: true }]);
  });

  test('that was not ascending never moves its position, whatever comes', () => {
    const { reading, page } = askAndAnswer(
      resumedAt({ ...LEFT, cursor: 'c', isUnordered: true }),
      [NOON + 2 * MINUTE, NOON + 3 * MINUTE],
      'd',
    );
    expect(passOf(noteResolved(reading, page)).segments).toMatchObject([
      { position: NOON + MINUTE, cursor: 'd', isUnordered: true },
    ]);
  });

  test('is stored as it was read', () => {
    const cursor = { ...LEFT, cursor: 'c', windowTo: NOON + 2 * HOUR };
    expect(passOf(resumedAt(cursor)).segments).toEqual([cursor]);
  });
});

describe('a chain', () => {
  test('whose pages stop ascending keeps its position, and leads on by its cursor', () => {
    const first = askAndAnswer(readingOf(NOON, NOON + 999), [NOON + 1, NOON + 9], 'c1');
    const second = askAndAnswer(noteResolved(first.reading, first.page), [NOON + 7, NOON + 12], 'c2');
    const segments = passOf(noteResolved(second.reading, second.page)).segments;
    expect(segments).toMatchObject([{ position: NOON + 9, cursor: 'c2', isUnordered: true }]);
  });

  test('that leads back fails, and its page stays open', () => {
    const { reading } = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON + 1], 'c1');
    const { reading: asked, page } = ask(reading, 1);
    expect(() => noteAnswer(asked, page, pageOf(NOON + 2), 'c1')).toThrow(/cursor must be a new one/);
  });

  test('of a segment that is read is told of no more', () => {
    const { reading, page } = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON + 1], undefined);
    const read = noteResolved(reading, page);
    expect(read.segments).toEqual([]);
    expect([noteResolved(read, page), notePartly(read, page, NOON), forgetCursor(read, page)]).toEqual([
      read,
      read,
      read,
    ]);
  });
});

describe('a window of which only spans are to be read', () => {
  const SPANS = [
    { from: NOON, to: NOON + MINUTE },
    { from: NOON + 30 * MINUTE, to: NOON + 31 * MINUTE },
    { from: NOON + 50 * MINUTE, to: NOON + HOUR },
  ];
  const start = () => startReading('sweep', startPass(NOON, NOON + HOUR, NOON + HOUR), NOON, SPANS);
  const segmentsOf = (reading: Reading) => passOf(reading).segments;

  test('is read as a whole where it is one page', () => {
    const { reading, page } = askAndAnswer(start(), [NOON + 10 * MINUTE, NOON + 40 * MINUTE], undefined);
    expect(page).toMatchObject({ from: NOON, to: NOON + HOUR });
    expect(segmentsOf(noteResolved(reading, page))).toEqual([]);
  });

  test('waits for its first page: it says whether there are more', () => {
    expect(takePage(ask(start()).reading, 12)).toBeUndefined();
  });

  test('is narrowed to them where it is more, and the first goes on with its cursor', () => {
    const { reading, page } = askAndAnswer(start(), [NOON + SECOND, NOON + 2 * SECOND], 'c');
    expect(segmentsOf(noteResolved(reading, page))).toEqual([
      { from: NOON, to: NOON + MINUTE, position: NOON + 2 * SECOND, cursor: 'c', windowTo: NOON + HOUR },
      ...SPANS.slice(1).map(({ from, to }) => ({ from, to, position: from })),
    ]);
    expect(ask(reading).page).toMatchObject({ ...SPANS[1], cursor: undefined });
  });

  test('is not read up to the first of them where that lies apart from its start', () => {
    const apart = SPANS.slice(1);
    const begun = startReading('sweep', startPass(NOON, NOON + HOUR, NOON + HOUR), NOON, apart);
    const { reading, page } = askAndAnswer(begun, [NOON + SECOND, NOON + 2 * SECOND], 'c');
    expect(segmentsOf(noteResolved(reading, page))).toEqual(
      apart.map(({ from, to }) => ({ from, to, position: from })),
    );
  });

  test('has its first span behind it where the page led beyond that', () => {
    const { reading, page } = askAndAnswer(start(), [NOON + SECOND, NOON + 5 * MINUTE], 'c');
    expect(segmentsOf(noteResolved(reading, page)).map(({ from }) => from)).toEqual(
      SPANS.slice(1).map(({ from }) => from),
    );
  });

  test('is narrowed once', () => {
    const { reading, page } = askAndAnswer(start(), [NOON + SECOND], 'c1');
    const [second] = SPANS.slice(1);
    const asked = ask(noteResolved(reading, page));
    const answered = noteAnswer(asked.reading, asked.page, pageOf(NOON + 3 * SECOND), 'c2');
    expect(segmentsOf(answered).map(({ from }) => from)).toEqual(SPANS.map(({ from }) => from));
    expect(segmentsOf(answered)[1]?.to).toBe(second?.to);
  });
});

test.each([
  [NOON - 1, false],
  [NOON, true],
  [NOON + HOUR, true],
  [NOON + HOUR + 1, false],
])('an entry of %i is within the window: %s', (occurredAt, isIn) => {
  expect(isWithin(readingOf(NOON, NOON + HOUR), entryAt(occurredAt, 'x'))).toBe(isIn);
});

test('an entry without a time is within every window', () => {
  const undated: PageEntry = { kind: 'poison', reason: '', text: '', occurredAt: undefined };
  expect(isWithin(readingOf(NOON, NOON + HOUR), undated)).toBe(true);
});
