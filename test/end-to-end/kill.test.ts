import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../../infra/local/fault.ts';
import { seedRandom } from '../../infra/local/hubspot/seeded-random.ts';
import { compare, createOpened, makeEvents, openRig } from './rig.ts';

const opened = createOpened();
afterEach(opened.close);

const SEED = 'kill -9';
const KILLS = 12;
const EVENTS = 450;
/** More calls than a run over that many events makes: some of the kills come when it is over. */
const CALLS = 75;
/** The most that a run which is killed may have in flight (contract, section 5). */
const IN_FLIGHT_EVENTS = 1_000;

test(`after kill -9 at ${KILLS} points of a run nothing is missing, and repeats stay within the bound`, async () => {
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
  for (let batch = 0; batch < KILLS; batch += 1) {
    const more = makeEvents(EVENTS, batch);
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
  }
  // A batch may lie behind a watermark that has passed it: only the killed run was to read it.
  expect(await stack.invoke('main')).toMatchObject({ ok: true });
  const { missing, repeated, unexpected } = compare(events, stack.events());
  expect({ missing, unexpected }, `seed ${SEED}, killed at calls ${killed}`).toEqual({
    missing: [],
    unexpected: 0,
  });
  expect(killed.length).toBeGreaterThan(KILLS / 2);
  expect(repeated).toBeLessThanOrEqual(killed.length * IN_FLIGHT_EVENTS);
});
