/** What happens within each second: events on the bus, requests to HubSpot. */
import type { Second } from '../messages.ts';

export interface Seconds {
  readonly noteEvent: () => void;
  /** The second that ends now; the next one begins. */
  readonly end: (now: number) => Second;
  readonly last: () => Second;
}

/** `countRequests` gives how many there were since the start. */
export function createSeconds(startedAt: number, countRequests: () => number): Seconds {
  let events = 0;
  let requestsBefore = 0;
  let last: Second = [startedAt, 0, 0];
  return {
    noteEvent: () => {
      events += 1;
    },
    end: (now) => {
      const requests = countRequests();
      last = [now, events, requests - requestsBefore];
      events = 0;
      requestsBefore = requests;
      return last;
    },
    last: () => last,
  };
}
