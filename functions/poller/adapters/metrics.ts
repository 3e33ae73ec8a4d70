import { Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS, type MetricName } from '../contract.ts';
import type { RunReport } from '../core/tally.ts';
import type { Metrics } from '../ports.ts';

/** The contract's metrics in the embedded metric format on standard output: one dimension, the portal. */
export function createMetrics(): Metrics {
  return {
    emit(report) {
      const metrics = new PowertoolsMetrics({ namespace: METRIC_NAMESPACE });
      // Without this the library adds a dimension of its own: each is a metric more to pay for.
      metrics.clearDefaultDimensions();
      metrics.setDefaultDimensions({ [METRIC_DIMENSION]: report.portal });
      const add = (name: MetricName, value: number | undefined): void => {
        if (value !== undefined) metrics.addMetric(name, METRICS[name], value);
      };
      for (const [name, value] of figuresOf(report)) add(name, value);
      metrics.publishStoredMetrics();
      // A hundred values of a distribution fill a line, which the library then writes by itself.
      for (const ageSeconds of report.tally.eventAgesSeconds) add('EventAgeSeconds', ageSeconds);
      if (report.tally.eventAgesSeconds.length % 100 !== 0) metrics.publishStoredMetrics();
    },
  };
}

/** The run's figures by their metric, but for the ages of its events. */
export function figuresOf({
  tally,
  lagSeconds,
  streamsFailing,
  runSeconds,
}: RunReport): [MetricName, number | undefined][] {
  return [
    ['LagSeconds', lagSeconds],
    ['EventsPublished', tally.eventsPublished],
    ['EventsRead', tally.eventsRead],
    ['DuplicatesSuppressed', tally.duplicatesSuppressed],
    ['LateEvents', tally.lateEvents],
    ['EventsDeadLettered', tally.eventsDeadLettered],
    ['StreamsFailing', streamsFailing],
    ['HubSpotRequests', tally.hubSpotRequests],
    ['HubSpotThrottled', tally.hubSpotThrottled],
    ['PublishRetries', tally.publishRetries],
    ['HubSpotDailyRemaining', tally.hubSpotDailyRemaining],
    ['RunSeconds', runSeconds],
  ];
}
