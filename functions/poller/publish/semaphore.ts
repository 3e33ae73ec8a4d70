/** So many things that may be under way at once; who asks for more waits, first come first served. */
export class Semaphore {
  readonly #waiting: { readonly amount: number; readonly start: () => void }[] = [];
  #total: number;
  #free: number;

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Resolves when `amount` (at most the whole) is free; it is so again when the permit is disposed of. */
  async acquire(asked: number): Promise<Disposable> {
    const amount = Math.min(asked, this.#total);
    await new Promise<void>((resolve) => {
      this.#waiting.push({ amount, start: resolve });
      this.#startWaiting();
    });
    return { [Symbol.dispose]: () => this.#release(amount) };
  }

  /** Lets more be under way from now on. */
  widen(total: number): void {
    if (total <= this.#total) return;
    const more = total - this.#total;
    this.#total = total;
    this.#release(more);
  }

  #release(amount: number): void {
    this.#free += amount;
    this.#startWaiting();
  }

  #startWaiting(): void {
    for (let next = this.#waiting[0]; next && next.amount <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.amount;
      next.start();
    }
  }
}
