/**
 * What is different where portals are many. Few: four alarms for each, ticks on the minute. Many: two alarms over
 * all, since CloudFormation takes 500 resources and does not know of portals that are added at run time (a query
 * alarm is $0.10 a month for each portal it looks at, half of what four alarms are; CloudWatch pricing, 2026-11);
 * ticks spread over a minute, since 500 in one second would start as many processes.
 */
import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../functions/poller/contract.ts';
import { type Config, tickSeconds } from '../config.ts';

/** With four alarms, a secret and a schedule each, so many leave room in a stack for as much again. */
const MOST_WITH_OWN_ALARMS = 50;

/** The shortest flexible window of Scheduler: a tick comes some time within it. */
export const SPREAD = Duration.minutes(1);

/** Whether the portals are treated as many: as asked for, or by their number. */
export function isOverMany(config: Config, isAskedFor: boolean | undefined): boolean {
  return isAskedFor ?? config.portals.length > MOST_WITH_OWN_ALARMS;
}

/** What has metrics of its own, each portal or all together: as asked for, or by how the portals are treated. */
export function metricsOf({ metrics }: Config, isMany: boolean): 'portal' | 'fleet' {
  return metrics ?? (isMany ? 'fleet' : 'portal');
}

/** A metric over all portals there are, also those added at run time: a query, which CloudWatch answers anew. */
export function metricOverAll(
  metricName: MetricName,
  statistic: 'MAX' | 'COUNT',
  config: Config,
): MathExpression {
  return new MathExpression({
    expression: `SELECT ${statistic}(${metricName}) FROM SCHEMA("${METRIC_NAMESPACE}", ${METRIC_DIMENSION})`,
    usingMetrics: {},
    label: `${metricName} of all portals`,
    // The slowest portal has its tick in every period.
    period: Duration.seconds(Math.max(...config.portals.map(tickSeconds))),
  });
}

/** The same, portal by portal, for a graph: at most 500 of them. */
export function searchOverAll(metricName: MetricName, statistic: string, period: Duration): MathExpression {
  return new MathExpression({
    expression: `SEARCH('{${METRIC_NAMESPACE},${METRIC_DIMENSION}} MetricName="${metricName}"', '${statistic}')`,
    usingMetrics: {},
    label: '',
    period,
  });
}
