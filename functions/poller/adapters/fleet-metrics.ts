import { FLEET_METRICS, type FleetMetricName, METRIC_NAMESPACE } from '../contract.ts';
import type { Clock, FleetMetrics, FleetReport } from '../ports.ts';

/**
 * The fleet's metrics in the embedded metric format, a line for each roll call. The empty dimension set is what makes
 * a metric without a dimension; Powertools would leave the list of sets empty, which the format does not promise to take.
 */
export function createFleetMetrics({ now }: Pick<Clock, 'now'>): FleetMetrics {
  return {
    emit(report) {
      const known = Object.entries(valuesOf(report)).filter(([, value]) => value !== undefined);
      const Metrics = known.map(([Name]) => ({ Name, Unit: unitOf(Name) }));
      const CloudWatchMetrics = [{ Namespace: METRIC_NAMESPACE, Dimensions: [[]], Metrics }];
      const line = { _aws: { Timestamp: now(), CloudWatchMetrics }, ...Object.fromEntries(known) };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    },
  };
}

function valuesOf(report: FleetReport): Readonly<Record<FleetMetricName, number | undefined>> {
  return {
    PortalsPolled: report.portalsPolled,
    PortalsSilent: report.portalsSilent,
    PortalsBehind: report.portalsBehind,
    PortalsFailing: report.portalsFailing,
    LagSecondsMax: report.lagSecondsMax,
  };
}

function unitOf(name: string): string | undefined {
  return Object.entries(FLEET_METRICS).find(([key]) => key === name)?.[1];
}
