/** Every fault on the real stack: what the page says while it lasts, and the proof once it is mended. */
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUTTONS, type ButtonId, SWITCHES, type SwitchId } from '../../infra/local/faults/catalogue.ts';
import { launchChromium } from './rig/chromium.ts';
import { makeFolder, npmStart, type Started } from './rig/npm-start.ts';
import { type PageReader, readPage } from './rig/page-reader.ts';

let browser: Browser;
let started: Started;
let folder: Awaited<ReturnType<typeof makeFolder>>;
let reader: PageReader;

beforeAll(async () => {
  folder = await makeFolder();
  [browser, started] = await Promise.all([launchChromium(), npmStart(folder.path, ['--every', '2'])]);
  reader = readPage(await browser.newPage());
  await reader.page.goto(started.url);
  await reader.waitUntilWhole();
});

afterAll(async () => {
  await browser?.close();
  await started?.stop();
  await folder?.remove();
});

/** What must be seen while the switch is on. */
const SEEN: Readonly<Record<SwitchId, (page: PageReader) => Promise<void>>> = {
  'hubspot-down': (page) => page.waitFor('#last-run', /HubSpot must answer|503/),
  'hubspot-throttled': (page) => page.waitFor('#last-run', /requests refused for now/),
  'hubspot-slow': (page) => page.waitFor('#last-run', /in ([2-9]|\d\d)[.\d]* s/),
  'token-refused': (page) => page.waitFor('#last-run', /token/),
  'scope-taken': (page) => page.waitFor('#last-run', /scope/),
  'type-refused': (page) => page.waitFor('[data-stream=e_form_submission_v2] .pill', /Set aside/),
  'pages-unordered': async (page) => {
    await page.press('burst');
    await page.waitForRun();
    await page.waitFor('#last-run', /published/);
  },
  'eventbridge-throttled': (page) => page.waitFor('#last-run', /sent again|failed|must accept/),
  'eventbridge-losing-answers': async (page) => {
    await page.press('burst');
    await page.waitFor('#note-lost-answer', /repeated/);
  },
  'dynamodb-throttled': (page) => page.waitForRun(),
  'dynamodb-slow': (page) => page.waitFor('#last-run', /in (0\.[5-9]|[1-9])[.\d]* s/),
  'sqs-down': async (page) => {
    await page.press('no-event');
    await page.waitFor('[data-stream=e_visited_page] .pill', /Failing/);
  },
  // The function asks for nothing after its own now: what happens meanwhile waits.
  'clock-back': (page) => page.waitFor('#lag .now-value', /^[1-9]\d s|min/),
};

/** What must be seen after the button, and what is done about it. */
const HAPPENS: Readonly<Record<ButtonId, (page: PageReader) => Promise<void>>> = {
  kill: async (page) => {
    // Slow writes, so that the run is still publishing when it is killed.
    await page.toggle('dynamodb-slow', true);
    await page.press('burst');
    const before = await page.figure('on-bus');
    await page.page.waitForFunction(
      (count) =>
        Number(document.querySelector('#figure-on-bus dd')?.textContent?.replaceAll(',', '')) > count + 1_000,
      before,
    );
    await page.press('kill');
    await page.waitFor('#lease', /still holds the lease/);
    await page.toggle('dynamodb-slow', false);
    await page.page.getByRole('button', { name: 'End it now' }).click();
    await page.waitForRun();
  },
  'cold-start': (page) => page.waitForRun(),
  'day-offline': (page) => page.waitFor('#streams .pill', /Catching up/),
  'late-30-minutes': sweep,
  'late-5-hours': sweep,
  'late-30-hours': async (page) => {
    const note = page.page.locator('#note-beyond', { hasText: /later than the sweeps look back/ });
    // A sweep that was asked for by hand just before looks back two days, and may find it.
    while (!(await comesTo(note, 'visible'))) await page.press('late-30-hours');
    await page.page.getByRole('button', { name: 'Backfill' }).click();
    await page.page.locator('#note-beyond').waitFor({ state: 'detached' });
  },
  'no-event': (page) => page.waitFor('#letters .reason', /has no/),
  'large-event': (page) => page.waitFor('.event .bytes', /30\d KB/),
  burst: async (page) => {
    await page.page.waitForFunction(
      () =>
        document.querySelector('#note-late') === null &&
        Number(document.querySelector('#figure-waiting dd')?.textContent?.replaceAll(',', '')) > 10_000,
    );
  },
  'new-type': async (page) => {
    await page.waitFor('#note-unlisted', /not listed yet/);
    await page.page.getByRole('button', { name: 'List them now' }).click();
    await page.page.locator('#note-unlisted').waitFor({ state: 'detached' });
  },
};

/** Whether the note comes to that state within half a minute. */
function comesTo(note: Locator, state: 'visible' | 'detached'): Promise<boolean> {
  return note.waitFor({ state, timeout: 30_000 }).then(
    () => true,
    () => false,
  );
}

async function sweep(page: PageReader): Promise<void> {
  await page.waitFor('#note-late', /for a sweep/);
  const note = page.page.locator('#note-late');
  await note.getByRole('button', { name: 'Sweep now' }).click();
  // What HubSpot shows late by itself while one sweep reads waits for the next.
  while (!(await comesTo(note, 'detached'))) {
    await note.getByRole('button').evaluateAll((buttons) => {
      for (const button of buttons) (button as HTMLButtonElement).click();
    });
  }
}

describe('a switch', () => {
  test.each(Object.keys(SWITCHES))('%s breaks what it says, and nothing is lost or repeated', async (id) => {
    await reader.toggle(id, true);
    await Object.entries(SEEN).find(([known]) => known === id)?.[1](reader);
    await reader.screenshot(`fault-${id}`);
    await reader.toggle(id, false);
    await reader.mendAll();
    await reader.waitUntilWhole();
    expect(await reader.figure('missing')).toBe(0);
  });
});

describe('a button', () => {
  test.each(Object.keys(BUTTONS))('%s does what it says, and nothing is lost or repeated', async (id) => {
    if (id !== 'kill') await reader.press(id);
    await Object.entries(HAPPENS).find(([known]) => known === id)?.[1](reader);
    await reader.screenshot(`fault-${id}`);
    await reader.mendAll();
    await reader.waitUntilWhole();
    expect(await reader.figure('missing')).toBe(0);
  });

  test('kill repeats what was in flight at most, and says so', async () => {
    const note = reader.page.locator('#note-kill');
    const text = (await note.count()) === 0 ? '0' : ((await note.textContent()) ?? '0');
    expect(Number(text.split(' ')[0]?.replaceAll(',', ''))).toBeLessThanOrEqual(1_000);
  });
});

test('a storm from a seed breaks everything at random; after it nothing is missing and nothing came twice', async () => {
  await reader.page.getByLabel('Seed').fill('lighthouse');
  await reader.page.getByRole('button', { name: 'Start a storm' }).click();
  await reader.waitFor('#storm-seed', /^lighthouse$/);
  await reader.waitFor('#storm p', / (1[2-9]|[2-9]\d) steps/);
  await reader.screenshot('storm');
  await reader.page.getByRole('button', { name: 'Stop and mend' }).click();
  await reader.page.getByRole('button', { name: 'Start a storm' }).waitFor();
  await reader.mendAll();
  await reader.waitUntilWhole();
  await reader.screenshot('after-the-storm');
});
