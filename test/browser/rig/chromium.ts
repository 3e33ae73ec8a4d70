/** The machine's own Chromium. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where it is. @throws where there is none, with how to get it */
export function findChromium(): string {
  const named = process.env['CHROMIUM'];
  const found = named === undefined ? PLACES.find((place) => existsSync(place)) : named;
  if (found !== undefined && existsSync(found)) return found;
  throw new Error(
    `Opening the page: Chromium must be on this machine, found none at ${named ?? PLACES.join(', ')}. ` +
      'On Debian: apt-get update && apt-get install -y chromium. Elsewhere CHROMIUM names its program.',
  );
}

export function launchChromium(): Promise<Browser> {
  // As root Chromium has no sandbox of its own; it shows nothing here but our own page.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: findChromium(), args });
}

/** Before any test: without a browser none can be tried. */
export default function setup(): void {
  findChromium();
}
