/**
 * The alarms, each with its article in RUNBOOK.md, and the one that tells people.
 *
 *   of each portal   lag, not-running, streams-failing, daily-allowance ─────────────┐
 *   of the function  dead-letters, failed-runs, throttled, run-time, schedule-dropping ┴─▶ HubSpotEvents ─▶ topic
 */
import { Annotations, Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type CompositeAlarm,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../functions/poller/contract.ts';
import { type Config, lagAlarmMinutesOf, type PortalConfig, tickSeconds } from '../config.ts';
import { metricOverAll } from '../constructs/many-portals.ts';
import { POLLER_TIMEOUT } from '../constructs/poller-function.ts';
import { alarmName, createAlarmTopic, createCompositeAlarms } from './composite-alarm.ts';

export interface AlarmsProps {
  readonly config: Config;
  readonly poller: IFunction;
  readonly deadLetterQueue: IQueue;
  readonly scheduleGroup: IScheduleGroup;
  /** A topic that exists; one is created where not given. */
  readonly topic?: ITopic | undefined;
  /** Whether two alarms over all portals stand in for the four of each. */
  readonly isOverMany: boolean;
}

/**
 * Private apps on HubSpot's smallest plans have 250,000 requests a day (HubSpot's usage guidelines, 2026-11). A
 * tenth of that is what 60 streams, polled every minute, ask for in seven hours: time to act before midnight.
 * The poller itself stops sweeps and backfills below a tenth of the account's own allowance.
 */
const LOW_DAILY_REMAINING = 25_000;

/**
 * A run ends by itself 5 s before Lambda would end it, however much there is to read (core/run-time.ts). One that
 * is at 98 % of the timeout has not been able to: HubSpot or AWS kept it, or the function lacks CPU.
 */
const RUN_TIME_SHARE = 0.98;

/** What a rare failure is looked at in: short enough to tell within a quarter of an hour. */
const FAILURE_PERIOD_SECONDS = 300;

const NONE = {
  threshold: 0,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
} as const;

export class Alarms extends Construct {
  readonly topic: ITopic;
  /** The one that people hear of. */
  readonly composite: CompositeAlarm;
  /** Every alarm that explains it, lag first. */
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = props.topic ?? createAlarmTopic(this, props.config.alarmEmail);
    this.all = [
      ...(props.isOverMany ? this.addOverAll(props.config) : this.addOfEach(props.config)),
      this.addDeadLetters(props.deadLetterQueue),
      ...this.addOfRuns(props),
    ];
    this.composite = createCompositeAlarms(this, this.all, this.topic).acting;
  }

  private addOfEach({ portals, lagAlarmMinutes }: Config): Alarm[] {
    return portals.flatMap((portal) => [
      this.addLag(portal, lagAlarmMinutes),
      this.addNotRunning(portal),
      this.addStreamsFailing(portal),
      this.addDailyAllowance(portal),
    ]);
  }

  /**
   * The largest lag of all portals, and whether any run ends at all. Failing streams and a used-up allowance make a
   * lag, and of hundreds of portals some have either at any time.
   */
  private addOverAll(config: Config): Alarm[] {
    const slowest = Math.max(...config.portals.map((p) => lagAlarmMinutesOf(p, config.lagAlarmMinutes)));
    const rhythm = {
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      treatMissingData: TreatMissingData.BREACHING,
    };
    return [
      this.add('lag', 'lag', {
        metric: metricOverAll('LagSeconds', 'MAX', config),
        threshold: slowest * 60,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        ...rhythm,
        alarmDescription: `Events of at least one portal reach the bus over ${slowest} minutes late, or the poller is silent. The dashboard shows which portal.`,
      }),
      this.add('not-running', 'not-running', {
        metric: metricOverAll('RunSeconds', 'COUNT', config),
        threshold: 1,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        ...rhythm,
        alarmDescription:
          'No run of any portal comes to its end: the function cannot start, or is ended from outside. The events wait at HubSpot.',
      }),
    ];
  }

  /** The alarm that says whether the product does its work; the others say why not. */
  private addLag(portal: PortalConfig, lagAlarmMinutes: number): Alarm {
    const minutes = lagAlarmMinutesOf(portal, lagAlarmMinutes);
    const { name, pollSeconds, idlePollSeconds } = portal;
    const raised = `lagAlarmMinutes is ${lagAlarmMinutes}, but polls ${pollSeconds} s apart (idle streams ${idlePollSeconds} s) make up to ${minutes} minutes ordinary`;
    if (minutes > lagAlarmMinutes) {
      const warning = `${raised}: the lag alarm of portal ${name} rings over ${minutes} minutes.`;
      Annotations.of(this).addWarningV2(`HubSpotEvents:lagAlarmMinutes:${name}`, warning);
    }
    const why = minutes > lagAlarmMinutes ? ` (${raised})` : '';
    return this.add(`lag-${name}`, 'lag', {
      // A period is one tick.
      metric: portalMetric('LagSeconds', name, { period: tickOf(portal), statistic: Stats.MAXIMUM }),
      threshold: minutes * 60,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Of five, two may be late or lost: ticks have a minute's jitter.
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // Each run says its lag, failed ones too: silence means that no run comes to its end.
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription: `Events of portal ${name} reach the bus over ${minutes} minutes late${why}, or the poller is silent. Nothing is lost while HubSpot keeps the events, but everything downstream waits.`,
    });
  }

  /**
   * RunSeconds is told by every run, whatever becomes of it. Lambda's Invocations would not do: there is one
   * function for all portals, and one that is silent hides behind the others.
   */
  private addNotRunning(portal: PortalConfig): Alarm {
    return this.add(`not-running-${portal.name}`, 'not-running', {
      metric: portalMetric('RunSeconds', portal.name, {
        period: tickOf(portal),
        statistic: Stats.SAMPLE_COUNT,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // As with the lag: two ticks of five may be late or lost.
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription: `No run of portal ${portal.name} comes to its end: its schedule is off, or the function cannot start or is ended from outside. Its events wait at HubSpot.`,
    });
  }

  private addStreamsFailing(portal: PortalConfig): Alarm {
    const period = Duration.seconds(Math.max(FAILURE_PERIOD_SECONDS, tickSeconds(portal)));
    return this.add(`streams-failing-${portal.name}`, 'streams-failing', {
      // The least of a period: in each of its runs a stream failed. A hiccup of HubSpot is over by the next run.
      metric: portalMetric('StreamsFailing', portal.name, { period, statistic: Stats.MINIMUM }),
      ...NONE,
      // A quarter of an hour: longer than HubSpot's deployments and gateway errors last (seconds to minutes).
      evaluationPeriods: 3,
      // The state is kept where nothing is told: a poller that is silent has mended no stream.
      treatMissingData: TreatMissingData.IGNORE,
      alarmDescription: `HubSpot refuses a stream of portal ${portal.name}, or its polls keep failing; the other streams go on. The log and \`npm run events -- status\` say which stream and why.`,
    });
  }

  private addDailyAllowance(portal: PortalConfig): Alarm {
    return this.add(`daily-allowance-${portal.name}`, 'daily-allowance', {
      metric: portalMetric('HubSpotDailyRemaining', portal.name, {
        period: Duration.seconds(Math.max(FAILURE_PERIOD_SECONDS, tickSeconds(portal))),
        statistic: Stats.MINIMUM,
      }),
      threshold: LOW_DAILY_REMAINING,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Two, since answers around the reset at midnight may come out of order.
      evaluationPeriods: 2,
      // OAuth apps have no daily limit, and no header that tells of one.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `Fewer than ${LOW_DAILY_REMAINING} of the day's HubSpot requests are left for all apps of portal ${portal.name}'s account. At 0 polling stands still until midnight in the account's time zone.`,
    });
  }

  private addDeadLetters(queue: IQueue): Alarm {
    return this.add('dead-letters', 'dead-letters', {
      metric: queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      // One is enough: each is an event that is not on the bus and will not get there by itself.
      ...NONE,
      evaluationPeriods: 1,
      alarmDescription:
        'Events were given up on and wait in the dead-letter queue with the reason. They are kept for 14 days.',
    });
  }

  /** What AWS itself counts, over all portals. */
  private addOfRuns({ config, poller, scheduleGroup }: AlarmsProps): Alarm[] {
    // The slowest portal must have had a tick in every period.
    const period = Duration.seconds(Math.max(FAILURE_PERIOD_SECONDS, ...config.portals.map(tickSeconds)));
    // A lone failure heals with the next tick: the second period out of three says it does not.
    const goesOn = { ...NONE, evaluationPeriods: 3, datapointsToAlarm: 2 };
    const runTimeMs = POLLER_TIMEOUT.toMilliseconds() * RUN_TIME_SHARE;
    return [
      this.add('failed-runs', 'failed-runs', {
        metric: poller.metricErrors({ period, statistic: Stats.SUM }),
        ...goesOn,
        alarmDescription:
          'Runs of the poller end with an error, time after time: a refused credential, a limit, a bus or table that is not there. The log line "The run failed" says which portal and why; nothing is lost, but events wait.',
      }),
      this.add('throttled', 'throttled', {
        metric: poller.metricThrottles({ period, statistic: Stats.SUM }),
        ...goesOn,
        alarmDescription:
          "Lambda has no place to run the poller in: the account's concurrency is used up. Ticks that wait over a minute are dropped, so portals are polled less often than configured.",
      }),
      this.add('run-time', 'run-time', {
        metric: poller.metricDuration({ period, statistic: Stats.MAXIMUM }),
        ...goesOn,
        threshold: runTimeMs,
        alarmDescription: `Runs take over ${runTimeMs / 1000} of the function's ${POLLER_TIMEOUT.toSeconds()} seconds, although each is made to end by itself before that. A run that Lambda ends repeats what it had in flight.`,
      }),
      this.add('schedule-dropping', 'schedule-dropping', {
        metric: scheduleGroup.metricDropped({ period, statistic: Stats.SUM }),
        ...goesOn,
        alarmDescription:
          'Scheduler gives up on ticks before they reach the poller. Portals are polled less often than configured, or not at all.',
      }),
    ];
  }

  private add(name: string, article: string, props: AlarmProps): Alarm {
    return new Alarm(this, name, {
      ...props,
      alarmName: alarmName(name),
      alarmDescription: `${props.alarmDescription} Runbook: infra/RUNBOOK.md#${article}`,
    });
  }
}

function tickOf(portal: PortalConfig): Duration {
  return Duration.seconds(tickSeconds(portal));
}

/** A metric of the poller's namespace for one portal. */
export function portalMetric(
  metricName: MetricName,
  portal: string,
  { period, statistic }: { readonly period: Duration; readonly statistic: string },
): Metric {
  const dimensionsMap = { [METRIC_DIMENSION]: portal };
  return new Metric({ namespace: METRIC_NAMESPACE, metricName, dimensionsMap, period, statistic });
}
