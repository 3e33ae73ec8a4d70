/** The steps of a reading, one by one. */
import { type PassSegment, startPass } from '../../../functions/poller/core/checkpoint.ts';
import {
  noteAnswer,
  type PageToAsk,
  type Reading,
  startReading,
  takePage,
} from '../../../functions/poller/core/reading/reading.ts';
import { entryAt } from './scripted-run.ts';

const LIVE = Number.NEGATIVE_INFINITY;
/** A reading of a window at its start. */
export const readingOf = (from: number, to: number) => startReading('live', startPass(from, to, to), LIVE);

/** A reading of one segment, as an earlier run left it. */
export const resumedAt = (segment: PassSegment) => {
  const { from, to } = segment;
  return startReading('live', { startedAt: to, from, to, segments: [segment] }, LIVE);
};

/** A page with an entry at each of the instants. */
export const pageOf = (...at: readonly number[]) => at.map((instant) => entryAt(instant, `at-${instant}`));

/** The next page, which there must be. */
export function ask(reading: Reading, chains = 12): { reading: Reading; page: PageToAsk } {
  const taken = takePage(reading, chains);
  if (taken === undefined) throw new Error('There must be a page to ask for, found none.');
  return taken;
}

/** Asks for the next page and answers it. */
export function askAndAnswer(before: Reading, at: readonly number[], cursor: string | undefined, chains = 1) {
  const { reading, page } = ask(before, chains);
  return { reading: noteAnswer(reading, page, pageOf(...at), cursor), page };
}
