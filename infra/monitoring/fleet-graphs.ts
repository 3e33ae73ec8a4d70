/** The graphs of many portals together. */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, type IWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { FleetMetricName } from '../../functions/poller/contract.ts';
import { POLLER_TIMEOUT } from '../constructs/poller-function.ts';
import { fleetMetric } from './fleet-alarms.ts';
import { functionFailures, graph } from './portal-graphs.ts';

export function drawFleet(poller: IFunction): IWidget[][] {
  const period = Duration.minutes(5);
  const run = (statistic: string, label: string): IMetric =>
    poller.metricDuration({ period, statistic, label });
  const most = (name: FleetMetricName) => fleetMetric(name, { statistic: Stats.MAXIMUM });
  return [
    [
      graph('Portals silent, behind, failing', [
        most('PortalsSilent'),
        most('PortalsBehind'),
        most('PortalsFailing'),
      ]),
      graph('Portals polled', [most('PortalsPolled')]),
    ],
    [
      graph('Lag of the portal furthest behind (seconds)', [most('LagSecondsMax')]),
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
