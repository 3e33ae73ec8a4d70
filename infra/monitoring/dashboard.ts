/** One page to look at: are events on time, how many are there, and what fails. */
import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type IAlarm,
  type IMetric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { MetricName } from '../../functions/poller/contract.ts';
import { searchOverAll } from '../constructs/many-portals.ts';
import { POLLER_TIMEOUT } from '../constructs/poller-function.ts';
import { portalMetric } from './alarms.ts';
import { createLogWidgets } from './log-widgets.ts';

const PERIOD = Duration.minutes(5);

/** An alarm widget takes 1 to 100 (CloudWatch API reference, Dashboard Body Structure, 2026-11). */
const ALARMS_OF_A_WIDGET = 100;

export interface DashboardProps {
  readonly portals: readonly string[];
  readonly alarms: readonly IAlarm[];
  readonly poller: IFunction;
  readonly logGroup: ILogGroup;
  readonly deadLetterQueue: IQueue;
  readonly failedInvocationsQueue: IQueue;
  /** Whether graphs find the portals themselves: there may be more than a graph can name. */
  readonly isOverMany: boolean;
}

export function createDashboard(
  scope: Construct,
  { portals, alarms, poller, logGroup, deadLetterQueue, failedInvocationsQueue, isOverMany }: DashboardProps,
): Dashboard {
  const ofPortals = (metricName: MetricName, statistic: string, period = PERIOD): IMetric[] =>
    isOverMany
      ? [searchOverAll(metricName, statistic, period)]
      : portals.map((portal) =>
          portalMetric(metricName, portal, { period, statistic }).with({
            label: `${portal} ${metricName} (${statistic})`,
          }),
        );
  const graph = (title: string, metrics: IMetric[], others: Partial<GraphWidgetProps> = {}) =>
    new GraphWidget({ title, left: metrics, width: 12, ...others });
  const visible = (queue: IQueue, label: string) =>
    queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: Stats.MAXIMUM, label });
  const ofFunction = { period: PERIOD, statistic: Stats.SUM };
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: 'HubSpotEvents',
    widgets: [
      ...createAlarmWidgets(alarms).map((widget) => [widget]),
      [
        graph('Lag (seconds)', ofPortals('LagSeconds', Stats.MAXIMUM)),
        graph('Events published a minute', ofPortals('EventsPublished', Stats.SUM, Duration.minutes(1))),
      ],
      [
        graph('Age of events when published (seconds)', [
          ...ofPortals('EventAgeSeconds', Stats.p(50)),
          ...ofPortals('EventAgeSeconds', Stats.p(99)),
        ]),
        // Read is published and suppressed together, but for dead letters: more would be events that got lost.
        graph('Events read, published, suppressed', [
          ...ofPortals('EventsRead', Stats.SUM),
          ...ofPortals('EventsPublished', Stats.SUM),
          ...ofPortals('DuplicatesSuppressed', Stats.SUM),
        ]),
      ],
      [
        graph('Late events', ofPortals('LateEvents', Stats.SUM)),
        graph('Failures', [
          poller.metricErrors({ ...ofFunction, label: 'failed runs' }),
          poller.metricThrottles({ ...ofFunction, label: 'throttled invocations' }),
          ...ofPortals('StreamsFailing', Stats.MAXIMUM),
          ...ofPortals('PublishRetries', Stats.SUM),
        ]),
      ],
      [
        graph(
          "HubSpot's limits: requests and 429s in five minutes, left of the day (right)",
          [...ofPortals('HubSpotRequests', Stats.SUM), ...ofPortals('HubSpotThrottled', Stats.SUM)],
          { right: ofPortals('HubSpotDailyRemaining', Stats.MINIMUM) },
        ),
        graph('Seconds of a run', ofPortals('RunSeconds', Stats.MAXIMUM), {
          leftAnnotations: [{ value: POLLER_TIMEOUT.toSeconds(), label: "the function's timeout" }],
        }),
      ],
      [
        graph('Dead letters', [
          visible(deadLetterQueue, 'waiting'),
          ...ofPortals('EventsDeadLettered', Stats.SUM),
        ]),
        graph('Invocations that failed or never began', [visible(failedInvocationsQueue, 'in the queue')]),
      ],
      ...createLogWidgets(logGroup).map((widget) => [widget]),
    ],
  });
}

function createAlarmWidgets(alarms: readonly IAlarm[]): AlarmStatusWidget[] {
  const count = Math.ceil(alarms.length / ALARMS_OF_A_WIDGET);
  return Array.from({ length: count }, (_, index) => {
    const from = index * ALARMS_OF_A_WIDGET;
    const title = count === 1 ? 'Alarms' : `Alarms, ${index + 1} of ${count}`;
    return new AlarmStatusWidget({ title, alarms: alarms.slice(from, from + ALARMS_OF_A_WIDGET), width: 24 });
  });
}
