/** What has been opened, to be closed together, the last first. */
export interface Opened {
  readonly add: (close: () => Promise<unknown> | unknown) => void;
  /** Closes everything once, whatever fails on the way. @throws the first failure */
  readonly close: () => Promise<void>;
}

/** Nothing opened yet. (Node 22 has no AsyncDisposableStack.) */
export function createOpened(): Opened {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  return {
    add: (close) => closers.push(close),
    close: async () => {
      const failures: unknown[] = [];
      for (const close of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
