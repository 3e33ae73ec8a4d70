/**
 * The alarms over all portals, on what the roll call emits. They say that there is trouble and when it is over; which
 * portal it is, and that a second one has joined it, is what the roll call tells the topic itself: an alarm that
 * stands sends nothing when a number grows.
 */
import { Duration } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  Metric,
  type MetricOptions,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { type FleetMetricName, METRIC_NAMESPACE } from '../../functions/poller/contract.ts';
import { type AlarmPlan, NONE } from './alarm-plan.ts';

/** How often the roll is called. */
export const ROLL_CALL_EVERY = Duration.minutes(5);

export function planFleetAlarms(): AlarmPlan[] {
  return [
    {
      name: 'roll-call',
      article: 'roll-call',
      metric: fleetMetric('PortalsPolled', { statistic: Stats.SAMPLE_COUNT }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Of three one may be late or lost: ticks have a minute's jitter.
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription:
        'The roll call does not come to its end, or cannot tell the topic what it found. Until it does nobody hears of a portal in trouble.',
    },
    planCount('portals-silent', 'PortalsSilent', {
      evaluationPeriods: 2,
      alarmDescription:
        'At least one portal is not polled: its schedule is off or gone, or its runs do not come to their end. The message of the roll call and its log line name it.',
    }),
    planCount('portals-behind', 'PortalsBehind', {
      evaluationPeriods: 2,
      alarmDescription:
        'Events of at least one portal reach the bus later than its own threshold allows. The message of the roll call and its log line name it.',
    }),
    planCount('portals-failing', 'PortalsFailing', {
      // A run that failed once has succeeded by then.
      evaluationPeriods: 3,
      alarmDescription:
        'The runs of at least one portal fail, or HubSpot refuses some of its streams. The message of the roll call and its log line name it.',
    }),
  ];
}

function planCount(
  name: string,
  metricName: FleetMetricName,
  others: Pick<AlarmPlan, 'evaluationPeriods' | 'alarmDescription'>,
): AlarmPlan {
  return {
    name,
    article: name,
    metric: fleetMetric(metricName, { statistic: Stats.MINIMUM }),
    ...NONE,
    // A roll call that is silent has mended no portal.
    treatMissingData: TreatMissingData.IGNORE,
    ...others,
  };
}

/** Options of a metric that has no dimension. */
export type FleetMetricOptions = Omit<MetricOptions, 'dimensionsMap'>;

/** A metric of all portals together. */
export function fleetMetric(metricName: FleetMetricName, options: FleetMetricOptions): Metric {
  return new Metric({ namespace: METRIC_NAMESPACE, metricName, period: ROLL_CALL_EVERY, ...options });
}
