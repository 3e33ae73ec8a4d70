/**
 * Who is told of which trouble, and when: a second portal's trouble is a second message, and none is told twice.
 *
 *   seen ─▶ (a failure: seen for ten minutes) ─▶ told ─▶ well for an hour ─▶ forgotten
 */
import type { Instant } from '../core/instant.ts';
import type { Telling, TroubleKind } from '../ports.ts';
import type { PortalJudgement } from './judge.ts';

/** How long a trouble must last before somebody is told: HubSpot's hiccups last seconds to minutes. */
const PATIENCE_MS: Readonly<Record<TroubleKind, number>> = {
  'schedule-off': 0,
  'no-schedule': 0,
  'never-polled': 0,
  silent: 0,
  behind: 0,
  // Two roll calls more: a run that failed once has succeeded by then.
  failing: 600_000 - 60_000,
};

/** What comes back within the hour is the same trouble: a portal that comes and goes is told once. */
const REMEMBERED_MS = 3_600_000;

/** The most troubles that are kept: an item of DynamoDB has 400 KB, and each takes under 150 bytes. */
const MOST_TELLINGS = 2_000;

export interface TellingPlan {
  /** What is to be told now. */
  readonly due: readonly Telling[];
  /** What is to be kept once it is told. */
  readonly next: readonly Telling[];
}

export function planTellings(
  kept: readonly Telling[],
  judged: readonly PortalJudgement[],
  now: Instant,
): TellingPlan {
  const before = new Map(kept.map((telling) => [keyOf(telling), telling]));
  const seen = judged
    .flatMap(({ portal, troubles }) => troubles.map(({ kind }) => ({ portal, kind })))
    .map((trouble): Telling => {
      const known = before.get(keyOf(trouble));
      return { ...trouble, since: known?.since ?? now, seenAt: now, isTold: known?.isTold ?? false };
    });
  const present = new Set(seen.map(keyOf));
  const remembered = kept.filter(
    (telling) => !present.has(keyOf(telling)) && telling.isTold && now - telling.seenAt < REMEMBERED_MS,
  );
  // Those that were told come first: what does not fit must not be told again and again.
  const all = [
    ...seen.filter(({ isTold }) => isTold),
    ...remembered,
    ...seen.filter(({ isTold }) => !isTold),
  ];
  const fitting = all.slice(0, MOST_TELLINGS);
  const due = fitting.filter(({ isTold, since, kind }) => !isTold && now - since >= PATIENCE_MS[kind]);
  const dueKeys = new Set(due.map(keyOf));
  const next = fitting.map((telling) =>
    dueKeys.has(keyOf(telling)) ? { ...telling, isTold: true } : telling,
  );
  return { due, next };
}

function keyOf({ portal, kind }: Pick<Telling, 'portal' | 'kind'>): string {
  return `${kind} ${portal}`;
}
