/** Every benchmark, small: what they count must hold on any machine, how long anything takes is nobody's promise here. */
import { describe, expect, test } from 'vitest';
import type { BenchCase } from './case.ts';
import { CASES } from './cases/all.ts';
import { bundle } from './cases/bundle.ts';
import { bursts } from './cases/bursts.ts';
import { coldStart } from './cases/cold-start.ts';
import { cost } from './cases/cost.ts';
import { cpu } from './cases/cpu.ts';
import { day } from './cases/day.ts';
import { oneType, tenTypes } from './cases/far-behind.ts';
import { functionSize } from './cases/function-size.ts';
import { latency } from './cases/latency.ts';
import { lateness } from './cases/lateness.ts';
import { memory } from './cases/memory.ts';
import { portalDay } from './cases/portal-day.ts';
import { profile } from './cases/profile.ts';
import { scale } from './cases/scale.ts';
import { share } from './cases/share.ts';
import { backlog, idle } from './cases/tick.ts';
import { printReports } from './print.ts';

/** What starts many processes, and shows little that the other tests do not: `NIGHTLY=true npx vitest run test/bench`. */
const nightly = test.runIf(process.env['NIGHTLY'] === 'true');

/** A case's figures by name; asking for one that it did not find fails. */
async function countsOf({ run }: BenchCase): Promise<(name: string) => number> {
  const { counts } = await run('small');
  return (name) => {
    const found = counts[name];
    if (found === undefined) throw new Error(`Reading a benchmark: it must count ${name}, found none`);
    return found;
  };
}

describe('requests at HubSpot', () => {
  test('ten types far behind use 95 % of what the limit allows, and none is refused', async () => {
    const count = await countsOf(tenTypes);
    expect(count('share')).toBeGreaterThanOrEqual(0.95);
    expect(count('enterpriseShare')).toBeGreaterThanOrEqual(0.9);
    expect(count('refused')).toBe(0);
  });

  test('one type far behind uses 90 % of what the limit allows, in pages that are nearly full', async () => {
    const count = await countsOf(oneType);
    expect(count('share')).toBeGreaterThanOrEqual(0.9);
    expect(count('enterpriseShare')).toBeGreaterThanOrEqual(0.9);
    expect(count('naiveShare')).toBeLessThan(0.25);
    expect(count('eventsPublished')).toBeGreaterThan(count('requests') * 20 * 0.95);
  });

  test('pages that HubSpot caps without a word leave 95 % of the events that the limit allows', async () => {
    const count = await countsOf(share);
    expect(count('virtual1x100')).toBeGreaterThanOrEqual(0.95);
    // A short backlog is read in as many pages as it takes, and one more for each chain at most.
    expect(count('shortRequests')).toBeLessThanOrEqual(270 + 12);
  });

  test('an idle tick asks once for each type, queries once, and writes no more than it must', async () => {
    const count = await countsOf(idle);
    expect(count('requests')).toBe(10);
    expect(count('queries')).toBe(1);
    expect(count('putEvents')).toBe(0);
    expect(count('writeUnits')).toBeLessThanOrEqual(12);
  });
});

describe('calls and units', () => {
  test('a backlog takes the fewest PutEvents calls, 25 write and 5 read units for 1,000 events', async () => {
    const count = await countsOf(backlog);
    expect(count('eventsPublished')).toBe(6_000);
    expect(count('calls')).toBe(count('least'));
    expect(count('writeUnits')).toBeLessThanOrEqual(25);
    expect(count('readUnits')).toBeLessThanOrEqual(5);
  });

  test('a burst takes 25 write and 40 read units for 1,000 events, read again as it is for five minutes', async () => {
    const count = await countsOf(bursts);
    expect(count('shortEvents')).toBe(15_000);
    expect(count('shortWrites')).toBeLessThanOrEqual(25);
    expect(count('shortReads')).toBeLessThanOrEqual(40);
    expect(count('shortColdReads')).toBeLessThanOrEqual(40);
  });

  nightly('the poller, the naive loop and the lower bound publish the same events', async () => {
    const count = await countsOf(cpu);
    expect(count('events')).toBe(3_000);
    expect(count('naiveEvents')).toBe(3_000);
    expect(count('boundEvents')).toBe(3_000);
  });

  nightly('what is behind is read whole, however large its events are', async () => {
    const count = await countsOf(memory);
    expect([count('fewEvents'), count('of60KbEvents')]).toEqual([2_000, 400]);
  });
});

describe('time, simulated', () => {
  test('99 of 100 events are on the bus within the interval and two seconds', async () => {
    const count = await countsOf(latency);
    expect(count('p99Seconds60')).toBeLessThanOrEqual(62);
    expect(count('p99Seconds10')).toBeLessThanOrEqual(12);
    expect(count('p99Seconds5')).toBeLessThanOrEqual(6.5);
  });

  test('a late event is found, and before it is twice as late', async () => {
    const count = await countsOf(lateness);
    expect(count('found')).toBe(count('expected'));
    expect(count('soonMost')).toBeLessThanOrEqual(61);
    expect(count('timesMost')).toBeLessThanOrEqual(1);
  });

  test('the lag stays under two minutes at ten million events a day', async () => {
    const count = await countsOf(day);
    expect(count('maxLagSeconds')).toBeLessThan(120);
    expect(count('eventsPublished')).toBeGreaterThan(27_000);
  });
});

describe('a day of a portal with many event types', () => {
  test('loses and repeats none, and is refused no request', async () => {
    const count = await countsOf(portalDay);
    expect([count('lost'), count('repeated'), count('refused')]).toEqual([0, 0, 0]);
    expect(count('events')).toBeGreaterThan(1_000);
  });
});

describe('what there is no promise of', () => {
  nightly('one million events more cost what EventBridge asks, and some cents', async () => {
    const count = await countsOf(cost);
    expect(count('marginal')).toBeGreaterThan(1);
    expect(count('month0M')).toBeLessThan(1);
    expect(count('quietMonthAsDeployed')).toBeLessThan(count('quietMonth'));
  });

  test('a fleet is counted against every quota', async () => {
    const count = await countsOf(scale);
    expect(count('limits')).toBeGreaterThan(10);
    expect(count('dollars20000')).toBeCloseTo(20 * count('dollars1000'), -2);
  });

  nightly('cold starts, the size of function and bundle, and the profile are measured', async () => {
    expect((await countsOf(coldStart))('starts')).toBe(2);
    expect((await countsOf(functionSize))('idleRuns')).toBe(60 * 730);
    expect((await countsOf(bundle))('ownBytes')).toBeGreaterThan(10_000);
    expect((await countsOf(profile))('functions')).toBeGreaterThan(50);
  });

  test('a report is one table with a line for each figure', async () => {
    const reports = [{ name: bundle.name, measured: '2026-11-25', ...(await bundle.run('small')) }];
    expect(printReports(reports)).toContain('bundle, minified');
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });
});
