/**
 * The proof that nothing is lost: HubSpot's own log on one side, the bus and the dead letters on the other.
 *
 *   shown ─▶ on the bus · dead letter · waiting ─▶ missing, where the poller claims to be beyond it
 */
import { z } from 'zod';
import type { ProofFigures } from '../messages.ts';
import type { StoredPortal, StoredStream } from '../observer/stored-streams.ts';
import type { Arrivals } from './arrivals.ts';
import { type Claim, type ClaimSettings, covers } from './claims.ts';
import { keyOf } from './key.ts';
import type { Showing, Showings } from './showings.ts';

export interface Proof {
  readonly read: (
    now: number,
    letters: readonly string[],
    stored: ReadonlyMap<string, StoredPortal>,
  ) => ProofFigures;
  /** The poller claims it; what is covered and neither on the bus nor a dead letter is missing from now on. */
  readonly hold: (portal: string, claims: readonly Claim[]) => void;
  /** What no scheduled reading reaches any more. */
  readonly beyondReach: () => readonly Showing[];
}

export interface ProofOptions {
  readonly showings: Showings;
  readonly arrivals: Arrivals;
  readonly settings: ClaimSettings;
  /**
   * What was visible before may have been published by an earlier start: it counts only where it arrives.
   * Undefined where nothing was published before.
   */
  readonly keptSince: number | undefined;
}

type Place = 'unlisted' | 'aside' | 'late' | 'beyond' | 'waiting';

const letterSchema = z.object({ portal: z.string(), text: z.string() });

export function createProof({ showings, arrivals, settings, keptSince }: ProofOptions): Proof {
  /** Shown, and neither on the bus nor a dead letter. */
  const open = new Map<number, Showing>();
  const missing = new Set<number>();
  /** Shown before this start, which an earlier one may have published. */
  const earlier = new Map<number, Showing>();
  const lettered = new Set<number>();
  let beyond: readonly Showing[] = [];
  let shown = 0;
  let onBus = 0;
  let knownLetters = 0;

  function settle(now: number, letters: readonly string[]): void {
    for (const showing of showings.advance(now)) {
      if (keptSince !== undefined && showing.visibleAt <= keptSince) earlier.set(showing.key, showing);
      else {
        shown += 1;
        open.set(showing.key, showing);
      }
    }
    if (letters.length !== knownLetters) {
      knownLetters = letters.length;
      for (const text of letters) lettered.add(keyOfLetter(text));
    }
    for (const key of open.keys()) {
      if (arrivals.has(key)) onBus += 1;
      else if (!lettered.has(key)) continue;
      open.delete(key);
      missing.delete(key);
    }
    for (const key of earlier.keys()) {
      if (!arrivals.has(key)) continue;
      earlier.delete(key);
      shown += 1;
      onBus += 1;
    }
  }

  return {
    read: (now, letters, stored) => {
      settle(now, letters);
      const counts = { unlisted: 0, aside: 0, late: 0, beyond: 0, waiting: 0 };
      const streams = new Map([...stored].map(([portal, state]) => [portal, byName(state)]));
      const tooLate: Showing[] = [];
      let settledTo = now;
      for (const [key, showing] of open) {
        const known = streams.get(showing.portal);
        // Before the first run has listed the types, everything waits for that one.
        const place =
          known === undefined || known.size === 0
            ? 'waiting'
            : placeOf(showing, known.get(showing.eventType), settings, now);
        if (place === 'beyond') tooLate.push(showing);
        if (place === 'waiting' || missing.has(key)) settledTo = Math.min(settledTo, showing.visibleAt);
        if (!missing.has(key)) counts[place] += 1;
      }
      beyond = tooLate;
      const { kill, lostAnswer, unwritten, unexplained } = arrivals.repeats();
      return {
        shown,
        onBus,
        letters: shown - onBus - open.size,
        missing: missing.size,
        ...counts,
        waiting: counts.waiting + counts.unlisted + counts.aside + counts.late,
        twice: unexplained,
        repeated: { kill, lostAnswer, unwritten },
        distinct: arrivals.distinct(),
        settledTo,
      };
    },
    hold: (portal, claims) => {
      for (const [key, showing] of open) {
        if (showing.portal !== portal || arrivals.has(key) || lettered.has(key)) continue;
        const { eventType, occurredAt, visibleAt } = showing;
        const isClaimed = claims.some(
          (claim) => claim.stream === eventType && covers(claim, occurredAt, visibleAt),
        );
        if (isClaimed) missing.add(key);
      }
    },
    beyondReach: () => beyond,
  };
}

function placeOf(
  { occurredAt }: Showing,
  stream: StoredStream | undefined,
  { overlapMs, lookbackMs }: ClaimSettings,
  now: number,
): Place {
  if (stream === undefined) return 'unlisted';
  if (stream.setAside !== undefined) return 'aside';
  if (occurredAt < stream.floor || occurredAt < Math.min(stream.sweptAt, now) - lookbackMs) return 'beyond';
  return occurredAt < stream.watermark - overlapMs ? 'late' : 'waiting';
}

function byName({ streams }: StoredPortal): ReadonlyMap<string, StoredStream> {
  return new Map(streams.map((stored) => [stored.stream, stored]));
}

function keyOfLetter(body: string): number {
  const { data } = letterSchema.safeParse(JSON.parse(body));
  return data === undefined ? 0 : keyOf(data.portal, data.text);
}
