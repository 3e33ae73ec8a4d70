/** One page to look at: are events on time, how many are there, and what fails. */
import { Aws, Duration } from 'aws-cdk-lib';
import { AlarmStatusWidget, Dashboard, type IAlarm, type IWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { drawFleet } from './fleet-graphs.ts';
import { createLogWidgets, FLEET_LOG_QUERIES, LOG_QUERIES } from './log-widgets.ts';
import { drawPortals, graph } from './portal-graphs.ts';

const PERIOD = Duration.minutes(5);

/** An alarm widget takes 1 to 100 alarms (CloudWatch's API reference, dashboard body, 2026-11). */
const ALARMS_OF_A_WIDGET = 100;

export interface DashboardProps {
  readonly portals: readonly string[];
  /** Every alarm, that over all others first. */
  readonly alarms: readonly IAlarm[];
  readonly poller: IFunction;
  readonly logGroup: ILogGroup;
  readonly deadLetterQueue: IQueue;
  readonly failedInvocationsQueue: IQueue;
  /** Whether it shows all portals together: their metrics are what the roll call emits, and the rest is in the log. */
  readonly isFleet: boolean;
}

export function createDashboard(scope: Construct, props: DashboardProps): Dashboard {
  const { portals, alarms, poller, logGroup, isFleet } = props;
  const visible = (queue: IQueue, label: string) =>
    queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: Stats.MAXIMUM, label });
  const queries = isFleet ? { ...FLEET_LOG_QUERIES, ...LOG_QUERIES } : LOG_QUERIES;
  return new Dashboard(scope, 'Dashboard', {
    // All Regions of an account share the names of its dashboards.
    dashboardName: `HubSpotEvents-${Aws.REGION}`,
    widgets: [
      ...showAlarms(alarms),
      ...(isFleet ? drawFleet(poller) : drawPortals(portals, poller)),
      [
        graph('Dead letters', [visible(props.deadLetterQueue, 'waiting')]),
        graph('Invocations that failed or never began', [
          visible(props.failedInvocationsQueue, 'in the queue'),
        ]),
      ],
      ...createLogWidgets(logGroup, queries).map((widget) => [widget]),
    ],
  });
}

function showAlarms(alarms: readonly IAlarm[]): IWidget[][] {
  const count = Math.ceil(alarms.length / ALARMS_OF_A_WIDGET);
  return Array.from({ length: count }, (_, index) => {
    const from = index * ALARMS_OF_A_WIDGET;
    const title = count === 1 ? 'Alarms' : `Alarms (${index + 1} of ${count})`;
    return [
      new AlarmStatusWidget({ title, alarms: alarms.slice(from, from + ALARMS_OF_A_WIDGET), width: 24 }),
    ];
  });
}
