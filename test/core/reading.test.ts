import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PassSegment, startPass } from '../../functions/poller/core/checkpoint.ts';
import type { PageEntry } from '../../functions/poller/core/event.ts';
import {
  forgetCursor,
  isWithin,
  noteAnswer,
  notePartly,
  noteResolved,
  type PageToAsk,
  passOf,
  type Reading,
  startReading,
  takePage,
} from '../../functions/poller/core/reading.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../support/rig.ts';
import { entryAt, type Hub, hubOf, readToEnd, ScriptedRun } from './reading-script.ts';
import '../support/seeded-properties.ts';

interface World {
  readonly instants: readonly number[];
  readonly mostPerPage: number;
  readonly chains: number;
  readonly from: number;
  readonly to: number;
}

/** Bursts and quiet times in a window of some minutes, and to both sides of it. */
const instants = fc
  .array(
    fc.record({
      at: fc.integer({ min: -2 * SECOND, max: 3 * MINUTE + 2 * SECOND }),
      amount: fc.integer({ min: 1, max: 60 }),
      apartMs: fc.constantFrom(0, 1, 40, 900),
    }),
    { maxLength: 8 },
  )
  .map((groups) =>
    groups.flatMap(({ at, amount, apartMs }) =>
      Array.from({ length: amount }, (_, index) => NOON + at + index * apartMs),
    ),
  );
const worlds: fc.Arbitrary<World> = fc.record({
  instants,
  mostPerPage: fc.integer({ min: 1, max: 12 }),
  chains: fc.integer({ min: 1, max: 12 }),
  from: fc.integer({ min: 0, max: SECOND }).map((ms) => NOON + ms),
  to: fc.integer({ min: 0, max: 3 * MINUTE }).map((ms) => NOON + SECOND + ms),
});
const scripts = fc.array(fc.nat(1_000), { maxLength: 150, size: 'max' });
const RUNS = { numRuns: 250 };

/** Does what the script says, then all that is left; `check` looks on after every step. */
function play(
  { mostPerPage, chains, from, to, instants: all }: World,
  script: readonly number[],
  mayFail: boolean,
  check: (run: ScriptedRun, due: readonly PageEntry[]) => void = () => undefined,
  hub: Hub = hubOf(all, mostPerPage),
): { run: ScriptedRun; due: readonly PageEntry[] } {
  const due = hub.entries.filter(({ occurredAt = from }) => occurredAt >= from && occurredAt <= to);
  const run = new ScriptedRun(hub, startPass(from, to, to), chains);
  for (const number of script) {
    const isFailing = mayFail && number % 12 === 0;
    const possible = isFailing ? run.failures() : run.steps();
    possible[Math.floor(number / 12) % possible.length]?.();
    check(run, due);
    if (run.reading.segments.length === 0) break;
  }
  readToEnd(run);
  return { run, due };
}

