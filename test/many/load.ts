/**
 * A vendor's minute on this machine: `node --import tsx test/many/load.ts [portals] [at once]`. Every portal has its
 * tick; figures for the first (discovery, new checkpoints), a quiet one, and one with three events for each.
 */
import { METRICS } from '../../functions/poller/contract.ts';
import { openVendor, type Vendor } from './vendor.ts';

const [, , count = '500', atOnce = '4'] = process.argv;
const MINUTES_A_MONTH = 43_800;

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
  console.log(`  a month of such minutes: ${describeCost(writes, reads)}`);
}

/** List prices of us-east-1 in 2026-11, without free tiers. A run is taken to last 0.6 s: HubSpot is not next door. */
function describeCost(writes: number, reads: number): string {
  const runs = MINUTES_A_MONTH;
  const dollars = {
    DynamoDB: (runs * (writes * 0.625 + reads * 0.125)) / 1e6,
    Lambda: runs * (0.2 / 1e6 + 0.6 * 0.25 * 0.0000133334),
    Scheduler: runs / 1e6,
    // Its keeping, and a reading every five minutes.
    secret: 0.4 + (runs / 5) * (0.05 / 1e4),
    // Those of the first 10,000 metrics of an account; beyond it $0.10 each.
    metrics: Object.keys(METRICS).length * 0.3,
    'alarms over all': 2 * 0.1,
  };
  const total = Object.values(dollars).reduce((sum, each) => sum + each, 0);
  const parts = Object.entries(dollars).map(([name, each]) => `${name} $${each.toFixed(3)}`);
  return `$${total.toFixed(2)} a portal: ${parts.join(', ')}`;
}

await using vendor = await openVendor(Number(count));
await measure(vendor, 'the first tick');
await measure(vendor, 'a second tick');
await measure(vendor, 'a third tick');
vendor.addEvents();
await measure(vendor, 'a tick with events');
console.log(`calls: ${JSON.stringify(Object.fromEntries(vendor.table.calls))}`);
