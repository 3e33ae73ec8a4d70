/** One page to look at: are events on time, how many are there, and what fails. */
import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { MetricName } from '../functions/poller/contract.ts';
import { portalMetric } from './alarms.ts';
import { searchOverAll } from './many-portals.ts';

const PERIOD = Duration.minutes(5);

export interface DashboardProps {
  readonly portals: readonly string[];
  readonly alarms: readonly IAlarm[];
  readonly deadLetterQueue: IQueue;
  /** Whether graphs find the portals themselves: there may be more than a graph can name. */
  readonly isOverMany: boolean;
}

export function createDashboard(
  scope: Construct,
  { portals, alarms, deadLetterQueue, isOverMany }: DashboardProps,
): Dashboard {
  const ofPortals = (metricName: MetricName, statistic: string): IMetric[] =>
    isOverMany
      ? [searchOverAll(metricName, statistic, PERIOD)]
      : portals.map((portal) =>
          portalMetric(metricName, portal, { period: PERIOD, statistic }).with({
            label: `${portal} ${metricName} (${statistic})`,
          }),
        );
  const graph = (title: string, ...metrics: IMetric[]) =>
    new GraphWidget({ title, left: metrics, width: 12 });
  const letters = deadLetterQueue.metricApproximateNumberOfMessagesVisible({
    period: PERIOD,
    statistic: Stats.MAXIMUM,
  });
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: 'HubSpotEvents',
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24 })],
      [
        graph('Lag (seconds)', ...ofPortals('LagSeconds', Stats.MAXIMUM)),
        graph(
          'Age of events when published (seconds)',
          ...ofPortals('EventAgeSeconds', Stats.p(50)),
          ...ofPortals('EventAgeSeconds', Stats.p(99)),
        ),
      ],
      [
        graph('Events', ...ofPortals('EventsPublished', Stats.SUM), ...ofPortals('LateEvents', Stats.SUM)),
        graph('Given up or failing', letters, ...ofPortals('StreamsFailing', Stats.MAXIMUM)),
      ],
      [
        graph(
          'HubSpot',
          ...ofPortals('HubSpotRequests', Stats.SUM),
          ...ofPortals('HubSpotThrottled', Stats.SUM),
        ),
        graph('Seconds of a run', ...ofPortals('RunSeconds', Stats.MAXIMUM)),
      ],
    ],
  });
}
