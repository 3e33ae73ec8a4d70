/** `npm run screenshot`: the picture at the top of the README, of a failure that is over and lost nothing. */
import { fileURLToPath } from 'node:url';
import { launchChromium } from './rig/chromium.ts';
import { makeFolder, npmStart } from './rig/npm-start.ts';
import { readPage } from './rig/page-reader.ts';

const PICTURE = fileURLToPath(new URL('../../infra/local/page/picture.png', import.meta.url));
/** Runs before the failure and after it, for lines that can be read. */
const QUIET_RUNS = 6;

const folder = await makeFolder();
const [browser, started] = await Promise.all([launchChromium(), npmStart(folder.path, ['--every', '5'])]);
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  const reader = readPage(page);
  await page.goto(started.url);
  await page.getByRole('button', { name: 'Close the tour' }).click();
  for (let runs = 0; runs < QUIET_RUNS; runs += 1) await reader.waitForRun();
  await reader.press('burst');
  await reader.waitUntilWhole();
  await reader.toggle('hubspot-down', true);
  await reader.waitFor('#lag .now-value', /^1 min/);
  await reader.toggle('hubspot-down', false);
  await reader.waitUntilWhole();
  await reader.press('no-event');
  for (let runs = 0; runs < QUIET_RUNS; runs += 1) await reader.waitForRun();
  await page.locator('body').click({ position: { x: 2, y: 2 } });
  await page.screenshot({ path: PICTURE });
  console.log(`Written: ${PICTURE}`);
} finally {
  await browser.close();
  await started.stop();
  await folder.remove();
}
