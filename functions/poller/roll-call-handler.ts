/** Where the roll call is wired: what it asks for besides the table is here, and in no run that polls. */
import { SchedulerClient, type SchedulerClientConfig } from '@aws-sdk/client-scheduler';
import { SNSClient } from '@aws-sdk/client-sns';
import { createCheckpointStore } from './adapters/dynamodb/checkpoints.ts';
import type { Table } from './adapters/dynamodb/table.ts';
import { createTellingStore } from './adapters/dynamodb/tellings.ts';
import { createFleetMetrics } from './adapters/fleet-metrics.ts';
import { createPortalSchedules, type ScheduleCache } from './adapters/scheduler/portal-schedules.ts';
import { createAlarmTopic } from './adapters/sns/alarm-topic.ts';
import { PollerError } from './errors.ts';
import type { Environment } from './input/environment.ts';
import { parseRollCall } from './input/roll-call-request.ts';
import type { Log } from './ports.ts';
import { callRoll, type RollCallSummary } from './roll-call/call-roll.ts';

const NO_ROLL_CALL =
  'Calling the roll: the environment must name the alarm topic, found none. The stack has one for many portals only.';

/** What every client of AWS is made with. */
type ClientConfig = Pick<SchedulerClientConfig, 'maxAttempts' | 'requestHandler'>;

const scheduleCache: ScheduleCache = new Map();

/** How all portals stand. @throws PollerError where the roll call fails */
export async function answerRollCall(
  event: unknown,
  { alarmTopicArn }: Environment,
  table: Table,
  clientConfig: ClientConfig,
  log: Log,
): Promise<RollCallSummary> {
  const request = parseRollCall(event);
  if (alarmTopicArn === undefined) throw new PollerError('environment-invalid', NO_ROLL_CALL);
  const { retry } = table;
  const scheduler = new SchedulerClient(clientConfig);
  const sns = new SNSClient(clientConfig);
  try {
    return await callRoll(request, {
      store: createCheckpointStore(table, 'roll-call'),
      schedules: createPortalSchedules(scheduler, request.scheduleGroup, retry, scheduleCache),
      tellings: createTellingStore(table),
      notifier: createAlarmTopic(sns, alarmTopicArn, retry),
      metrics: createFleetMetrics(retry.clock),
      clock: retry.clock,
      log,
    });
  } finally {
    scheduler.destroy();
    sns.destroy();
  }
}
