/** When the runs of a schedule start, and what happens to each. */
import { HOUR, MINUTE, NOON } from '../../support/rig.ts';
import type { Has } from './features.ts';
import type { SeededDraw } from './hubspot-plan.ts';
import type { Ticks } from './span.ts';
import { CALM, drawWeather, type Weather } from './weather.ts';

export interface Invocation {
  readonly at: number;
  readonly remainingMs: number;
  readonly weather: Weather;
  /** Which step between two calls the run does not survive; never where undefined. */
  readonly killAtStep: number | undefined;
  /** How far the run's clock is ahead of true time. */
  readonly clockAheadMs: number;
  /**
   * Which process it runs in: the first one that is free, a new one, or, as a share of all free ones and a new one,
   * any of them.
   */
  readonly process: 'first' | 'new' | number;
  /** It gets the lease whoever holds it. */
  readonly ignoresLease: boolean;
}

/** No schedule's clocks are further apart than twice this, where they do not jump. */
export const MOST_SKEW_MS = 2 * MINUTE;

/** One tick after another, or with gaps: Scheduler, or the function, was not there. */
export function drawTicks(seed: SeededDraw, runs: number, tickMs: number, has: Has): Ticks {
  const draw = seed('gaps');
  const hasGaps = draw.chance(30) && has('gaps');
  const starts: number[] = [];
  let at = NOON;
  for (let index = 0; index < runs; index += 1) {
    starts.push(at);
    const minutes = draw.one([0, 0, 0, 9, 9, 35, 61]);
    at += tickMs + (hasGaps ? minutes * MINUTE : 0);
  }
  return { starts, endsAt: at };
}

export function drawInvocations(seed: SeededDraw, ticks: Ticks, has: Has): Invocation[] {
  const draws = {
    kills: seed('kills'),
    pairs: seed('pairs'),
    skew: seed('skew'),
    cold: seed('cold'),
    processes: seed('processes'),
    weather: seed('weather'),
    short: seed('short'),
  };
  const killPercent = draws.kills.one([0, 10, 40]);
  const skewMs = draws.skew.one([0, 0, 0, 0, 500, 5_000, MOST_SKEW_MS]);
  const pairPercent = draws.pairs.one([0, 0, 20]);
  const breaksLease = draws.pairs.chance(20);
  const processPercent = draws.processes.one([0, 0, 20, 100]);
  const shortPercent = draws.short.one([0, 0, 20]);
  const jumps = drawJumps(seed, ticks.starts.length, has);

  function one(at: number, jumpMs: number, ignoresLease: boolean): Invocation {
    const weather = leaveOut(drawWeather(draws.weather), has);
    const killAtStep = draws.kills.chance(killPercent) ? draws.kills.spread(1, 400) : undefined;
    const clockAheadMs = skewMs === 0 ? 0 : draws.skew.between(-skewMs, skewMs);
    const isCold = draws.cold.chance(10) && has('cold-starts');
    const place = draws.processes.random();
    const isAnywhere = draws.processes.chance(processPercent) && has('processes');
    const isShort = draws.short.chance(shortPercent);
    const shortMs = draws.short.spread(10_000, 40_000);
    const warm = isAnywhere ? place : 'first';
    return {
      at,
      remainingMs: isShort && has('short-runs') ? shortMs : 120_000,
      weather,
      killAtStep: has('kills') ? killAtStep : undefined,
      clockAheadMs: (has('skew') ? clockAheadMs : 0) + jumpMs,
      process: isCold ? 'new' : warm,
      ignoresLease,
    };
  }

  return ticks.starts
    .flatMap((start, index) => {
      const at = start + draws.pairs.between(0, 900);
      const jumpMs = jumps[index] ?? 0;
      const isPair = draws.pairs.chance(pairPercent);
      const second = one(at + draws.pairs.spread(1, 5_000), jumpMs, breaksLease);
      const first = one(at, jumpMs, false);
      return isPair && has('pairs') ? [first, second] : [first];
    })
    .sort((a, b) => a.at - b.at);
}

/** For a few runs the clock is an hour ahead, or back. */
function drawJumps(seed: SeededDraw, runs: number, has: Has): number[] {
  const draw = seed('clock-jumps');
  const isJumping = draw.chance(6) && has('clock-jumps');
  const [from, length] = [draw.between(0, runs - 1), draw.between(1, 4)];
  const jumpMs = draw.one([-HOUR, HOUR]);
  return Array.from({ length: runs }, (_, index) =>
    isJumping && index >= from && index < from + length ? jumpMs : 0,
  );
}

function leaveOut(weather: Weather, has: Has): Weather {
  return {
    hubSpot: has('hubspot-faults') ? weather.hubSpot : CALM.hubSpot,
    strays: has('strays') ? weather.strays : CALM.strays,
    bus: has('bus-faults') ? weather.bus : CALM.bus,
    table: has('table-faults') ? weather.table : CALM.table,
    queue: has('queue-faults') ? weather.queue : CALM.queue,
    slowness: has('slowness') ? weather.slowness : CALM.slowness,
    slowPeer: has('slow-peers') ? weather.slowPeer : CALM.slowPeer,
  };
}
