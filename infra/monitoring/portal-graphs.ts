/** The graphs of few portals, a line for each. */
import { Duration } from 'aws-cdk-lib';
import {
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  type IWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { MetricName } from '../../functions/poller/contract.ts';
import { POLLER_TIMEOUT } from '../constructs/poller-function.ts';
import { portalMetric } from './portal-metrics.ts';

const PERIOD = Duration.minutes(5);

export function drawPortals(portals: readonly string[], poller: IFunction): IWidget[][] {
  const ofPortals = (metricName: MetricName, statistic: string, period = PERIOD): IMetric[] =>
    portals.map((portal) =>
      portalMetric(metricName, portal, { period, statistic }).with({
        label: `${portal} ${metricName} (${statistic})`,
      }),
    );
  return [
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
      graph('Events read, published, suppressed, dead-lettered', [
        ...ofPortals('EventsRead', Stats.SUM),
        ...ofPortals('EventsPublished', Stats.SUM),
        ...ofPortals('DuplicatesSuppressed', Stats.SUM),
        ...ofPortals('EventsDeadLettered', Stats.SUM),
      ]),
    ],
    [
      graph('Late events', ofPortals('LateEvents', Stats.SUM)),
      graph('Failures', [
        ...functionFailures(poller),
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
  ];
}

/** What Lambda counts of all runs. */
export function functionFailures(poller: IFunction): IMetric[] {
  const options = { period: PERIOD, statistic: Stats.SUM };
  return [
    poller.metricErrors({ ...options, label: 'failed runs' }),
    poller.metricThrottles({ ...options, label: 'throttled invocations' }),
  ];
}

export function graph(title: string, metrics: IMetric[], others: Partial<GraphWidgetProps> = {}): IWidget {
  return new GraphWidget({ title, left: metrics, width: 12, ...others });
}
