import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../../infra/local/aws/fault.ts';
import { seedRandom } from '../../infra/simulator/seeded-random.ts';
import { compare, createOpened, idempotencyKeys, makeEvents, openRig } from './rig.ts';

const opened = createOpened();
afterEach(opened.close);

/** `KILLS=60 SEED=another npx vitest run test/end-to-end/kill.test.ts` kills more often, and elsewhere. */
const SEED = process.env['SEED'] ?? 'kill -9';
const KILLS = Number(process.env['KILLS'] ?? 5);
/** A kill and the run after it take about a second, on a busy machine several. */
const TIMEOUT_MS = 30_000 + KILLS * 10_000;
const EVENTS = 1_200;
/** More calls than a run over that many events makes: some of the kills come when it is over. */
const CALLS = 170;
/** The most that a run which is killed may have in flight (contract, section 5). */
const IN_FLIGHT_EVENTS = 1_000;

test(`after kill -9 at ${KILLS} points of a run nothing is missing, and repeats stay within the bound`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = seedRandom(SEED);
  let callsLeft = Number.POSITIVE_INFINITY;
  let kill = () => {};
  const onRequest = (): Fault => {
    callsLeft -= 1;
    if (callsLeft !== 0) return 'pass';
    kill();
    // The call on whose way the kill comes may have been done, or not.
    return random() < 0.5 ? 'pass' : 'reset';
  };
  const { stack, hubSpot } = await openRig(opened, { onRequest });
  kill = stack.kill;

  const events = [];
  const killed: number[] = [];
  const landedByRun: number[] = [];
  for (let batch = 0; batch < KILLS; batch += 1) {
    // Within the overlap: a run that gets to its end before the kill moves the watermark to its own instant.
    const more = makeEvents(EVENTS, batch, Date.now() - (EVENTS / 7) * 1000);
    events.push(...more);
    hubSpot.addEvents(more);
    const point = 1 + Math.floor(random() * CALLS);
    callsLeft = point;
    const result = await stack.invoke('main');
    if (!result.ok) {
      expect(result.errorType, result.errorMessage).toBe('Runtime.ExitError');
      killed.push(point);
    }
    callsLeft = Number.POSITIVE_INFINITY;
    await stack.dropLease('main');
    // Calls of the killed process that were on their way have landed by now.
    landedByRun.push(stack.events().length);
  }
  expect(await stack.invoke('main')).toMatchObject({ ok: true });
  const { missing, unexpected } = compare(events, stack.events());
  expect({ missing, unexpected }, `seed ${SEED}, killed at calls ${killed}`).toEqual({
    missing: [],
    unexpected: 0,
  });
  expect(killed.length).toBeGreaterThan(KILLS / 2);
  const inFlight = countInFlight(idempotencyKeys(stack.events()), landedByRun);
  console.info(`${killed.length} of ${KILLS} runs killed; in flight when killed: ${inFlight}`);
  expect(Math.max(...inFlight)).toBeLessThanOrEqual(IN_FLIGHT_EVENTS);
});

/** By run: what it published that another published again, because it was killed before it could commit. */
function countInFlight(keys: readonly string[], landedByRun: readonly number[]): number[] {
  const lastAt = new Map(keys.map((key, index) => [key, index]));
  return landedByRun.map((end, run) => {
    const start = landedByRun[run - 1] ?? 0;
    return keys.slice(start, end).filter((key) => (lastAt.get(key) ?? 0) >= end).length;
  });
}