describe('a reading, in whatever order pages are asked for, answered and resolved', () => {
  test('publishes every entry of its window and none beside it, and ends', () => {
    fc.assert(
      fc.property(worlds, scripts, (world, script) => {
        const { run, due } = play(world, script, false);
        expect(due.filter((entry) => !run.published.has(entry))).toEqual([]);
        expect(run.published.size).toBe(due.length);
      }),
      RUNS,
    );
  });

  test('loses nothing, whatever fails in between and wherever another run goes on', () => {
    fc.assert(
      fc.property(worlds, scripts, (world, script) => {
        const { run, due } = play(world, script, true);
        expect(due.filter((entry) => !run.published.has(entry))).toEqual([]);
      }),
      RUNS,
    );
  });

  test('never has a position behind an entry that is not resolved', () => {
    fc.assert(
      fc.property(worlds, scripts, (world, script) => {
        play(world, script, true, ({ reading, published }, due) => {
          const isLeft = ({ occurredAt = 0 }: PageEntry) =>
            reading.segments.some(({ position, to }) => occurredAt >= position && occurredAt <= to);
          expect(due.filter((entry) => !published.has(entry) && !isLeft(entry))).toEqual([]);
        });
      }),
      RUNS,
    );
  });

  test('has segments that follow each other, each cut off at a whole second', () => {
    fc.assert(
      fc.property(worlds, scripts, (world, script) => {
        play(world, script, true, ({ reading: { segments } }) => {
          segments.forEach(({ from, to, position, windowTo }, index) => {
            const nextFrom = segments[index + 1]?.from ?? Number.POSITIVE_INFINITY;
            expect([from <= position, to <= windowTo, to < nextFrom]).toEqual([true, true, true]);
            if (to < world.to) expect((to + 1) % SECOND).toBe(0);
          });
        });
      }),
      RUNS,
    );
  });

  test('has at most two pages of a chain under way, and segments to come as small as they are', () => {
    fc.assert(
      fc.property(worlds, scripts, (world, script) => {
        play(world, script, false, ({ reading }) => {
          expect(reading.segments.filter(({ pages }) => pages.length > 2)).toEqual([]);
          // Nobody has begun with it: it is asked for as it is, not as what it was cut off from.
          const fresh = reading.segments.filter(({ chain, pages }) => !chain.isStarted && pages.length === 0);
          expect(fresh.filter(({ to, windowTo }) => windowTo !== to)).toEqual([]);
        });
      }),
      RUNS,
    );
  });

  test('loses nothing of a HubSpot whose pages descend, and never moves the position of such a chain', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 2, max: 12 }), scripts, (world, mostPerPage, script) => {
        // Each at an instant of its own: a page shows then in which order it is.
        const { entries } = hubOf([...new Set(world.instants)], mostPerPage);
        const hub = { entries: entries.toReversed(), mostPerPage };
        const check = ({ reading: { segments } }: ScriptedRun) => {
          const unordered = segments.filter(({ chain }) => !chain.isAscending);
          expect(unordered.filter(({ position, from }) => position !== from)).toEqual([]);
        };
        const { run, due } = play(world, script, true, check, hub);
        expect(due.filter((entry) => !run.published.has(entry))).toEqual([]);
      }),
      RUNS,
    );
  });
});

const LIVE = Number.NEGATIVE_INFINITY;
const readingOf = (from: number, to: number) => startReading('live', startPass(from, to, to), LIVE);
const resumedAt = (segment: PassSegment) => {
  const { from, to } = segment;
  return startReading('live', { startedAt: to, from, to, segments: [segment] }, LIVE);
};
const pageOf = (...at: readonly number[]) => at.map((instant) => entryAt(instant, `at-${instant}`));

/** The next page, which there must be. */
function ask(reading: Reading, chains = 12): { reading: Reading; page: PageToAsk } {
  const taken = takePage(reading, chains);
  if (taken === undefined) throw new Error('There must be a page to ask for, found none.');
  return taken;
}

/** Asks for the next page and answers it. */
function askAndAnswer(before: Reading, at: readonly number[], cursor: string | undefined, chains = 1) {
  const { reading, page } = ask(before, chains);
  return { reading: noteAnswer(reading, page, pageOf(...at), cursor), page };
}

