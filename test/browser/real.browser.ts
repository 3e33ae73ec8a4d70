/** The page where the real HubSpot is polled: what it can know, and what it says that it cannot. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPolling } from '../../infra/local/command/schedule.ts';
import { openSession } from '../../infra/local/session/session.ts';
import { createPlainView } from '../../infra/local/view/plain-view.ts';
import { createGeneratedHistory } from '../../infra/simulator/generated-history.ts';
import { startHubSpotPortal } from '../../infra/simulator/portal.ts';
import { launchChromium } from './rig/chromium.ts';
import { makeFolder } from './rig/npm-start.ts';
import { findViolations, type PageReader, readPage } from './rig/page-reader.ts';

const TOKEN = 'pat-of-a-portal-that-is-not-ours';
const PAST_MS = 10 * 60_000;

const stop = new AbortController();
const toClose: (() => Promise<unknown>)[] = [];
let browser: Browser;
let reader: PageReader;

beforeAll(async () => {
  const startsAt = Date.now() - PAST_MS;
  const history = createGeneratedHistory({ startsAt });
  const portal = await startHubSpotPortal({
    history,
    behaviour: { tokens: [{ token: TOKEN }] },
    recordedRequests: 0,
  });
  const folder = await makeFolder();
  toClose.push(portal.close, folder.remove);
  const configFile = join(folder.path, 'cdk.json');
  const main = { apiUrl: portal.url, startFrom: new Date(startsAt).toISOString() };
  writeFileSync(configFile, JSON.stringify({ context: { hubspotEvents: { portals: { main } } } }));
  const session = await openSession({
    stateDirectory: undefined,
    accessToken: TOKEN,
    configFile,
    dynamoDbUrl: undefined,
    everySeconds: 2,
    portalCount: 1,
    view: createPlainView(() => {}),
    rule: undefined,
    hasPage: true,
    announceIn: folder.path,
    stop: stop.signal,
  });
  const polling = createPolling(session, session.view, stop.signal).onSchedule();
  toClose.unshift(
    async () => await polling,
    async () => await session[Symbol.asyncDispose](),
  );
  browser = await launchChromium();
  reader = readPage(await browser.newPage({ viewport: { width: 1280, height: 800 } }));
  await reader.page.goto(session.pageUrl ?? '');
  await reader.waitForRun();
});

afterAll(async () => {
  await browser?.close();
  stop.abort();
  for (const close of toClose) await close();
});

test('counts what is on the bus, and says what HubSpot alone knows', async () => {
  await reader.waitFor('#figure-on-bus dd', /^[1-9]/);
  for (const name of ['shown', 'waiting', 'missing'])
    expect(await reader.page.locator(`#figure-${name} dd`).textContent()).toBe('unknown');
  await reader.waitFor('#proof-title', /^.?Nothing came twice$/);
  await reader.waitFor('.how', /known to HubSpot alone: whether something is missing cannot be told here/);
  await reader.waitFor('#requests .now-value', /^[1-9]\d* in the last run$/);
  expect(await reader.page.getByRole('region', { name: 'Tour' }).count()).toBe(0);
  expect(await reader.page.getByRole('button', { name: 'Start a storm' }).count()).toBe(0);
  await reader.screenshot('real-hubspot');
  expect(await findViolations(reader.page)).toEqual([]);
});

test('offers no fault of HubSpot, and says why', async () => {
  const control = reader.page.getByRole('switch', { name: 'HubSpot down (503)' });
  expect(await control.getAttribute('aria-disabled')).toBe('true');
  await reader.waitFor('#expect-hubspot-down', /The real HubSpot is polled: it cannot be broken from here/);
  await control.click({ force: true });
  await reader.waitForRun();
  expect(await control.getAttribute('aria-checked')).toBe('false');
});

test('breaks what is on this machine', async () => {
  await reader.toggle('eventbridge-throttled', true);
  await reader.waitFor('#last-run', /sent again|failed|must accept/);
  await reader.toggle('eventbridge-throttled', false);
  await reader.press('cold-start');
  await reader.waitForRun();
  await reader.waitFor('#last-run', /published/);
  await reader.waitFor('#figure-twice dd', /^0$/);
});
