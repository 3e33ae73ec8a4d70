/** The poller's metrics as CloudWatch knows them: one namespace, one dimension. */
import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../functions/poller/contract.ts';
import { describeFound } from '../../functions/poller/input/mistakes.ts';

/** Options of a metric; `portal` may be left out where there is one. */
export interface PortalMetricOptions extends Omit<MetricOptions, 'dimensionsMap'> {
  readonly portal?: string;
}

/** How each metric is looked at where nothing else is asked for. */
const STATISTICS: Readonly<Record<MetricName, string>> = {
  LagSeconds: Stats.MAXIMUM,
  EventsPublished: Stats.SUM,
  EventsRead: Stats.SUM,
  DuplicatesSuppressed: Stats.SUM,
  LateEvents: Stats.SUM,
  EventsDeadLettered: Stats.SUM,
  EventAgeSeconds: Stats.p(99),
  StreamsFailing: Stats.MAXIMUM,
  HubSpotRequests: Stats.SUM,
  HubSpotThrottled: Stats.SUM,
  PublishRetries: Stats.SUM,
  HubSpotDailyRemaining: Stats.MINIMUM,
  RunSeconds: Stats.MAXIMUM,
};

const PERIOD = Duration.minutes(5);

/**
 * A metric of one of the portals.
 * @throws where the portal is not among them, or there are several and none is named
 */
export function metricOfChosenPortal(
  metricName: MetricName,
  portals: readonly string[],
  { portal, ...options }: PortalMetricOptions,
): Metric {
  const [only, ...others] = portals;
  const name = portal ?? (others.length === 0 ? only : undefined);
  if (name === undefined || !portals.includes(name)) {
    const found = portal === undefined ? 'none' : describeFound([], portal);
    throw new Error(
      `Making metric ${metricName}: portal must be one of ${portals.join(', ')}; found ${found}`,
    );
  }
  return portalMetric(metricName, name, { period: PERIOD, statistic: STATISTICS[metricName], ...options });
}

/** A metric of one portal, whether or not the stack knows it. */
export function portalMetric(metricName: MetricName, portal: string, options: MetricOptions): Metric {
  const dimensionsMap = { [METRIC_DIMENSION]: portal };
  return new Metric({ namespace: METRIC_NAMESPACE, metricName, dimensionsMap, ...options });
}
