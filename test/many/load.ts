/**
 * A vendor's minute on this machine: `npm run load -- [portals] [at once]`. Every portal has its
 * tick; figures for the first (discovery, new checkpoints), a quiet one, and one with three events for each.
 */
import { SECRET_CACHE_MS } from '../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { METRICS } from '../../functions/poller/contract.ts';
import { POLLER_MEMORY_MB } from '../../infra/constructs/poller-function.ts';
import { billOf, LAMBDA_LOG_BYTES, PRICES } from '../bench/lab/prices.ts';
import { openVendor, type Vendor } from './vendor.ts';

const [, , count = '500', atOnce = '4'] = process.argv;
const MINUTES_A_MONTH = 43_800;
const RUN_SECONDS = 0.6;

async function measure(vendor: Vendor, name: string): Promise<void> {
  const { table, tenants } = vendor;
  const before = { writes: table.writeUnits, reads: table.readUnits };
  const requestsBefore = tenants.reduce((sum, { hubSpot }) => sum + hubSpot.requestCount(), 0);
  const eventsBefore = vendor.stack.events().length;
  const startedAt = performance.now();
  const runs = await vendor.tick(Number(atOnce));
  const seconds = (performance.now() - startedAt) / 1000;
  const times = runs.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const requests = tenants.reduce((sum, { hubSpot }) => sum + hubSpot.requestCount(), 0) - requestsBefore;
  const each = (total: number) => (total / tenants.length).toFixed(2);
  console.log(
    [
      `${name}: ${tenants.length} portals in ${seconds.toFixed(1)} s, ${runs.filter(({ ok }) => !ok).length} failed`,
      `  a run: median ${times[Math.floor(times.length / 2)]?.toFixed(0)} ms, 99th ${times[Math.floor(times.length * 0.99)]?.toFixed(0)} ms`,
      `  a portal: ${each(requests)} requests to HubSpot, ${each(table.writeUnits - before.writes)} write units, ${each(table.readUnits - before.reads)} read units, ${each(vendor.stack.events().length - eventsBefore)} events`,
    ].join('\n'),
  );
  const writes = (table.writeUnits - before.writes) / tenants.length;
  const reads = (table.readUnits - before.reads) / tenants.length;
  const logBytes = runs.flatMap(({ logs }) => logs).reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  console.log(`  a month of such minutes: ${describeCost(writes, reads, logBytes / tenants.length)}`);
}

/** The deployed function, at list prices, without free tiers. A run is taken to last 0.6 s: HubSpot is not next door. */
function describeCost(writes: number, reads: number, logBytes: number): string {
  const runs = MINUTES_A_MONTH;
  const usage = {
    events: 0,
    writeUnits: runs * writes,
    readUnits: runs * reads,
    runs,
    runSeconds: runs * RUN_SECONDS,
    logBytes: runs * (logBytes + LAMBDA_LOG_BYTES),
    tableBytes: 0,
    // As where one process serves the portal for as long as it keeps the secret.
    secretReads: (runs * 60_000) / SECRET_CACHE_MS,
  };
  const { dynamoDb, lambda, others, total } = billOf(usage, POLLER_MEMORY_MB);
  const all = { DynamoDB: dynamoDb, Lambda: lambda, 'Scheduler, logs, reading the secret': others };
  const parts = Object.entries({ ...all, 'keeping the secret': PRICES.secretMonth });
  const own = Object.keys(METRICS).length * PRICES.metricMonth;
  const month = total + PRICES.secretMonth;
  return `$${month.toFixed(2)} a portal: ${parts.map(([name, each]) => `${name} $${each.toFixed(3)}`).join(', ')}; with metrics of its own $${(month + own).toFixed(2)}`;
}

await using vendor = await openVendor(Number(count));
await measure(vendor, 'the first tick');
await measure(vendor, 'a second tick');
await measure(vendor, 'a third tick');
vendor.addEvents();
await measure(vendor, 'a tick with events');
console.log(`calls: ${JSON.stringify(Object.fromEntries(vendor.table.calls))}`);
