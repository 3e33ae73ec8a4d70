/**
 * What reached the bus, and what reached it twice. Some repeats are promised: what a killed run had in flight, what a
 * lost answer of PutEvents held, and what a process that ended had published while DynamoDB took no write.
 */
import { z } from 'zod';
import type { BusEvent } from '../../aws/event-bus.ts';
import { identify } from './key.ts';

/** Why an event came again. `unexplained` is what must not be. */
export type RepeatCause = 'kill' | 'lostAnswer' | 'unwritten' | 'unexplained';

export type Repeats = Readonly<Record<RepeatCause, number>>;

export interface Arrivals {
  /** Gives the event's key, or undefined where it was there before. */
  readonly note: (event: Pick<BusEvent, 'detail'>) => number | undefined;
  readonly has: (key: number) => boolean;
  /** How many different events there were. */
  readonly distinct: () => number;
  readonly repeats: () => Repeats;
  readonly beginRun: (portal: string) => void;
  readonly endRun: (
    portal: string,
    end: { readonly isKilled: boolean; readonly isUnwritten: boolean },
  ) => void;
  /** EventBridge took the entries of this call, and nobody will hear of it. */
  readonly noteLostAnswer: (body: string) => void;
  /** What the process knew and DynamoDB did not is forgotten. */
  readonly noteProcessEnd: () => void;
}

const putEventsSchema = z.object({ Entries: z.array(z.object({ Detail: z.string() })) });

export function createArrivals(): Arrivals {
  const seen = new Set<number>();
  const counts = { kill: 0, lostAnswer: 0, unwritten: 0, unexplained: 0 };
  const killed = new Set<number>();
  const lost = new Set<number>();
  /** Published in a run whose ledger may not be written: excused once the process has ended. */
  const unwritten = new Set<number>();
  const forgotten = new Set<number>();
  /** By portal: what its last run published. After a kill, what is still on its way joins the killed. */
  const ofRun = new Map<string, Set<number>>();

  function causeOf(key: number): RepeatCause {
    if (killed.has(key)) return 'kill';
    if (lost.has(key)) return 'lostAnswer';
    return forgotten.has(key) ? 'unwritten' : 'unexplained';
  }

  function move(from: Set<number>, to: Set<number>): void {
    for (const key of from) to.add(key);
    from.clear();
  }

  return {
    note: ({ detail }) => {
      const { portal, key } = identify(detail);
      if (seen.has(key)) {
        counts[causeOf(key)] += 1;
        return undefined;
      }
      seen.add(key);
      ofRun.get(portal)?.add(key);
      return key;
    },
    has: (key) => seen.has(key),
    distinct: () => seen.size,
    repeats: () => counts,
    beginRun: (portal) => ofRun.set(portal, new Set()),
    endRun: (portal, { isKilled, isUnwritten }) => {
      const keys = ofRun.get(portal) ?? new Set();
      if (isKilled) {
        move(keys, killed);
        ofRun.set(portal, killed);
        return;
      }
      if (isUnwritten) move(keys, unwritten);
      ofRun.delete(portal);
    },
    noteLostAnswer: (body) => {
      for (const { Detail } of putEventsSchema.parse(JSON.parse(body)).Entries) {
        lost.add(identify(Detail).key);
      }
    },
    noteProcessEnd: () => move(unwritten, forgotten),
  };
}
