/** A storm: everything goes wrong at random, as one seed decides, until it is stopped. */
import { drawBelow, drawOne, type Random, seedRandom } from '../../simulator/seeded-random.ts';
import type { ButtonId, SwitchId } from './catalogue.ts';
import type { Faults } from './faults.ts';

/** What a storm does next, and how long it waits before. */
export type StormStep =
  | { readonly afterMs: number; readonly kind: 'set'; readonly id: SwitchId; readonly isOn: boolean }
  | { readonly afterMs: number; readonly kind: 'press'; readonly id: ButtonId };

export interface Storm {
  /** Undefined while there is none. */
  readonly seed: () => string | undefined;
  readonly steps: () => number;
  readonly start: (seed: string) => void;
  /** Ends it and mends what is broken. */
  readonly stop: () => void;
}

const LEAST_WAIT_MS = 1_000;
const WAIT_MS = 3_500;
/** So many things are broken at once at most: beyond that nothing at all gets through. */
const MOST_AT_ONCE = 3;

const SET: readonly [SwitchId, ...SwitchId[]] = [
  'hubspot-down',
  'hubspot-throttled',
  'hubspot-slow',
  'token-refused',
  'scope-taken',
  'type-refused',
  'pages-unordered',
  'eventbridge-throttled',
  'eventbridge-losing-answers',
  'dynamodb-throttled',
  'dynamodb-slow',
  'sqs-down',
  'clock-back',
];

/** What is there more than once comes more often. */
const PRESS: readonly [ButtonId, ...ButtonId[]] = [
  'kill',
  'kill',
  'kill',
  'cold-start',
  'cold-start',
  'late-30-minutes',
  'late-30-minutes',
  'late-5-hours',
  'late-5-hours',
  'late-30-hours',
  'no-event',
  'no-event',
  'large-event',
  'burst',
  'new-type',
  'day-offline',
];

/** The steps of a seed's storm: always the same ones. Some faults may not be had here: `isPossible` says. */
export function* planStorm(
  seed: string,
  isPossible: (id: SwitchId | ButtonId) => boolean = () => true,
): Generator<StormStep, never> {
  const random = seedRandom(`storm ${seed}`);
  const on: SwitchId[] = [];
  for (;;) {
    const step = planStep(random, on);
    if (isPossible(step.id)) yield step;
  }
}

function planStep(random: Random, on: SwitchId[]): StormStep {
  const afterMs = LEAST_WAIT_MS + drawBelow(random, WAIT_MS);
  if (random() < 0.4) return { afterMs, kind: 'press', id: drawOne(random, PRESS) };
  const [oldest] = on;
  if (oldest !== undefined && (on.length >= MOST_AT_ONCE || random() < 0.4)) {
    on.shift();
    return { afterMs, kind: 'set', id: oldest, isOn: false };
  }
  const id = drawOne(random, SET);
  const at = on.indexOf(id);
  if (at < 0) on.push(id);
  else on.splice(at, 1);
  return { afterMs, kind: 'set', id, isOn: at < 0 };
}

/** No storm yet. `onStep` is told of each step, and of what went wrong with it. */
export function createStorm(faults: Faults, onStep: (step: StormStep, failure?: string) => void): Storm {
  let seed: string | undefined;
  let steps = 0;
  let timer: NodeJS.Timeout | undefined;

  function take(plan: Generator<StormStep, never>): void {
    const { value: step } = plan.next();
    timer = setTimeout(() => {
      steps += 1;
      act(faults, step).then(
        () => onStep(step),
        (error: unknown) => onStep(step, String(error)),
      );
      take(plan);
    }, step.afterMs);
    timer.unref();
  }

  return {
    seed: () => seed,
    steps: () => steps,
    start: (given) => {
      clearTimeout(timer);
      seed = given;
      steps = 0;
      take(planStorm(given, (id) => faults.unavailable(id) === undefined));
    },
    stop: () => {
      clearTimeout(timer);
      seed = undefined;
      faults.mendAll();
    },
  };
}

async function act(faults: Faults, step: StormStep): Promise<void> {
  if (step.kind === 'set') faults.set(step.id, step.isOn);
  else await faults.press(step.id);
}
