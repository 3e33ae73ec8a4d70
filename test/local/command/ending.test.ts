import { afterEach, expect, test } from 'vitest';
import { createEnding, type Ending } from '../../../infra/local/command/ending.ts';

const open: Ending[] = [];
afterEach(() => {
  for (const ending of open.splice(0)) ending.dispose();
});

function start(underWay: readonly string[], isStateKept: boolean) {
  const said: string[] = [];
  let kills = 0;
  let now = 1_000_000;
  const ending = createEnding(
    {
      polling: { underWay: new Set(underWay) },
      view: { showEnding: (sentence) => said.push(sentence) },
      isStateKept,
      kill: () => {
        kills += 1;
      },
    },
    () => now,
  );
  open.push(ending);
  const askAfter = (milliseconds: number) => {
    now += milliseconds;
    ending.ask();
  };
  return { said, kills: () => kills, askAfter };
}

test('with no run under way it ends at once, with a word', () => {
  const { said, kills, askAfter } = start([], true);
  askAfter(0);
  expect([said, kills()]).toEqual([['Ending.'], 0]);
});

test('a run whose state is in memory alone is broken off at once', () => {
  const { said, kills, askAfter } = start(['main'], false);
  askAfter(0);
  expect(kills()).toBe(1);
  expect(said).toEqual(['Ending: the run of main is broken off, for its state was in memory alone.']);
});

test('several are broken off', () => {
  const { said, askAfter } = start(['main', 'other'], false);
  askAfter(0);
  expect(said).toEqual([
    'Ending: the runs of 2 portals are broken off, for their state was in memory alone.',
  ]);
});

test('a run whose state is kept is waited for, and it says so; asked again later it is killed', () => {
  const { said, kills, askAfter } = start(['a', 'b'], true);
  askAfter(0);
  // The terminal and npm each tell of one Ctrl-C.
  askAfter(3);
  expect(kills()).toBe(0);
  expect(said).toEqual([
    'Ending: waiting for the runs of 2 portals, at most 10 seconds; Ctrl-C again ends at once.',
  ]);
  askAfter(900);
  expect(kills()).toBe(1);
});
