/**
 * The roll call: how all portals stand, every five minutes.
 *
 *   standings, schedules ─▶ judgements ─▶ message of what is new ─▶ what was told is kept ─▶ metrics
 *
 * The metrics come last: where nobody could be told there are none, and an alarm rings on that.
 */
import type { RollCallRequest } from '../input/roll-call-request.ts';
import type {
  CheckpointStore,
  Clock,
  FleetMetrics,
  FleetReport,
  Log,
  Notifier,
  PortalSchedules,
  Telling,
  TellingStore,
} from '../ports.ts';
import { countPortals, judgePortals, type PortalJudgement, type Trouble } from './judge.ts';
import { NAMED_PORTALS, writeMessage } from './message.ts';
import { planTellings } from './tellings.ts';

export interface RollCallPorts {
  readonly store: Pick<CheckpointStore, 'listPortals'>;
  readonly schedules: PortalSchedules;
  readonly tellings: TellingStore;
  readonly notifier: Notifier;
  readonly metrics: FleetMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a roll call gives back to whoever invoked it. */
export interface RollCallSummary extends FleetReport {
  /** At most 100, by portal. */
  readonly troubles: readonly ({ readonly portal: string } & Trouble)[];
}

const ANSWERED_TROUBLES = 100;

/** @throws PollerError where it fails; no metric is emitted then */
export async function callRoll(request: RollCallRequest, ports: RollCallPorts): Promise<RollCallSummary> {
  const { clock, log, metrics, store, schedules, tellings } = ports;
  const [listed, scheduled, kept] = await Promise.all([
    store.listPortals(),
    schedules.list(),
    tellings.read(),
  ]);
  const now = clock.now();
  const judged = judgePortals(listed, scheduled, request.lagAlarmMinutes, now);
  const report = countPortals(judged);
  const { due, next } = planTellings(kept.tellings, judged, now);
  logRollCall(log, judged, report);
  await tell(ports, due, judged, report);
  if (kept.tellings.length + next.length > 0 && !(await tellings.save(next, kept.revision)))
    log.warn('Another roll call wrote meanwhile: what this one told may be told twice');
  metrics.emit(report);
  return { ...report, troubles: troublesOf(judged).slice(0, ANSWERED_TROUBLES) };
}

async function tell(
  { notifier }: RollCallPorts,
  due: readonly Telling[],
  judged: readonly PortalJudgement[],
  report: FleetReport,
): Promise<void> {
  if (due.length === 0) return;
  const { subject, text } = writeMessage(due, judged, report);
  await notifier.tell(subject, text);
}

/** The names, which are in no metric; bounded, since a line has 256 KB. */
function logRollCall(log: Log, judged: readonly PortalJudgement[], report: FleetReport): void {
  const troubles = troublesOf(judged);
  const fields = {
    ...report,
    troubles: troubles.slice(0, NAMED_PORTALS),
    troublesLeftOut: Math.max(0, troubles.length - NAMED_PORTALS),
  };
  if (troubles.length === 0) log.info('Roll call', fields);
  else log.warn('Roll call', fields);
}

function troublesOf(judged: readonly PortalJudgement[]) {
  return judged.flatMap(({ portal, troubles }) => troubles.map((trouble) => ({ portal, ...trouble })));
}
