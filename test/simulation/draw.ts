/** Draws that a seed and a topic decide: leaving one topic out of a schedule changes no other. */
import { drawBelow, drawOne, type Random, seedRandom } from '../../infra/simulator/seeded-random.ts';

export interface Draw {
  readonly random: Random;
  /** A whole number from `least` to `most`, both possible. */
  between(least: number, most: number): number;
  /** True in so many of a hundred cases. */
  chance(percent: number): boolean;
  one<T>(choices: readonly [T, ...T[]]): T;
  /** A number from `least` to `most` of which every order of magnitude is as likely. */
  spread(least: number, most: number): number;
}

export function createDraw(seed: string, topic: string): Draw {
  const random = seedRandom(`${seed} ${topic}`);
  return {
    random,
    between: (least, most) => least + drawBelow(random, most - least + 1),
    chance: (percent) => random() * 100 < percent,
    one: (choices) => drawOne(random, choices),
    spread: (least, most) => Math.round(least * (most / least) ** random()),
  };
}
