/**
 * A vendor's minute on this machine: `node --import tsx test/many/load.ts [portals] [at once]`. Every portal has its
 * tick; figures for the first (discovery, new checkpoints), a quiet one, and one with three events for each.
 */
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
  const dollars = (MINUTES_A_MONTH * (writes * 0.625 + reads * 0.125)) / 1e6;
  console.log(`  a month of such minutes: $${dollars.toFixed(3)} of DynamoDB a portal`);
}

await using vendor = await openVendor(Number(count));
await measure(vendor, 'the first tick');
await measure(vendor, 'a second tick');
await measure(vendor, 'a third tick');
vendor.addEvents();
await measure(vendor, 'a tick with events');
console.log(`calls: ${JSON.stringify(Object.fromEntries(vendor.table.calls))}`);
