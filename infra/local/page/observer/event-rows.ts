/** The events that landed last, as rows for somebody who looks, and whole for who opens one. */

import type { BusEvent } from '../../aws/event-bus.ts';
import type { EventPattern } from '../../aws/pattern/event-pattern.ts';
import type { EventRow } from '../messages.ts';

export interface EventRows {
  readonly note: (event: BusEvent) => void;
  /** The whole event; undefined where it is too long ago. */
  readonly find: (id: string) => BusEvent | undefined;
  /** What landed since the last call, and matches. */
  readonly take: () => { rows: EventRow[]; unshown: number };
}

/** What a person can see pass by in a quarter of a second, and more. */
const MOST_ROWS = 300;
const KEPT_EVENTS = 2_000;
const KEPT_CHARACTERS = 16_000_000;

/** Rows of the events that a rule with the pattern would match; of all where none is given. */
export function createEventRows(
  pattern: EventPattern | undefined,
  envelopeOf: (event: BusEvent) => object,
): EventRows {
  const kept = new Map<string, BusEvent>();
  let keptCharacters = 0;
  let waiting: BusEvent[] = [];
  let unshown = 0;

  function keep(event: BusEvent): void {
    kept.set(event.id, event);
    keptCharacters += event.detail.length;
    for (const [id, { detail }] of kept) {
      if (kept.size <= KEPT_EVENTS && keptCharacters <= KEPT_CHARACTERS) return;
      kept.delete(id);
      keptCharacters -= detail.length;
    }
  }

  return {
    note: (event) => {
      if (pattern !== undefined && !pattern.matches(envelopeOf(event))) return;
      keep(event);
      waiting.push(event);
      if (waiting.length <= MOST_ROWS) return;
      waiting.shift();
      unshown += 1;
    },
    find: (id) => kept.get(id),
    take: () => {
      const taken = { rows: waiting.map(rowOf), unshown };
      waiting = [];
      unshown = 0;
      return taken;
    },
  };
}

function rowOf({ id, detailType, detail, time, resources }: BusEvent): EventRow {
  return {
    id,
    at: Date.now(),
    detailType,
    time: time.getTime(),
    resource: resources[0]?.replace(/^hubspot:/, '') ?? '',
    bytes: Buffer.byteLength(detail),
  };
}
