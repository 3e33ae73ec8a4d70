/** The alarms on what AWS itself counts: runs, ticks, and the queue of dead letters. */
import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { POLLER_TIMEOUT } from '../constructs/poller-function.ts';
import { type AlarmPlan, NONE } from './alarm-plan.ts';

/**
 * A run ends by itself 5 s before Lambda would end it, however much there is to read (core/run-time.ts). One that
 * is at 98 % of the timeout has not been able to: HubSpot or AWS kept it, or the function lacks CPU.
 */
const RUN_TIME_SHARE = 0.98;

export interface RunAlarmsProps {
  readonly poller: IFunction;
  readonly scheduleGroup: IScheduleGroup;
  /** What is looked at at once: the slowest portal must have a tick in it. */
  readonly period: Duration;
}

export function planDeadLetters(queue: IQueue): AlarmPlan {
  return {
    name: 'dead-letters',
    article: 'dead-letters',
    metric: queue.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: Stats.MAXIMUM,
    }),
    // One is enough: each is an event that is not on the bus and will not get there by itself.
    ...NONE,
    evaluationPeriods: 1,
    alarmDescription:
      'Events were given up on and wait in the dead-letter queue with the reason. They are kept for 14 days.',
  };
}

/** Not with many portals: one tenant's revoked token would keep it red for ever, and PortalsFailing counts it. */
export function planFailedRuns({ poller, period }: RunAlarmsProps): AlarmPlan {
  return {
    name: 'failed-runs',
    article: 'failed-runs',
    metric: poller.metricErrors({ period, statistic: Stats.SUM }),
    ...GOES_ON,
    alarmDescription:
      'Runs of the poller end with an error, time after time: a refused credential, a limit, a bus or table that is not there. The log line "The run failed" says which portal and why; nothing is lost, but events wait.',
  };
}

export function planRunAlarms({ poller, scheduleGroup, period }: RunAlarmsProps): AlarmPlan[] {
  const runTimeMs = POLLER_TIMEOUT.toMilliseconds() * RUN_TIME_SHARE;
  return [
    {
      name: 'throttled',
      article: 'throttled',
      metric: poller.metricThrottles({ period, statistic: Stats.SUM }),
      ...GOES_ON,
      alarmDescription:
        "Lambda has no place to run the poller in: the account's concurrency is used up. Ticks that wait over a minute are dropped, so portals are polled less often than configured.",
    },
    {
      name: 'run-time',
      article: 'run-time',
      metric: poller.metricDuration({ period, statistic: Stats.MAXIMUM }),
      ...GOES_ON,
      threshold: runTimeMs,
      alarmDescription: `Runs take over ${runTimeMs / 1000} of the function's ${POLLER_TIMEOUT.toSeconds()} seconds, although each is made to end by itself before that. A run that Lambda ends repeats what it had in flight.`,
    },
    {
      name: 'schedule-dropping',
      article: 'schedule-dropping',
      metric: scheduleGroup.metricDropped({ period, statistic: Stats.SUM }),
      ...GOES_ON,
      alarmDescription:
        'Scheduler gives up on ticks before they reach the poller. Portals are polled less often than configured, or not at all.',
    },
  ];
}

/** A lone failure heals with the next tick: the second period out of three says it does not. */
const GOES_ON = { ...NONE, evaluationPeriods: 3, datapointsToAlarm: 2 } as const;
