/** What a fleet's runs and roll calls write to standard output. */
import { describe, expect, test } from 'vitest';
import { createFigureLines } from '../../functions/poller/adapters/figure-lines.ts';
import { createFleetMetrics } from '../../functions/poller/adapters/fleet-metrics.ts';
import { createLog } from '../../functions/poller/adapters/log.ts';
import { FLEET_METRICS, METRICS } from '../../functions/poller/contract.ts';
import { Distribution } from '../../functions/poller/core/distribution.ts';
import { startTally } from '../../functions/poller/core/tally.ts';
import { captureOutput } from './standard-output.ts';

const FLEET = {
  portalsPolled: 997,
  portalsSilent: 3,
  portalsBehind: 2,
  portalsFailing: 1,
  lagSecondsMax: 812.5,
};

async function linesOf(work: () => void): Promise<Record<string, unknown>[]> {
  return (await captureOutput(work)).map((line) => JSON.parse(line));
}

describe("the roll call's metrics", () => {
  const emit = (
    report: typeof FLEET | (Omit<typeof FLEET, 'lagSecondsMax'> & { lagSecondsMax: undefined }),
  ) => linesOf(() => createFleetMetrics({ now: () => 1_000 }).emit(report));

  test('are one line, without a dimension, with the contract’s names and units alone', async () => {
    const units = Object.entries(FLEET_METRICS).map(([Name, Unit]) => ({ Name, Unit }));
    expect(await emit(FLEET)).toEqual([
      {
        _aws: {
          Timestamp: 1_000,
          CloudWatchMetrics: [{ Namespace: 'HubSpotEvents', Dimensions: [[]], Metrics: units }],
        },
        PortalsPolled: 997,
        PortalsSilent: 3,
        PortalsBehind: 2,
        PortalsFailing: 1,
        LagSecondsMax: 812.5,
      },
    ]);
  });

  test('leave out a lag that nobody knows', async () => {
    const [line = {}] = await emit({ ...FLEET, lagSecondsMax: undefined });
    expect(JSON.stringify(line)).not.toContain('LagSecondsMax');
  });
});

describe("a portal's figures in a fleet", () => {
  test('are in a log line under the names of the metrics, and are no metric', async () => {
    const tally = {
      ...startTally(),
      eventsPublished: 3,
      hubSpotDailyRemaining: 649_000,
      eventAgesSeconds: new Distribution([1, 2, 30]),
    };
    const report = { portal: 'main', tally, lagSeconds: 61.5, streamsFailing: 1, runSeconds: 2.25 };
    const [line = {}, ...more] = await linesOf(() =>
      createFigureLines(createLog('main', 'run-1')).emit(report),
    );
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      message: 'Figures',
      portal: 'main',
      LagSeconds: 61.5,
      EventsPublished: 3,
      HubSpotDailyRemaining: 649_000,
      EventAgeSeconds: { p50: 2, p99: 30, max: 30 },
      RunSeconds: 2.25,
    });
    expect(Object.keys(METRICS).filter((name) => !(name in line))).toEqual([]);
    expect(line).not.toHaveProperty('_aws');
  });
});
