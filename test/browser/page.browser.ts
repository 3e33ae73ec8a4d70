/** The page itself: its parts, its keyboard, its labels, its colours, and what it makes of a hostile event. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './rig/chromium.ts';
import { makeFolder, npmStart, type Started } from './rig/npm-start.ts';
import { findViolations, type PageReader, readPage } from './rig/page-reader.ts';

let browser: Browser;
let started: Started;
let folder: Awaited<ReturnType<typeof makeFolder>>;
let reader: PageReader;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  folder = await makeFolder();
  [browser, started] = await Promise.all([launchChromium(), npmStart(folder.path, ['--every', '2'])]);
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  reader = readPage(page);
  await page.goto(started.url);
  await reader.waitUntilWhole();
});

afterAll(async () => {
  await browser?.close();
  await started?.stop();
  await folder?.remove();
});

describe('the pattern field', () => {
  const field = () => page.getByLabel('Event pattern of a rule');

  test('tells a wrong pattern in a sentence', async () => {
    await field().fill('{"source":"hubspot.events"}');
    await reader.waitFor('#pattern-mistake', /source must be an object, or an array/);
    expect(await field().getAttribute('aria-invalid')).toBe('true');
  });

  test('shows only what a rule with it would match', async () => {
    await field().fill('{"detail-type":["e_visited_page"]}');
    await reader.waitFor('#pattern-mistake', /Only what such a rule would match/);
    await reader.waitFor('.event .type', /e_visited_page/);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.event .type')].every((each) => each.textContent === 'e_visited_page'),
    );
    await field().fill('');
    await reader.waitFor('#pattern-mistake', /all where it is empty/);
    await reader.waitFor('.event .type', /^(?!e_visited_page)/);
  });
});

describe('a stream', () => {
  test('shows its checkpoint, and its backfill as a bar over its window', async () => {
    await reader.press('late-30-hours');
    await reader.waitFor('#note-beyond', /later than the sweeps/);
    await page.getByRole('button', { name: 'Backfill' }).click();
    const row = page.locator('[data-stream=e_visited_page] .disclose');
    await row.click();
    expect(await row.getAttribute('aria-expanded')).toBe('true');
    await reader.waitFor('.checkpoint .pass', /live/);
    await reader.waitFor('.checkpoint .pass-text', /The last sweep began at/);
    await page.getByRole('img', { name: /^backfill: finished at/ }).waitFor();
    await row.click();
    await page.locator('.checkpoint').waitFor({ state: 'detached' });
  });

  test('is sorted by what its column says, and says so', async () => {
    const heading = page.locator('#streams thead th', { hasText: 'stream' });
    await heading.getByRole('button').click();
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    const names = () => page.locator('#streams .disclose').allInnerTexts();
    expect(await names()).toEqual((await names()).toSorted((one, other) => one.localeCompare(other)));
    await heading.getByRole('button').click();
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
  });
});

test('an alarm has its article of the runbook', async () => {
  await page.getByRole('button', { name: 'Runbook article of lag-main' }).click();
  const dialog = page.getByRole('dialog', { name: 'Runbook: lag' });
  await dialog.getByRole('heading', { name: 'Investigation' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('a hostile event and a hostile dead letter are text', async () => {
  await reader.press('large-event');
  await reader.press('no-event');
  const row = page.locator('.event', { has: page.locator('.bytes', { hasText: /30\d KB/ }) }).first();
  await row.waitFor();
  await row.click();
  const dialog = page.getByRole('dialog', { name: 'e_visited_page' });
  await dialog.getByText('<script>alert(1)</script>').waitFor();
  expect(await dialog.locator('script, img').count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.locator('#letters summary').first().click();
  await reader.waitFor('#letters pre', /<script>alert\(1\)<\/script>/);
  expect(await page.locator('#letters script').count()).toBe(0);
  expect(await page.evaluate(() => document.scripts.length)).toBe(1);
});

describe('the keyboard', () => {
  test('reaches every control, and turns a switch', async () => {
    const name = 'DynamoDB slow';
    for (let stops = 0; stops < 200; stops += 1) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate(() => document.activeElement?.textContent);
      if (text === name) break;
    }
    await page.keyboard.press('Space');
    await page.getByRole('switch', { name, checked: true }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('switch', { name, checked: false }).waitFor();
  });

  test('opens an event, closes it, and is back where it was', async () => {
    const row = page.locator('.event').first();
    await row.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('event');
  });
});

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test.each([
    ['wide', 1280, 800],
    ['phone', 390, 844],
  ])('%s: axe finds nothing wrong, at rest and while something is broken', async (size, width, height) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.evaluate(() => scrollTo(0, 0));
    expect(await findViolations(page)).toEqual([]);
    await reader.screenshot(`${size}-${colorScheme}`);
    await reader.screenshot(`${size}-${colorScheme}-full`, true);
    await reader.toggle('type-refused', true);
    await reader.waitFor('[data-stream=e_form_submission_v2] .pill', /Set aside/);
    expect(await findViolations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await reader.toggle('type-refused', false);
    await reader.mendAll();
    await reader.waitFor('[data-stream=e_form_submission_v2] .pill', /Current/);
  });
});

test('the tour leads from a break to the proof', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
  const tour = page.getByRole('region', { name: 'Tour' });
  await tour.getByRole('button', { name: 'Break HubSpot' }).click();
  await tour.locator('[aria-current=step]', { hasText: 'Watch the lag' }).waitFor();
  await tour.locator('[aria-current=step]', { hasText: 'Mend it' }).waitFor();
  await tour.getByRole('button', { name: 'Mend it' }).click();
  await tour.getByRole('button', { name: 'Done' }).click();
  await tour.waitFor({ state: 'detached' });
});

test('says that it waits while npm start is gone, and goes on when it is back', async () => {
  const before = page.url();
  await started.stop();
  await reader.waitFor('.link', /Waiting for npm start/);
  await reader.screenshot('waiting');
  expect(await findViolations(page)).toEqual([]);
  started = await npmStart(folder.path, ['--every', '2']);
  await reader.waitFor('.link', /Live/);
  await reader.waitUntilWhole();
  expect(page.url()).not.toBe(before);
  expect(page.url()).toBe(started.url);
});

test('complains of nothing', () => {
  // The stream's end is told by the page itself, and by the browser.
  const own =
    /^The stream ended|^Failed to load resource: net::ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED)|status of 403/;
  expect(complaints.filter((text) => !own.test(text))).toEqual([]);
});
