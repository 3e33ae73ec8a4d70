/** A number of things that may be under way at once; who asks for more waits, first come first served. */
export interface Budget {
  /** Resolves when `amount` (at most the whole) is free; the caller calls what it gets, once, to give it back. */
  take(amount: number): Promise<() => void>;
}

export function createBudget(total: number): Budget {
  let free = total;
  const waiting: { amount: number; start: () => void }[] = [];

  function startWaiting(): void {
    for (let first = waiting[0]; first !== undefined && first.amount <= free; first = waiting[0]) {
      waiting.shift();
      free -= first.amount;
      first.start();
    }
  }

  return {
    async take(asked) {
      const amount = Math.min(asked, total);
      await new Promise<void>((resolve) => {
        waiting.push({ amount, start: resolve });
        startWaiting();
      });
      return () => {
        free += amount;
        startWaiting();
      };
    },
  };
}
