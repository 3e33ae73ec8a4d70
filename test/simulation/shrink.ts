/** Finds the least of a schedule that still fails in the same way. */
import { FEATURES, type Feature, type Reduction } from './schedule/features.ts';
import { drawSchedule } from './schedule/schedule.ts';
import { simulate } from './simulate.ts';
import type { Violation } from './world/world.ts';

export async function failuresOf(seed: string, reduction: Reduction): Promise<readonly Violation[]> {
  return (await simulate(drawSchedule(seed, reduction))).violations;
}

/** Leaves out one feature after another, then invocations and events by halves, as long as `rule` is still broken. */
export async function shrink(seed: string, start: Reduction, rule: string): Promise<Reduction> {
  const stillFails = async (reduction: Reduction) =>
    (await failuresOf(seed, reduction)).some((violation) => violation.rule === rule);

  let least = start;
  for (const feature of FEATURES) {
    if (least.without.has(feature)) continue;
    const smaller = { ...least, without: new Set<Feature>([...least.without, feature]) };
    if (await stillFails(smaller)) least = smaller;
  }
  const schedule = drawSchedule(seed, least);
  least = await halve(least, 'invocations', schedule.invocations.length, stillFails);
  return halve(least, 'events', schedule.events.length, stillFails);
}

async function halve(
  reduction: Reduction,
  what: 'events' | 'invocations',
  amount: number,
  stillFails: (reduction: Reduction) => Promise<boolean>,
): Promise<Reduction> {
  let least = reduction;
  let [failing, passing] = [amount, 0];
  while (failing - passing > 1) {
    const middle = Math.floor((failing + passing) / 2);
    const smaller = { ...least, [what]: middle };
    if (await stillFails(smaller)) [failing, least] = [middle, smaller];
    else passing = middle;
  }
  return least;
}

/** The command that runs the schedule again. */
export function commandOf(seed: string, { without, events, invocations }: Reduction): string {
  const parts = [
    `npm run simulate -- --seed ${seed}`,
    ...(without.size > 0 ? [`--without ${[...without].join(',')}`] : []),
    ...(invocations === undefined ? [] : [`--invocations ${invocations}`]),
    ...(events === undefined ? [] : [`--events ${events}`]),
  ];
  return parts.join(' ');
}
