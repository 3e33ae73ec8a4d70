/** Gives the next number in [0, 1). */
export type Random = () => number;

/** Gives 53 bits that depend on every character of the text (cyrb53: fast and even, no cryptography). */
export function hashText(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** Gives a generator (mulberry32) whose numbers the seed alone decides, on every machine and in every run. */
export function seedRandom(seed: string): Random {
  let state = hashText(seed) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Gives a whole number from 0 up to, but not including, `below`. */
export function drawBelow(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** Gives one of the choices. */
export function drawOne<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[drawBelow(random, choices.length)] ?? choices[0];
}

const HEX = Array.from({ length: 0x10000 }, (_, i) => i.toString(16).padStart(4, '0'));

/** Gives a UUID (version 4) made of the generator's numbers. */
export function drawUuid(random: Random): string {
  const draw = (from = 0, below = 0x10000) => HEX[from + drawBelow(random, below)] ?? '0000';
  const version = draw(0x4000, 0x1000);
  const variant = draw(0x8000, 0x4000);
  return `${draw()}${draw()}-${draw()}-${version}-${variant}-${draw()}${draw()}${draw()}`;
}
