/** What can go wrong between HubSpot and its reader, request by request. */
import { drawOne, seedRandom } from '../seeded-random.ts';

export type Fault =
  /** The answer is this status in place of the portal's own; JSON where `body` is not given. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: 'json' | 'html' | 'empty';
      /** The JSON body's fields, over those of the status. */
      readonly fields?: Readonly<Record<string, unknown>>;
      readonly retryAfter?: string | number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection breaks before the portal has seen the request, or in the middle of its answer. */
  | { readonly kind: 'reset'; readonly when: 'before-answer' | 'in-body' }
  /** The answer, or the second half of its body, comes so much later. */
  | { readonly kind: 'slow'; readonly delayMs: number; readonly when: 'before-answer' | 'in-body' }
  /** Nothing ever comes. */
  | { readonly kind: 'silent' }
  /** The JSON ends in the middle, the connection does not. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'content-type'; readonly contentType: string }
  /** 200, and no `results` in it. */
  | { readonly kind: 'no-results' }
  /** The page's own events, and the request's `after` as the next cursor. */
  | { readonly kind: 'repeated-cursor' }
  /** The events of the page before, and the request's `after` as the next cursor. */
  | { readonly kind: 'repeated-page' }
  /** The last events of the page before stand in front of the page's own. */
  | { readonly kind: 'overlapping-page'; readonly events: number }
  /** The page's events stand in the reverse order. */
  | { readonly kind: 'unordered-page' }
  /** Any text in place of the body, with the portal's own status. */
  | { readonly kind: 'body'; readonly body: string };

export interface FaultRequest {
  /** 0 for the portal's first request. */
  readonly index: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

export type FaultHook = (request: FaultRequest) => Fault | null | undefined;

/** Gives a hook that takes one entry per request of those that `matches`, and no fault after the last. */
export function scriptFaults(
  script: readonly (Fault | null)[],
  matches: (request: FaultRequest) => boolean = () => true,
): FaultHook {
  let next = 0;
  return (request) => (matches(request) ? script[next++] : null);
}

/** Gives a hook that gives a share (0 to 1) of all requests one of the faults, as the seed decides. */
export function seedFaults(seed: string, share: number, faults: readonly [Fault, ...Fault[]]): FaultHook {
  return ({ index }) => {
    const random = seedRandom(`${seed} ${index}`);
    return random() < share ? drawOne(random, faults) : null;
  };
}
