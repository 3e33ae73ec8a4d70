/** The graphs of many portals together. */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, type IWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { POLLER_TIMEOUT } from '../constructs/poller-function.ts';
import { fleetMetric } from './fleet-alarms.ts';
import { functionFailures, graph } from './portal-graphs.ts';

export function drawFleet(poller: IFunction): IWidget[][] {
  const period = Duration.minutes(5);
  const run = (statistic: string, label: string): IMetric =>
    poller.metricDuration({ period, statistic, label });
  return [
    [
      graph('Portals silent, behind, failing', [
        fleetMetric('PortalsSilent', Stats.MAXIMUM),
        fleetMetric('PortalsBehind', Stats.MAXIMUM),
        fleetMetric('PortalsFailing', Stats.MAXIMUM),
      ]),
      graph('Portals polled', [fleetMetric('PortalsPolled', Stats.MAXIMUM)]),
    ],
    [
      graph('Lag of the portal furthest behind (seconds)', [fleetMetric('LagSecondsMax', Stats.MAXIMUM)]),
      graph('Failures', functionFailures(poller)),
    ],
    [
      graph('Runs in five minutes', [
        poller.metricInvocations({ period, statistic: Stats.SUM, label: 'runs' }),
      ]),
      graph('Milliseconds of a run', [run(Stats.p(50), 'half'), run(Stats.MAXIMUM, 'the longest')], {
        leftAnnotations: [{ value: POLLER_TIMEOUT.toMilliseconds(), label: "the function's timeout" }],
      }),
    ],
  ];
}
