/** `npm run frames`: how many frames a second the page draws while 150 streams and 1,000 events a second are shown. */
import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { EVENTS_A_SECOND, PARTS, STREAMS } from './load/synthetic.ts';
import { startSyntheticServer } from './load/synthetic-server.ts';
import { launchChromium } from './rig/chromium.ts';

const WARM_UP_S = 10;
const MEASURED_S = 60;
/** A frame that is more than half a frame late was missed by who looks. */
const LATE_MS = 25;

const [browser, server] = await Promise.all([launchChromium(), startSyntheticServer()]);

async function tellFor(seconds: number): Promise<void> {
  const began = performance.now();
  for (let part = 1; part <= seconds * PARTS; part += 1) {
    server.tellPart();
    await wait(Math.max(0, began + (part * 1_000) / PARTS - performance.now()));
  }
}

try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(server.url);
  await page.getByRole('button', { name: `Show all ${STREAMS}` }).click();
  await tellFor(WARM_UP_S);
  const frames = page.evaluate(async (ms) => {
    const gaps: number[] = [];
    const began = performance.now();
    for (let before = began; before < began + ms; ) {
      const at = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      gaps.push(at - before);
      before = at;
    }
    return gaps.slice(1);
  }, MEASURED_S * 1_000);
  await tellFor(MEASURED_S + 1);
  const gaps = (await frames).sort((one, other) => one - other);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  const at = (share: number) => (gaps[Math.floor(share * (gaps.length - 1))] ?? 0).toFixed(1);
  const late = gaps.filter((gap) => gap > LATE_MS).length;
  console.log(
    [
      `${STREAMS} streams, ${EVENTS_A_SECOND} events a second, ${(total / 1_000).toFixed(0)} s`,
      `${((gaps.length / total) * 1_000).toFixed(1)} frames a second`,
      `a frame takes ${at(0.5)} ms (half of them), ${at(0.95)} ms (95 %), ${at(0.99)} ms (99 %), ${at(1)} ms at most`,
      `${late} of ${gaps.length} were late`,
      `load of the machine ${loadavg()[0]?.toFixed(1)}`,
    ].join('; '),
  );
} finally {
  await browser.close();
  await server.close();
}
