/** Which events came twice, and what excuses each repeat. */
import { FIRST_IN_FLIGHT_EVENTS } from '../../../functions/poller/publish/publish-page.ts';
import type { RunFacts } from '../world/run-facts.ts';
import { type Arrival, blame, type World } from '../world/world.ts';

export interface Repeats {
  readonly total: number;
  /** The most that one kill caused. */
  readonly worstOfKill: number;
  readonly afterKills: number;
  readonly afterLostAnswers: number;
  readonly afterLedgerFailures: number;
  readonly ofPairs: number;
}

/** What a run may have published and not yet written to the ledger, over all its streams. */
const IN_FLIGHT_EVENTS = 1_000;

type Excuse = 'kill' | 'lost-answer' | 'ledger-failure' | 'pair' | 'asked-for';

export function judgeRepeats(world: World): Repeats {
  const last = new Map<string, Arrival>();
  const counts = new Map<Excuse, number>();
  const byRun = new Map<RunFacts, { excuse: Excuse; amount: number }>();
  for (const arrival of world.arrivals) {
    const before = last.get(arrival.key);
    last.set(arrival.key, arrival);
    if (before === undefined) continue;
    const excuse = excuseOf(world, before, arrival);
    if (excuse === undefined) {
      const text = `${arrival.key} came from run ${before.run.index}, and again from run ${arrival.run.index}`;
      blame(world, 'repeat', text);
      continue;
    }
    counts.set(excuse, (counts.get(excuse) ?? 0) + 1);
    if (excuse === 'kill' || excuse === 'ledger-failure') {
      const amount = (byRun.get(before.run)?.amount ?? 0) + 1;
      byRun.set(before.run, { excuse, amount });
    }
  }
  for (const [run, { excuse, amount }] of byRun) {
    // Before its first row was written a run could not know whether the ledger takes any.
    const isFirstRound = excuse === 'ledger-failure' && run.ledgerWrites === 0;
    if (amount > (isFirstRound ? FIRST_IN_FLIGHT_EVENTS : IN_FLIGHT_EVENTS))
      blame(world, 'repeat-bound', `run ${run.index} caused ${amount} repeats by a ${excuse}`);
  }
  const killed = [...byRun.values()].filter(({ excuse }) => excuse === 'kill');
  return {
    total: [...counts.values()].reduce((sum, count) => sum + count, 0),
    worstOfKill: killed.reduce((most, { amount }) => Math.max(most, amount), 0),
    afterKills: counts.get('kill') ?? 0,
    afterLostAnswers: counts.get('lost-answer') ?? 0,
    afterLedgerFailures: counts.get('ledger-failure') ?? 0,
    ofPairs: counts.get('pair') ?? 0,
  };
}

/** Why `again` may have come after `before`; undefined where nothing excuses it. */
function excuseOf(world: World, before: Arrival, again: Arrival): Excuse | undefined {
  const asks = world.schedule.operations.some(
    (operation) => operation.kind === 'backfill' && operation.republish,
  );
  if (world.isLedgerDamaged || asks) return 'asked-for';
  // EventBridge and SQS know no idempotency: what may have been accepted is sent again.
  if (before.isAnswerLost && before.run.killedAt === undefined) return 'lost-answer';
  // A call that was given up on may arrive after the one that was sent in its place.
  if (again.isAnswerLost && again.run.killedAt === undefined && again.sentAt <= before.at)
    return 'lost-answer';
  if (before.run.isPaired && again.run.isPaired) return 'pair';
  if (before.run.killedAt !== undefined) return 'kill';
  // What the ledger is owed is known to its process alone.
  if (before.run.hasLedgerFailure && before.run.container !== again.run.container) return 'ledger-failure';
  return undefined;
}
