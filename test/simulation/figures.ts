/** The figures of many schedules. */
import type { Judgement } from './checker/checker.ts';

export interface Figures {
  schedules: number;
  runs: number;
  events: number;
  promised: number;
  kills: number;
  repeats: number;
  repeatsAfterKills: number;
  repeatsAfterLostAnswers: number;
  repeatsAfterLedgerFailures: number;
  repeatsOfPairs: number;
  worstRepeatsOfAKill: number;
  violations: number;
}

export function startFigures(): Figures {
  return {
    schedules: 0,
    runs: 0,
    events: 0,
    promised: 0,
    kills: 0,
    repeats: 0,
    repeatsAfterKills: 0,
    repeatsAfterLostAnswers: 0,
    repeatsAfterLedgerFailures: 0,
    repeatsOfPairs: 0,
    worstRepeatsOfAKill: 0,
    violations: 0,
  };
}

export function addFigures(figures: Figures, judgement: Judgement): void {
  const { violations, runs, events, promised, kills, repeats } = judgement;
  figures.schedules += 1;
  figures.runs += runs;
  figures.events += events;
  figures.promised += promised;
  figures.kills += kills;
  figures.repeats += repeats.total;
  figures.repeatsAfterKills += repeats.afterKills;
  figures.repeatsAfterLostAnswers += repeats.afterLostAnswers;
  figures.repeatsAfterLedgerFailures += repeats.afterLedgerFailures;
  figures.repeatsOfPairs += repeats.ofPairs;
  figures.worstRepeatsOfAKill = Math.max(figures.worstRepeatsOfAKill, repeats.worstOfKill);
  figures.violations += violations.length;
}
