/** What the checker is told of HubSpot's answers to a run. */
import { isJsonObject } from '../../../functions/poller/core/event/json.ts';
import type { Answer } from '../../../infra/simulator/faults/error-answer.ts';
import { noteList, noteTypeAnswer } from '../checker/knowledge.ts';
import { mostSkewMs } from '../checker/promises.ts';
import { isIn } from '../schedule/span.ts';
import type { Asked } from './hubspot-mood.ts';
import type { AnswerCount, RunFacts } from './run-facts.ts';
import type { World } from './world.ts';

export interface NotedAnswer extends Answer {
  /** When HubSpot made it. */
  readonly at: number;
  readonly isPast: boolean;
  /** It is a fault of this request, whatever the account may do. */
  readonly isOwnFault: boolean;
}

/** A Retry-After of more than this is no pause any more. */
const LONGEST_WAIT_SECONDS = 3_600;

export function noteAnswered(
  world: World,
  facts: RunFacts,
  asked: Asked,
  answer: NotedAnswer,
  page: unknown,
): void {
  const { status, at, isPast } = answer;
  facts.unauthorized = status === 401 ? facts.unauthorized + 1 : 0;
  facts.fatalAnswer ??= fatalOf(answer);
  const isAccountWide = !answer.isOwnFault && world.schedule.hubSpot.account.some((span) => isIn(span, at));
  if (asked.isList) {
    const types = isJsonObject(page) ? page['eventTypes'] : undefined;
    if (Array.isArray(types)) noteList(world, facts, at, types.map(String));
    return;
  }
  const isGood = isJsonObject(page) && Array.isArray(page['results']);
  const count = countOf(world, facts, asked, isPast);
  // A window that goes on may be refused for how far back it reaches: its cursor is forgotten, and it is read on
  // from its position, which is later.
  const isForgotten = isPast && asked.hasCursor;
  if (isGood) count.good += 1;
  else if (!isForgotten) count.bad += 1;
  // A window that was refused for how far back it reaches, and one as far back is served since: it is over.
  const past = facts.answers.get(`past ${asked.eventType}`);
  if (isGood && past !== undefined && asked.from <= past.from) past.good += 1;
  noteTypeAnswer(world.knowledge, asked.eventType, { isGood, status, at, run: facts, isAccountWide });
  if (!isLive(world, facts, asked)) return;
  if (isGood && facts.liveRefusals > 0) facts.livePagesSince += 1;
  else if (status === 403 && isAccountWide) facts.liveRefusals += 1;
}

export function noteUnanswered(world: World, facts: RunFacts, asked: Asked): void {
  if (!asked.isList) countOf(world, facts, asked, false).bad += 1;
}

/** Only a live poll's window reaches up to the run's own time, where sweeps leave the overlap to it. */
function isLive({ schedule }: World, { startedAt, request }: RunFacts, { to }: Asked): boolean {
  // With clocks that differ nobody can tell.
  return to >= startedAt && request.overlapSeconds > 0 && mostSkewMs(schedule) === 0;
}

function countOf(world: World, facts: RunFacts, asked: Asked, isPast: boolean): AnswerCount {
  const { eventType } = asked;
  const kind = isPast ? 'past' : isLive(world, facts, asked) ? 'live' : 'other';
  const key = `${kind} ${eventType}`;
  const count = facts.answers.get(key) ?? { eventType, isPast, from: asked.from, good: 0, bad: 0 };
  count.from = asked.from;
  facts.answers.set(key, count);
  return count;
}

function fatalOf({ status, headers, body }: Answer): string | undefined {
  if (status === 477 || status === 525) return `status ${status}`;
  if (status !== 429) return undefined;
  if (body.includes('"DAILY"')) return 'the daily limit';
  return Number(headers['retry-after']) > LONGEST_WAIT_SECONDS ? 'a Retry-After of a day' : undefined;
}
