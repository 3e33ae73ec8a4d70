/**
 * What the poller must know of the event types: from what HubSpot told its runs, and not from what it stored.
 *
 *   a run that had nothing against it ─▶ its list, or its settings' types ─▶ known, and since when each must be read
 */

import { isIn } from '../schedule/span.ts';
import type { RunFacts } from '../world/run-facts.ts';
import type { World } from '../world/world.ts';

export interface KnownType {
  /** From here on all of its events must come, where no instant is configured. */
  readonly startsAt: number;
  /** In how many lists it was since. */
  lists: number;
}

/** What HubSpot answered to the queries of a type. */
interface TypeAnswers {
  shownAt: number;
  refusedAt: number;
  /** Refusals of this very type since it was last shown, each by another run. */
  refusedTo: Set<RunFacts>;
  /** It was refused twice in a row. */
  isConfirmed: boolean;
}

export interface Knowledge {
  readonly types: Map<string, KnownType>;
  readonly answers: Map<string, TypeAnswers>;
  /** The last list that a run was given which had nothing against it. */
  list: readonly string[] | undefined;
  /** The end of the first run that had a list and nothing against it. */
  firstListEnd: number | undefined;
  /** Runs that began before this wrote into a table that is no more. */
  forgottenAt: number;
  /** Every list that a run was given. */
  readonly lists: { readonly at: number; readonly types: ReadonlySet<string> }[];
}

export function createKnowledge(): Knowledge {
  return {
    types: new Map(),
    answers: new Map(),
    list: undefined,
    firstListEnd: undefined,
    forgottenAt: Number.NEGATIVE_INFINITY,
    lists: [],
  };
}

export function noteList({ knowledge }: World, run: RunFacts, at: number, types: readonly string[]): void {
  run.lists.push({ at, types });
  knowledge.lists.push({ at, types: new Set(types) });
}

export interface TypeAnswer {
  readonly isGood: boolean;
  readonly status: number;
  readonly at: number;
  readonly run: RunFacts;
  readonly isAccountWide: boolean;
}

export function noteTypeAnswer({ answers }: Knowledge, eventType: string, answer: TypeAnswer): void {
  const { isGood, status, at, run, isAccountWide } = answer;
  const known = answers.get(eventType) ?? {
    shownAt: Number.NEGATIVE_INFINITY,
    refusedAt: Number.NEGATIVE_INFINITY,
    refusedTo: new Set(),
    isConfirmed: false,
  };
  answers.set(eventType, known);
  run.shownAt.set(eventType, isGood ? at : Number.NEGATIVE_INFINITY);
  if (isGood) {
    run.accountRefusals.delete(eventType);
    // Another type could be read since: nobody can tell that it was the account.
    for (const refused of run.accountRefusals) noteOwnRefusal(answers, refused, run);
  }
  if (status !== 400 && status !== 403) return;
  known.refusedAt = at;
  if (isAccountWide) run.accountRefusals.add(eventType);
  else noteOwnRefusal(answers, eventType, run);
}

function noteOwnRefusal(answers: Knowledge['answers'], eventType: string, run: RunFacts): void {
  const known = answers.get(eventType);
  if (known === undefined) return;
  known.refusedTo.add(run);
  if (known.refusedTo.size > 1) known.isConfirmed = true;
}

/** True where HubSpot refuses that very type, and has shown nothing of it since. */
export function isRefused({ answers }: Knowledge, eventType: string): boolean {
  const known = answers.get(eventType);
  return known !== undefined && known.refusedAt > known.shownAt;
}

/** True where the last lists that runs were given have the type, so that it must be polled. */
export function isListedToAll({ lists }: Knowledge, eventType: string): boolean {
  return lists.length > 0 && lists.slice(-3).every(({ types }) => types.has(eventType));
}

/** So many types gone at once are doubted first. */
const LACKING_TYPES = 3;

/** Learns from a run that is over and that had nothing against it. */
export function noteRunEnd(world: World, run: RunFacts): void {
  const { knowledge, schedule } = world;
  const { request, endedAt } = run;
  noteShownTypes(knowledge, run);
  if (!isGood(run) || endedAt === undefined || run.startedAt < knowledge.forgottenAt) return;
  if (request.eventTypes !== 'all') {
    for (const type of request.eventTypes) learn(knowledge, type, endedAt);
    return;
  }
  for (const { at, types } of run.lists) {
    if (schedule.hubSpot.lists.some((span) => isIn(span, at))) continue;
    const lacking = (knowledge.list ?? []).filter((type) => !types.includes(type)).length;
    knowledge.list = types;
    if (lacking >= LACKING_TYPES) continue;
    for (const type of types) {
      learn(knowledge, type, startOf(world, type, at, endedAt));
      const known = knowledge.types.get(type);
      if (known !== undefined) known.lists += 1;
    }
    knowledge.firstListEnd ??= endedAt;
  }
}

/** That a type is read again the poller knows when a run could note it. */
function noteShownTypes({ answers }: Knowledge, run: RunFacts): void {
  const { table, bus, queue, slowPeer } = run.invocation.weather;
  const isCalm = table + bus + queue === 0 && slowPeer === undefined;
  if (run.outcome !== 'polled' || !isCalm || run.isPaired) return;
  for (const [type, at] of run.shownAt) {
    const known = answers.get(type);
    if (known === undefined || !Number.isFinite(at)) continue;
    known.shownAt = Math.max(known.shownAt, at);
    known.refusedTo.clear();
  }
}

function learn({ types }: Knowledge, type: string, startsAt: number): void {
  if (!types.has(type)) types.set(type, { startsAt, lists: 0 });
}

/**
 * A type that came after the first list: since it came, or since the last list that a run was given without it, for a
 * faulty one can hide it. Any other: since the run that learned of it.
 */
function startOf({ knowledge, schedule }: World, type: string, listedAt: number, endedAt: number): number {
  const { firstListEnd } = knowledge;
  const plan = schedule.hubSpot.types.find(({ name }) => name === type);
  const from = plan?.listed.find((span) => isIn(span, listedAt))?.from;
  if (firstListEnd === undefined || from === undefined || from <= firstListEnd) return endedAt;
  const lackedAt = knowledge.lists.findLast(({ at, types }) => at < listedAt && !types.has(type))?.at ?? from;
  return Math.max(from, lackedAt);
}

/** True of a run that nothing stood in the way of. */
function isGood({ killedAt, hasLease, outcome, isPaired, invocation }: RunFacts): boolean {
  const { hubSpot, strays, table, slowPeer } = invocation.weather;
  const isSlow = slowPeer?.peer === 'hubSpot' || slowPeer?.peer === 'table';
  const isCalm = hubSpot === 0 && strays === 0 && table === 0 && !isSlow;
  return killedAt === undefined && hasLease && !isPaired && outcome === 'polled' && isCalm;
}

/** The table is an older one from now on: whatever was known is known no more. */
export function forgetAll(knowledge: Knowledge, now: number): void {
  knowledge.forgottenAt = now;
  knowledge.types.clear();
  knowledge.list = undefined;
  knowledge.firstListEnd = undefined;
}