describe('the page to ask for', () => {
  test('is the first of the window alone while nothing is known of it', () => {
    const { reading, page } = ask(readingOf(NOON, NOON + HOUR));
    expect(page).toEqual({ segmentId: 0, from: NOON, to: NOON + HOUR, cursor: undefined });
    expect(takePage(reading, 12)).toBeUndefined();
  });

  test('is of many segments, each from a whole second on, as soon as a page shows how much is left', () => {
    const first = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON, NOON + 9_500], 'c', 12);
    let { reading } = first;
    const pages: PageToAsk[] = [];
    for (let next = takePage(reading, 4); next !== undefined; next = takePage(reading, 4)) {
      reading = next.reading;
      pages.push(next.page);
      if (pages.length > 20) break;
    }
    const segments = pages.filter(({ cursor }) => cursor === undefined);
    expect(segments.length).toBeGreaterThanOrEqual(3);
    expect(segments.filter(({ from }) => from % SECOND !== 0)).toEqual([]);
    expect(segments.at(-1)?.to).toBe(NOON + HOUR);
    // The first segment was cut off in front of the others, and its next page is asked for ahead.
    expect(pages.filter(({ segmentId }) => segmentId === 0)).toMatchObject([{ cursor: 'c' }]);
  });

  test('of a segment cut off while it was read is of the window that its cursor is of', () => {
    const { reading } = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON, NOON + 9_500], 'c', 12);
    const cut = ask(reading).reading;
    expect(cut.segments.length).toBeGreaterThan(1);
    let next = noteResolved(cut, { segmentId: 0, from: NOON, to: NOON + HOUR, cursor: undefined });
    for (;;) {
      const { reading: after, page } = ask(next);
      if (page.segmentId === 0) {
        expect(page).toMatchObject({ from: NOON, to: NOON + HOUR, cursor: 'c' });
        break;
      }
      next = after;
    }
  });

  test('of a chain that is not ascending is the next of its window, which is not cut', () => {
    const first = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON + 9_500, NOON], 'c', 12);
    const { reading, page } = ask(first.reading);
    expect(page).toEqual({ segmentId: 0, from: NOON, to: NOON + HOUR, cursor: 'c' });
    expect(reading.segments).toHaveLength(1);
  });

  test('of a dense second is the next of its chain, while the one before is published, and no further', () => {
    const dense = Array.from({ length: 100 }, () => NOON + 500);
    let { reading } = askAndAnswer(readingOf(NOON, NOON + 999), dense, 'c1', 12);
    const second = ask(reading);
    expect(second.page).toMatchObject({ segmentId: 0, cursor: 'c1' });
    expect(takePage(second.reading, 12)).toBeUndefined();
    reading = noteAnswer(second.reading, second.page, pageOf(NOON + 500), 'c2');
    // Answered, but two are not resolved yet.
    expect(takePage(reading, 12)).toBeUndefined();
    reading = noteResolved(reading, { ...second.page, cursor: undefined });
    expect(ask(reading).page).toMatchObject({ segmentId: 0, cursor: 'c2' });
  });

  test('is none behind the end of a segment, though the window of its cursor has more', () => {
    const segment = { from: NOON, to: NOON + 9_999, position: NOON, cursor: 'c', windowTo: NOON + HOUR };
    const upTo = askAndAnswer(resumedAt(segment), [NOON, NOON + 9_999], 'd');
    expect(ask(upTo.reading, 1).page).toMatchObject({ cursor: 'd' });
    const beyond = askAndAnswer(resumedAt(segment), [NOON, NOON + 10_000], 'd');
    expect(takePage(beyond.reading, 1)).toBeUndefined();
    expect(noteResolved(beyond.reading, beyond.page).segments).toEqual([]);
  });

  /** So many events, so far apart. */
  const even = (amount: number, apartMs: number, from = NOON) =>
    Array.from({ length: amount }, (_, index) => from + index * apartMs);

  test.each<[string, readonly number[], number, number]>([
    ['an even window', even(10_000, SECOND), 10_000 * SECOND, 125],
    ['a busy window', even(20_000, 10), 200 * SECOND, 300],
    ['a burst of one instant before a quiet day', [...even(1_000, 0), ...even(24, HOUR)], 24 * HOUR, 50],
    ['a busy second before a quiet day', [...even(1_000, 1), ...even(24, HOUR)], 24 * HOUR, 50],
    ['a busy minute before a quiet day', [...even(1_000, 60), ...even(24, HOUR)], 24 * HOUR, 50],
    [
      'a quiet day with a busy second in it',
      [...even(200, MINUTE), ...even(1_000, 1, NOON + 4 * HOUR)],
      24 * HOUR,
      50,
    ],
  ])('is rarely an empty one in %s, though HubSpot caps pages at 100', (_what, all, lengthMs, most) => {
    const run = new ScriptedRun(hubOf(all, 100), startPass(NOON, NOON + lengthMs, NOON), 12);
    readToEnd(run);
    expect(run.published.size).toBe(all.length);
    expect(run.asked.length).toBeLessThanOrEqual(most);
  });
});

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
