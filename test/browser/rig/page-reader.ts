/** What the page says, and what somebody does with it. Every wait is for what it says. */
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { z } from 'zod';

export type FigureName = 'shown' | 'on-bus' | 'waiting' | 'missing' | 'twice';

export interface PageReader {
  readonly page: Page;
  readonly figure: (name: FigureName) => Promise<number>;
  /** Resolves when the text matches. */
  readonly waitFor: (selector: string, text: RegExp) => Promise<void>;
  /**
   * Resolves when everything that HubSpot showed up to now is on the bus or a dead letter: nothing missing, nothing
   * twice, nothing late, set aside or unlisted.
   */
  readonly waitUntilWhole: () => Promise<void>;
  readonly waitForRun: () => Promise<void>;
  readonly toggle: (fault: string, isOn: boolean) => Promise<void>;
  readonly press: (fault: string) => Promise<void>;
  readonly mendAll: () => Promise<void>;
  readonly screenshot: (name: string, isFull?: boolean) => Promise<void>;
}

const SCREENSHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url));
/** What waits for more than the next run. */
const LEFT = '#note-late, #note-aside, #note-unlisted, #note-beyond';
/** Longer than a run that tries everything again and again. */
const PATIENCE_MS = 240_000;

export function readPage(page: Page): PageReader {
  page.setDefaultTimeout(PATIENCE_MS);
  const button = (fault: string): Locator => page.locator(`#fault-${fault} button`);
  const waitFor = async (selector: string, text: RegExp) => {
    await page.locator(selector, { hasText: text }).first().waitFor();
  };
  const figure = async (name: FigureName) =>
    Number((await page.locator(`#figure-${name} dd`).textContent())?.replaceAll(',', ''));

  const waitForRun = async () => {
    const since = Date.now();
    await page.waitForFunction(
      (from) => Number(document.querySelector('#last-run')?.getAttribute('data-started-at')) > from,
      since,
    );
  };
  const mendAll = async () => {
    await page.getByRole('button', { name: /^Mend (everything|all \d+)$/ }).click();
    await page
      .getByRole('button', { name: 'Mend everything' })
      .and(page.locator('[aria-busy="false"]'))
      .waitFor();
  };
  const waitUntilSettled = async () => {
    const since = Date.now();
    await page.waitForFunction((from) => {
      const settledTo = Number(document.querySelector('#proof')?.getAttribute('data-settled-to'));
      return (
        settledTo > from &&
        document.querySelector('#figure-missing dd')?.textContent === '0' &&
        document.querySelector('#figure-twice dd')?.textContent === '0'
      );
    }, since);
  };

  return {
    page,
    figure,
    waitFor,
    waitUntilWhole: async () => {
      // What HubSpot shows late by itself in the meantime waits for a sweep: mending makes one.
      for (;;) {
        await waitUntilSettled();
        if ((await page.locator(LEFT).count()) === 0) return;
        await mendAll();
        await waitForRun();
      }
    },
    waitForRun,
    toggle: async (fault, isOn) => {
      await button(fault).click();
      await page.locator(`#fault-${fault} [aria-checked="${isOn}"]`).waitFor();
    },
    press: (fault) => button(fault).click(),
    mendAll,
    screenshot: async (name, isFull = false) => {
      mkdirSync(SCREENSHOTS, { recursive: true });
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: isFull });
    },
  };
}

const axeResults = z.object({
  violations: z.array(
    z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })) }),
  ),
});

/** What axe-core finds wrong with the page as it stands. */
export async function findViolations(page: Page): Promise<string[]> {
  const source = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
  await page.evaluate(source);
  const results = axeResults.parse(await page.evaluate('axe.run()'));
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
