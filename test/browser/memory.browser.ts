/**
 * Minutes of a busy portal, told as fast as the page takes them in: what is left in its memory. All that it keeps, a
 * quarter of an hour, is there from the first message on. `MINUTES=60` tells an hour.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type SyntheticServer, startSyntheticServer } from './load/synthetic-server.ts';
import { launchChromium } from './rig/chromium.ts';

const MINUTES = Number(process.env['MINUTES'] ?? 20);
const READINGS = 4;
/** Told at once, before the page is waited for. */
const AT_ONCE_S = 15;
/** What a page's memory varies by from one reading to the next: caches, compiled code. */
const SLACK_MB = 3;

let browser: Browser;
let server: SyntheticServer;
let page: Page;
let devtools: CDPSession;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchChromium(), startSyntheticServer()]);
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  devtools = await page.context().newCDPSession(page);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Show all 150' }).click();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function tellPart(): Promise<void> {
  for (let told = 0; told < (MINUTES * 60) / READINGS; told += AT_ONCE_S) {
    for (let second = 0; second < AT_ONCE_S; second += 1) server.tellSecond();
    await page.locator(`#proof[data-settled-to="${server.now()}"]`).waitFor();
  }
}

const usageSchema = z.object({ usedSize: z.number() });
const countersSchema = z.object({ nodes: z.number(), jsEventListeners: z.number() });

async function readMemory() {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = usageSchema.parse(await devtools.send('Runtime.getHeapUsage'));
  const { nodes, jsEventListeners } = countersSchema.parse(await devtools.send('Memory.getDOMCounters'));
  return { megabytes: usedSize / 1e6, nodes, jsEventListeners };
}

test('does not grow, with 150 streams and 1,000 events a second', async () => {
  const readings = [];
  for (let reading = 0; reading < READINGS; reading += 1) {
    await tellPart();
    readings.push(await readMemory());
  }
  const figures = readings.map(({ megabytes }) => megabytes.toFixed(1)).join(', ');
  console.log(`The page's memory over ${MINUTES} minutes: ${figures} MB`);
  const [first, ...later] = readings;
  for (const each of later) {
    expect(each.megabytes).toBeLessThan((first?.megabytes ?? 0) + SLACK_MB);
    expect(each.nodes).toBeLessThanOrEqual((first?.nodes ?? 0) * 1.1);
    expect(each.jsEventListeners).toBeLessThanOrEqual((first?.jsEventListeners ?? 0) * 1.1);
  }
});
