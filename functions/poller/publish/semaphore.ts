/** So many things that may be under way at once; who asks for more waits, first come first served. */
export interface Semaphore {
  /** Resolves when `amount` (at most the whole) is free; it is so again when the permit is disposed of. */
  acquire(amount: number): Promise<Disposable>;
  /** Lets more be under way from now on. */
  widen(total: number): void;
}

export function createSemaphore(first: number): Semaphore {
  let total = first;
  let free = first;
  const waiting: { amount: number; start: () => void }[] = [];

  function startWaiting(): void {
    for (let next = waiting[0]; next !== undefined && next.amount <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.amount;
      next.start();
    }
  }

  return {
    async acquire(asked) {
      const amount = Math.min(asked, total);
      await new Promise<void>((resolve) => {
        waiting.push({ amount, start: resolve });
        startWaiting();
      });
      return {
        [Symbol.dispose]() {
          free += amount;
          startWaiting();
        },
      };
    },
    widen(wider) {
      if (wider <= total) return;
      free += wider - total;
      total = wider;
      startWaiting();
    },
  };
}
