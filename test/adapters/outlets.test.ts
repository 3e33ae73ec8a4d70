/** What a run writes to standard output: metrics in the embedded format, structured log lines. */
import { describe, expect, test } from 'vitest';
import { createLog } from '../../functions/poller/adapters/log.ts';
import { createMetrics } from '../../functions/poller/adapters/metrics.ts';
import { METRICS } from '../../functions/poller/contract.ts';
import { Distribution } from '../../functions/poller/core/distribution.ts';
import { type RunReport, startTally } from '../../functions/poller/core/tally.ts';
import { captureOutput } from './standard-output.ts';

const REPORT: RunReport = {
  portal: 'main',
  lagSeconds: 61.5,
  streamsFailing: 1,
  runSeconds: 2.25,
  tally: {
    ...startTally(),
    eventsRead: 12,
    eventsPublished: 3,
    hubSpotRequests: 4,
    hubSpotDailyRemaining: 649_000,
  },
};

async function emit(report: RunReport): Promise<Record<string, unknown>[]> {
  const lines = await captureOutput(() => createMetrics().emit(report));
  return lines.map((line) => JSON.parse(line));
}

/** The names of a line's metrics with their units. */
function metricsOf(line: Record<string, unknown>): Record<string, string> {
  const { CloudWatchMetrics: groups = [] } = Object(line['_aws']);
  return Object.fromEntries(
    groups.flatMap(({ Metrics }: { Metrics: { Name: string; Unit: string }[] }) =>
      Metrics.map(({ Name, Unit }) => [Name, Unit]),
    ),
  );
}

describe('metrics', () => {
  test('are one line with the figures of the run', async () => {
    expect(await emit(REPORT)).toMatchObject([
      {
        portal: 'main',
        LagSeconds: 61.5,
        StreamsFailing: 1,
        RunSeconds: 2.25,
        EventsRead: 12,
        EventsPublished: 3,
        DuplicatesSuppressed: 0,
        HubSpotRequests: 4,
        HubSpotDailyRemaining: 649_000,
      },
    ]);
  });

  test('have one namespace, one dimension, and the contract’s names and units alone', async () => {
    const lines = await emit({
      ...REPORT,
      tally: { ...REPORT.tally, eventAgesSeconds: new Distribution([1, 2]) },
    });
    for (const line of lines) {
      const { CloudWatchMetrics: groups } = Object(line['_aws']);
      expect(groups).toMatchObject([{ Namespace: 'HubSpotEvents', Dimensions: [['portal']] }]);
    }
    expect(Object.assign({}, ...lines.map(metricsOf))).toEqual(METRICS);
    const keys = new Set(lines.flatMap((line) => Object.keys(line)));
    expect([...keys].filter((key) => !(key in METRICS)).sort()).toEqual(['_aws', 'portal']);
  });

  test('leave out what is not known', async () => {
    const unknown = { ...REPORT, lagSeconds: undefined, streamsFailing: undefined, tally: startTally() };
    const [line = {}] = await emit(unknown);
    expect(line).not.toHaveProperty('LagSeconds');
    expect(line).not.toHaveProperty('StreamsFailing');
    expect(line).not.toHaveProperty('HubSpotDailyRemaining');
  });

  test.each([0, 1, 99, 100, 101, 250])('hold each of %i ages once', async (amount) => {
    const ages = Array.from({ length: amount }, (_, index) => index + 0.5);
    const eventAgesSeconds = new Distribution(ages);
    const lines = await emit({ ...REPORT, tally: { ...REPORT.tally, eventAgesSeconds } });
    expect(lines.flatMap((line) => line['EventAgeSeconds'] ?? [])).toEqual(ages);
    for (const line of lines) expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(256 * 1_024);
  });

  test('take no more lines at the end of a run that published 600,000 events than its time is for', async () => {
    const eventAgesSeconds = new Distribution(Array(600_000).keys());
    const lines = await emit({ ...REPORT, tally: { ...REPORT.tally, eventAgesSeconds } });
    expect(lines.length).toBeLessThanOrEqual(42);
  });
});

describe('the log', () => {
  test('has a line of JSON for each message, with portal and run', async () => {
    const log = createLog('main', 'run-1');
    const lines = await captureOutput(() => {
      log.info('Run', { eventsRead: 3 });
      log.warn('Careful', { reason: 'why' });
      log.error('Failed', { code: 'hubspot-tls', status: 525, correlationId: undefined });
    });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        level: 'INFO',
        service: 'hubspot-events',
        message: 'Run',
        portal: 'main',
        runId: 'run-1',
        eventsRead: 3,
      },
      { level: 'WARN', message: 'Careful', reason: 'why' },
      { level: 'ERROR', message: 'Failed', code: 'hubspot-tls', status: 525, portal: 'main' },
    ]);
  });
});
