import { quantile } from '../core/tally.ts';
import type { Log, Metrics } from '../ports.ts';
import { figuresOf } from './metrics.ts';

/**
 * A portal's figures where it has no metrics of its own: the same names in a log line of each run, which queries read
 * as they read the metrics' lines, and which costs what the log costs.
 */
export function createFigureLines(log: Log): Metrics {
  return {
    emit(report) {
      const { numbers: ages } = report.tally.eventAgesSeconds;
      const EventAgeSeconds =
        ages.length === 0
          ? undefined
          : { p50: quantile(ages, 0.5), p99: quantile(ages, 0.99), max: quantile(ages, 1) };
      log.info('Figures', { ...Object.fromEntries(figuresOf(report)), EventAgeSeconds });
    },
  };
}
