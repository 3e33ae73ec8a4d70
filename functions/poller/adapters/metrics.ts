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
      const { numbers: ages } = report.tally.eventAgesSeconds;
      for (const ageSeconds of ages) add('EventAgeSeconds', ageSeconds);
      if (ages.length % 100 !== 0) metrics.publishStoredMetrics();
    },
  };
}

/** A figure of a run; the ages of its events are a distribution. */
type Figure = Exclude<MetricName, 'EventAgeSeconds'>;

/** Where each figure comes from: a metric of the contract that is missing here does not compile. */
const FIGURES = {
  LagSeconds: ({ lagSeconds }) => lagSeconds,
  EventsPublished: ({ tally }) => tally.eventsPublished,
  EventsRead: ({ tally }) => tally.eventsRead,
  DuplicatesSuppressed: ({ tally }) => tally.duplicatesSuppressed,
  LateEvents: ({ tally }) => tally.lateEvents,
  EventsDeadLettered: ({ tally }) => tally.eventsDeadLettered,
  StreamsFailing: ({ streamsFailing }) => streamsFailing,
  HubSpotRequests: ({ tally }) => tally.hubSpotRequests,
  HubSpotThrottled: ({ tally }) => tally.hubSpotThrottled,
  PublishRetries: ({ tally }) => tally.publishRetries,
  HubSpotDailyRemaining: ({ tally }) => tally.hubSpotDailyRemaining,
  RunSeconds: ({ runSeconds }) => runSeconds,
} as const satisfies Record<Figure, (report: RunReport) => number | undefined>;

/** The run's figures by their metric, but for the ages of its events. */
export function figuresOf(report: RunReport): [Figure, number | undefined][] {
  return Object.keys(FIGURES)
    .filter(isFigure)
    .map((name) => [name, FIGURES[name](report)]);
}

function isFigure(name: string): name is Figure {
  return Object.hasOwn(FIGURES, name);
}
