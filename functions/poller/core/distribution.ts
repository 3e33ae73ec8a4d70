/** So many numbers are kept at most: what a run tells at its end must not take longer the more it published. */
const MOST_KEPT = 4_000;

/**
 * Numbers of which a bounded part is kept: up to 4,000 all of them, of more every second, fourth, eighth, … in the
 * order they came in, and the greatest.
 */
export class Distribution {
  #kept: number[] = [];
  #stride = 1;
  #count = 0;
  #greatest = Number.NEGATIVE_INFINITY;

  constructor(numbers: Iterable<number> = []) {
    for (const number of numbers) this.add(number);
  }

  /** How many were added. */
  get count(): number {
    return this.#count;
  }

  /** Those that are kept. */
  get numbers(): readonly number[] {
    return this.#stride === 1 ? this.#kept : [...this.#kept, this.#greatest];
  }

  add(number: number): void {
    if (this.#count % this.#stride === 0) this.#kept.push(number);
    this.#count += 1;
    this.#greatest = Math.max(this.#greatest, number);
    if (this.#kept.length <= MOST_KEPT) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#stride *= 2;
  }
}
