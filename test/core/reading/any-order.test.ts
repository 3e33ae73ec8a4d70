/** A reading under everything that a run may do, in any order: what must hold after every step, and at the end. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startPass } from '../../../functions/poller/core/checkpoint.ts';
import type { PageEntry } from '../../../functions/poller/core/event/event.ts';
import type { Span } from '../../../functions/poller/core/reading/sweep.ts';
import { MINUTE, NOON, SECOND } from '../../support/rig.ts';
import { answerPage, type Hub, hubOf, readToEnd, ScriptedRun } from './scripted-run.ts';
import '../../support/seeded-properties.ts';

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
          const wrong = segments.filter(({ from, to, position, windowTo }, index) => {
            const isInTurn = to < (segments[index + 1]?.from ?? Number.POSITIVE_INFINITY);
            const isWhole = to === world.to || (to + 1) % SECOND === 0;
            return !(isInTurn && isWhole && from <= position && to <= windowTo);
          });
          expect(wrong).toEqual([]);
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

  test('loses nothing of the spans of a window that is more than a page, and of one that is not, nothing at all', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 3 * MINUTE }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(worlds, cuts, scripts, (world, at, script) => {
        const { mostPerPage, chains, to, instants: all } = world;
        const spans = spansWithin(world, at);
        const hub = hubOf(all, mostPerPage);
        const run = new ScriptedRun(hub, startPass(world.from, to, to), chains, spans);
        const isInSpan = ({ occurredAt = 0 }: PageEntry) =>
          spans.some((span) => occurredAt >= span.from && occurredAt <= span.to);
        const isInWindow = ({ occurredAt = 0 }: PageEntry) => occurredAt >= world.from && occurredAt <= to;
        for (const number of script) {
          const possible = number % 12 === 0 ? run.failures() : run.steps();
          possible[Math.floor(number / 12) % possible.length]?.();
          if (run.reading.segments.length === 0) break;
        }
        readToEnd(run);
        const first = { segmentId: 0, from: world.from, to, cursor: undefined };
        const isOnePage = answerPage(hub, first).cursor === undefined;
        const due = hub.entries.filter(isOnePage ? isInWindow : isInSpan);
        expect(due.filter((entry) => !run.published.has(entry))).toEqual([]);
      }),
      RUNS,
    );
  });
});

/** Spans of the window, the first of which begins with it. */
function spansWithin({ from, to }: World, at: readonly number[]): Span[] {
  const ends = [...new Set(at.map((ms) => Math.min(to, from + ms)))].sort((a, b) => a - b);
  return [from - 1, ...ends].flatMap((end, index, all) => {
    const next = all[index + 1];
    return index % 2 === 0 && next !== undefined && next > end ? [{ from: end + 1, to: next }] : [];
  });
}
