/** What an idle portal's log costs, counted in real runs of the bundle. RUNBOOK.md tells the same figures. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { synthesize } from '../../infra/build/synth.ts';
import { startLocalStack } from '../../infra/local/stack.ts';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { startHubSpotPortal } from '../../infra/simulator/portal.ts';

/** A run a minute. */
const RUNS_OF_A_WEEK = 7 * 24 * 60;
/** CloudWatch Logs, us-east-1, 2026-11: vended by Lambda, the first 10 TB. */
const DOLLARS_PER_BYTE = 0.5 / 1e9;
/** CloudWatch Logs adds so much to each event (CloudWatch Logs quotas, 2026-11). */
const EVENT_BYTES = 26;
/** What Lambda writes beside it in text format: START, END and REPORT, with a UUID each. */
const PLATFORM_LINES = [
  'START RequestId: 00000000-0000-0000-0000-000000000000 Version: $LATEST\n',
  'END RequestId: 00000000-0000-0000-0000-000000000000\n',
  'REPORT RequestId: 00000000-0000-0000-0000-000000000000\tDuration: 312.45 ms\tBilled Duration: 313 ms\tMemory Size: 256 MB\tMax Memory Used: 132 MB\t\n',
];

/** The bytes of a run's log as CloudWatch counts them, of a portal in which nothing happens. */
async function bytesOfIdleRun(metrics: 'portal' | 'fleet'): Promise<number> {
  await using portal = await startHubSpotPortal({ behaviour: { silentTypes: ['e_form', 'e_visited_page'] } });
  await using stack = await startLocalStack({
    synthesized: synthesize({ config: { portals: { main: { apiUrl: portal.url } }, metrics } }),
    secrets: { main: SIMULATED_TOKEN },
  });
  await stack.invoke('main');
  const { logs } = await stack.invoke('main');
  expect(logs).toHaveLength(2);
  return [...logs, ...PLATFORM_LINES].reduce((sum, line) => sum + Buffer.byteLength(line) + EVENT_BYTES, 0);
}

test.each([
  ['portal', /\*\*([\d,]+) bytes a run\*\*/],
  ['fleet', /\*\*([\d,]+) in a fleet\*\*/],
] as const)(
  "an idle portal's week of log costs less than a cent with the metrics of the %s, and the runbook tells how many bytes",
  async (metrics, figure) => {
    const bytes = await bytesOfIdleRun(metrics);
    expect(bytes * RUNS_OF_A_WEEK * DOLLARS_PER_BYTE).toBeLessThan(0.01);
    const runbook = readFileSync(new URL('../../infra/RUNBOOK.md', import.meta.url), 'utf8');
    const told = Number(figure.exec(runbook)?.[1]?.replaceAll(',', ''));
    // To a tenth: a figure more or less changes the length of a line.
    expect(Math.abs(told - bytes) / bytes, `told ${told}, counted ${bytes}`).toBeLessThan(0.1);
  },
);
