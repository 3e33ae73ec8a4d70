/** The settings of a schedule, and what changes of them between runs. */
import type { PollRequest } from '../../../functions/poller/input/request.ts';
import { HOUR, MINUTE, NOON, requestOf } from '../../support/rig.ts';
import type { Draw } from '../draw.ts';
import type { Ticks } from './span.ts';

/** Settings in force from an instant on. */
export interface Phase {
  readonly from: number;
  readonly request: PollRequest;
}

export interface SettingsOptions {
  readonly names: readonly string[];
  /** Thousands of events, or hundreds. */
  readonly size: 'big' | 'many' | 'few';
  /** HubSpot gives a few events a page, whatever is asked for. */
  readonly isNarrow: boolean;
  readonly isCrowd: boolean;
}

export function drawRequest(draw: Draw, options: SettingsOptions): PollRequest {
  const { names, isCrowd } = options;
  return requestOf({
    eventTypes: isCrowd || draw.chance(50) ? 'all' : [...names],
    startFrom: drawStart(draw),
    // With a run of two minutes in five there would be no time for anything but live polls.
    pollSeconds: isCrowd ? 60 : draw.one([10, 30, 60, 60, 60, 120, 300]),
    // With all of them due every minute there would never be time for a sweep.
    idlePollSeconds: isCrowd ? 300 : draw.one([60, 300]),
    overlapSeconds: draw.one([0, 5, 60, 300, 300]),
    sweepEveryMinutes: isCrowd ? draw.one([0, 60]) : draw.one([0, 5, 15, 60, 60]),
    sweepLookbackHours: draw.one([1, 2, 24]),
    pageSize: drawPageSize(draw, options),
    maxRequestsPer10Seconds: drawMostRequests(draw, options),
  });
}

function drawStart(draw: Draw): string {
  return draw.chance(50) ? 'now' : new Date(NOON - draw.between(0, 2 * HOUR)).toISOString();
}

function drawPageSize(draw: Draw, { size }: SettingsOptions): number {
  return draw.one<number>(size === 'few' ? [1, 2, 3, 7, 50, 1_000] : [20, 100, 1_000]);
}

/** Too few for the streams and their sweeps would only be late for ever. */
function drawMostRequests(draw: Draw, { names, isCrowd, isNarrow }: SettingsOptions): number {
  if (isCrowd) return draw.one([10, 20]);
  if (isNarrow) return draw.one([60, 90]);
  return draw.one(names.length > 3 ? [40, 90] : [5, 20, 90, 90]);
}

/** The settings of the beginning, and up to three changes of them. */
export function drawPhases(draw: Draw, first: PollRequest, ticks: Ticks, options: SettingsOptions): Phase[] {
  const amount = draw.chance(30) && !options.isCrowd ? draw.between(1, 3) : 0;
  const changesAt = Array.from({ length: amount }, () => draw.between(NOON + MINUTE, ticks.endsAt));
  const phases: Phase[] = [{ from: Number.NEGATIVE_INFINITY, request: first }];
  for (const from of changesAt.sort((a, b) => a - b)) {
    const request = phases.at(-1)?.request ?? first;
    phases.push({ from, request: drawChange(draw, request, options) });
  }
  return phases;
}

/** One to three settings are others than before. */
function drawChange(draw: Draw, before: PollRequest, options: SettingsOptions): PollRequest {
  const changes: readonly Partial<PollRequest>[] = [
    { overlapSeconds: draw.one([0, 5, 60, 300]) },
    { pageSize: drawPageSize(draw, options) },
    { sweepEveryMinutes: draw.one([0, 5, 15, 60]) },
    { sweepLookbackHours: draw.one([1, 2, 24]) },
    // The ticks stay as they are.
    { pollSeconds: before.pollSeconds > 60 ? before.pollSeconds : draw.one([10, 30, 60]) },
    { idlePollSeconds: draw.one([60, 300]) },
    { startFrom: drawStart(draw) },
    { eventTypes: before.eventTypes === 'all' ? drawSome(draw, options.names) : 'all' },
    { apiVersion: draw.one(['v3', '2026-03', '2026-09']) },
    { maxRequestsPer10Seconds: drawMostRequests(draw, options) },
  ];
  let request = before;
  for (let left = draw.between(1, 3); left > 0; left -= 1) {
    const change = changes[draw.between(0, changes.length - 1)];
    request = { ...request, ...change };
  }
  return request;
}

/** All of them as often as some, and never none. */
function drawSome(draw: Draw, names: readonly string[]): string[] {
  if (draw.chance(50)) return [...names];
  const some = names.filter(() => draw.chance(60));
  return some.length > 0 ? some : names.slice(0, 1);
}

/** The settings in force at an instant. */
export function requestAt(phases: readonly Phase[], at: number): PollRequest {
  const phase = phases.findLast(({ from }) => from <= at);
  if (phase === undefined) throw new Error('Reading the settings: the first phase must have no beginning.');
  return phase.request;
}
