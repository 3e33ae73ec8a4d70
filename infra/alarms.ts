/** The alarms, each with its article in RUNBOOK.md, and the topic that tells people. */
import { Aws, Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../functions/poller/contract.ts';
import { type Config, type PortalConfig, tickSeconds } from './config.ts';

export interface AlarmsProps {
  readonly config: Config;
  readonly poller: IFunction;
  readonly deadLetterQueue: IQueue;
  readonly failedInvocationsQueue: IQueue;
  readonly scheduleGroup: IScheduleGroup;
}

export class Alarms extends Construct {
  readonly topic: Topic;
  /** Every alarm, those that people act on first. */
  readonly all: readonly Alarm[];
  /** What notices that a schedule fails: no schedule is created before these. */
  readonly ofSchedules: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.topic = createTopic(this, props.config.alarmEmail);
    const lag = props.config.portals.map((portal) => this.addLag(portal, props.config.lagAlarmMinutes));
    const deadLetters = this.addDeadLetters(props.deadLetterQueue);
    // The slowest portal must have had a tick in every period.
    const period = Duration.seconds(Math.max(300, ...props.config.portals.map(tickSeconds)));
    const failures = [
      this.addFailures('failed-invocations', {
        metric: props.failedInvocationsQueue.metricNumberOfMessagesSent({ period, statistic: Stats.SUM }),
        meaning:
          'Invocations of the poller fail or never begin, time after time. The queue of failed invocations holds each with its reason.',
      }),
      this.addFailures('function-errors', {
        metric: props.poller.metricErrors({ period, statistic: Stats.SUM }),
        meaning:
          'Runs of the poller end with an error, time after time. The log says which portal and why; nothing is lost, but events wait.',
      }),
      this.addFailures('dropped-ticks', {
        metric: props.scheduleGroup.metricDropped({ period, statistic: Stats.SUM }),
        meaning:
          'Scheduler gives up on ticks before they reach the poller. Portals are polled less often than configured, or not at all.',
      }),
    ];
    this.all = [...lag, deadLetters, ...failures];
    this.ofSchedules = [...lag, ...failures];
  }

  /** The one alarm that says whether the product does its work; the others say why not. */
  private addLag(portal: PortalConfig, lagAlarmMinutes: number): Alarm {
    const period = Duration.seconds(tickSeconds(portal));
    return this.add(`lag-${portal.name}`, 'lag', {
      metric: portalMetric('LagSeconds', portal.name, { period, statistic: Stats.MAXIMUM }),
      threshold: lagAlarmMinutes * 60,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // A period is one tick. Of five, two may be late or lost: ticks have a minute's jitter.
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // Each run says its lag, failed ones too: silence means that no run comes to its end.
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription: `Events of portal ${portal.name} reach the bus over ${lagAlarmMinutes} minutes late, or the poller is silent. Nothing is lost while HubSpot keeps the events, but everything downstream waits.`,
    });
  }

  private addDeadLetters(queue: IQueue): Alarm {
    return this.add('dead-letters', 'dead-letters', {
      metric: queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      // One is enough: each is an event that is not on the bus and will not get there by itself.
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription:
        'Events were given up on and wait in the dead-letter queue with the reason. They are kept for 14 days.',
    });
  }

  private addFailures(name: string, { metric, meaning }: { metric: IMetric; meaning: string }): Alarm {
    return this.add(name, name, {
      metric,
      // A lone failure heals with the next tick: the second period out of three says it does not.
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: meaning,
    });
  }

  private add(name: string, article: string, props: AlarmProps): Alarm {
    const alarm = new Alarm(this, name, {
      ...props,
      alarmName: `HubSpotEvents-${name}`,
      alarmDescription: `${props.alarmDescription} Runbook: infra/RUNBOOK.md#${article}`,
    });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
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

function createTopic(scope: Construct, alarmEmail: string | null): Topic {
  const topic = new Topic(scope, 'Topic', { displayName: 'HubSpot Events alarms', enforceSSL: true });
  // A topic with a policy of its own loses the default one, by which CloudWatch may publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  if (alarmEmail !== null) topic.addSubscription(new EmailSubscription(alarmEmail));
  return topic;
}
