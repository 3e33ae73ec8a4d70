/** What must hold of each run that was not killed: what it tells, and what it does without the lease. */
import { SECOND } from '../../support/rig.ts';
import type { RunFacts } from '../world/run-facts.ts';
import { blame, type World } from '../world/world.ts';
import { describeOutcome } from './recovery.ts';

export function judgeRun(world: World, run: RunFacts): void {
  if (run.killedAt !== undefined) return;
  const [report, second] = run.reports;
  if (report === undefined || second !== undefined) {
    blame(world, 'metrics', `run ${run.index} emitted its metrics ${run.reports.length} times`);
    return;
  }
  const { tally } = report;
  const figures = [
    ['EventsPublished', tally.eventsPublished, run.published],
    ['EventsDeadLettered', tally.eventsDeadLettered, run.lettered],
    ['HubSpotRequests', tally.hubSpotRequests, run.requestsAtEnd],
    ['EventAgeSeconds', tally.eventAgesSeconds.count, run.published],
  ] as const;
  for (const [name, said, happened] of figures) {
    if (said !== happened)
      blame(world, 'metrics', `run ${run.index}: ${name} says ${said}, and ${happened} happened`);
  }
  judgeFailing(world, run, report.streamsFailing);
  judgeOutcome(world, run);
  if (!run.hasLease && (run.requests > 0 || run.published > 0 || run.outcome === 'polled'))
    blame(world, 'lease', `run ${run.index} did not get the lease, and worked`);
  if (run.isPaired && !mayBePaired(world))
    blame(world, 'lease', `run ${run.index} shared the lease with another that was alive`);
}

/** What one request may wait for: where a run ends sooner, its time was not what ended it. */
const LONGEST_REQUEST_MS = 62 * SECOND;

/** Sweeps and backfills end so soon; a refusal of theirs is never waited for. */
const PAST_MS = 50 * SECOND;

/** A stream of which every request was refused, or failed, is one that fails. */
function judgeFailing(world: World, run: RunFacts, streamsFailing: number | undefined): void {
  const { endedAt, deadlineAt, outcome, isPaired, answers, startedAt } = run;
  if (outcome !== 'polled' || isPaired || streamsFailing !== 0 || endedAt === undefined) return;
  for (const [kind, { isPast, good, bad }] of answers) {
    // What ran out of time has not failed: it goes on with the next run.
    const timeUp = isPast ? Math.min(deadlineAt, startedAt + PAST_MS) : deadlineAt - LONGEST_REQUEST_MS;
    if (endedAt > timeUp) continue;
    if (good === 0 && bad > 0 && !kind.startsWith('other'))
      blame(
        world,
        'failing-hidden',
        `run ${run.index}: ${kind} failed ${bad} times, and StreamsFailing says 0`,
      );
  }
}

/** Of a single stream it ends the stream; thrown by the run it is the whole account's. */
const FORBIDDEN = 'hubspot-forbidden';

/** What stops the account, or the writing of the ledger, ends the run, and the run says so. */
function judgeOutcome(world: World, run: RunFacts): void {
  const { outcome } = run;
  const isFailed =
    typeof outcome === 'object' && (outcome.nextStep === 'end-run' || outcome.code === FORBIDDEN);
  const isBeforeAll = typeof outcome === 'object' && run.requests === 0;
  if (outcome === 'skipped' || isFailed || isBeforeAll) return;
  const reason = graveReasonOf(run);
  if (reason !== undefined)
    blame(world, 'outcome', `run ${run.index} met ${reason}, and ended as ${describeOutcome(run)}`);
}

function graveReasonOf(run: RunFacts): string | undefined {
  if (run.hasLedgerFailure) return 'a ledger that could not be written';
  if (run.fatalAnswer !== undefined) return run.fatalAnswer;
  if (run.unauthorized > 1) return 'a token that is refused';
  return run.liveRefusals > 0 && run.livePagesSince === 0 ? 'a 403 for everything' : undefined;
}

/** Only where a run was made to ignore the lease, or clocks differ by more than its margin. */
function mayBePaired({ schedule }: World): boolean {
  const isIgnored = schedule.invocations.some(({ ignoresLease }) => ignoresLease);
  const ahead = schedule.invocations.map(({ clockAheadMs }) => clockAheadMs);
  return isIgnored || Math.max(...ahead, 0) - Math.min(...ahead, 0) > SECOND;
}
