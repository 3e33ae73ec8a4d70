import { describe, expect, test } from 'vitest';
import { startPass } from '../../../functions/poller/core/checkpoint.ts';
import {
  noteAnswer,
  noteResolved,
  type PageToAsk,
  takePage,
} from '../../../functions/poller/core/reading/reading.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../../support/rig.ts';
import { hubOf, readToEnd, ScriptedRun } from './scripted-run.ts';
import { ask, askAndAnswer, pageOf, readingOf, resumedAt } from './steps.ts';

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

  test('is of a segment as long as its share of the pages left, by what the pages so far covered', () => {
    const first = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON, NOON + 10 * SECOND], 'c');
    const second = askAndAnswer(first.reading, [NOON + 15 * SECOND, NOON + 20 * SECOND], 'd');
    // 358 pages of ten seconds are left: of them a twelfth, or sixty, stay with the chain that is read.
    const cutFor = (chains: number) => ask(second.reading, chains).page;
    expect([cutFor(12), cutFor(2)]).toMatchObject([
      { from: NOON + 319 * SECOND, cursor: undefined },
      { from: NOON + 621 * SECOND, cursor: undefined },
    ]);
  });

  test('is the next of the chain alone while all that was shown is of one instant', () => {
    const { reading } = askAndAnswer(readingOf(NOON, NOON + HOUR), [NOON, NOON], 'c');
    const next = ask(reading, 12);
    expect(next.page).toMatchObject({ segmentId: 0, cursor: 'c' });
    expect(next.reading.segments).toHaveLength(1);
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

  test('is of no segment cut at its own beginning, though HubSpot shows the second before it', () => {
    let { reading } = askAndAnswer(readingOf(NOON, NOON + 2 * SECOND), [NOON, NOON + 100], 'c', 12);
    for (let pages = 0; pages < 40; pages += 1) {
      const next = takePage(reading, 12);
      if (next === undefined) break;
      const { page } = next;
      reading = noteAnswer(next.reading, page, pageOf(page.from - 900), `of ${page.segmentId} ${pages}`);
    }
    expect(reading.segments.length).toBeGreaterThan(1);
    expect(reading.segments.filter(({ from, to }) => from > to)).toEqual([]);
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
    ['an even window', even(5_000, SECOND), 5_000 * SECOND, 75],
    ['a busy window', even(6_000, 10), 60 * SECOND, 100],
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
