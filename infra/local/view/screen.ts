/** All that the live view knows: what it was told, and the figures made of it. Nothing here draws. */
import type { RunReport } from '../run-report.ts';
import type { StreamStanding } from './stream-standing.ts';
import { portalOf, type RunProgress, type SessionDescription, type ShownEvent } from './view.ts';

export interface Screen {
  about: SessionDescription | undefined;
  readonly portals: Map<string, PortalScreen>;
  /** The newest by occurredAt, the newest first. */
  events: readonly ShownEvent[];
  /** The last runs of all portals, the latest first. */
  runs: readonly RunReport[];
  published: number;
  /** What is waited for, once the end was asked for. */
  ending: string | undefined;
}

export interface PortalScreen {
  run: RunReport | undefined;
  running: Running | undefined;
  streams: readonly StreamStanding[];
  published: number;
  readonly countByType: Map<string, number>;
}

/** A run that is not over yet. */
export interface Running {
  readonly startedAt: Date;
  readonly requests: number | undefined;
  readonly events: number;
}

/** As many as the highest terminal shows. */
const KEPT_EVENTS = 100;
const KEPT_RUNS = 50;

export function createScreen(): Screen {
  return { about: undefined, portals: new Map(), events: [], runs: [], published: 0, ending: undefined };
}

/** The portal's part of the screen, empty at first. */
export function portalIn({ portals }: Screen, name: string): PortalScreen {
  const known = portals.get(name);
  if (known !== undefined) return known;
  const portal: PortalScreen = {
    run: undefined,
    running: undefined,
    streams: [],
    published: 0,
    countByType: new Map(),
  };
  portals.set(name, portal);
  return portal;
}

export function noteEvent(screen: Screen, event: ShownEvent): void {
  const portal = portalIn(screen, portalOf(event));
  screen.published += 1;
  portal.published += 1;
  portal.countByType.set(event.detailType, (portal.countByType.get(event.detailType) ?? 0) + 1);
  if (portal.running !== undefined) portal.running = { ...portal.running, events: portal.running.events + 1 };
  if (!event.isMatched) return;
  const { events } = screen;
  const oldest = events.at(-1);
  if (oldest !== undefined && events.length >= KEPT_EVENTS && event.time < oldest.time) return;
  const before = events.findIndex(({ time }) => time <= event.time);
  const place = before < 0 ? events.length : before;
  screen.events = [...events.slice(0, place), event, ...events.slice(place)].slice(0, KEPT_EVENTS);
}

export function noteProgress(screen: Screen, { portal: name, requests, streams }: RunProgress): void {
  const portal = portalIn(screen, name);
  if (portal.running !== undefined) portal.running = { ...portal.running, requests };
  if (streams !== undefined) portal.streams = streams;
}

export function noteRun(
  screen: Screen,
  run: RunReport,
  streams: readonly StreamStanding[] | undefined,
): void {
  const portal = portalIn(screen, run.portal);
  portal.run = run;
  portal.running = undefined;
  if (streams !== undefined) portal.streams = streams;
  screen.runs = [run, ...screen.runs].slice(0, KEPT_RUNS);
}

/** The portal's lag at an instant, in seconds: that of its stream furthest behind; undefined while nothing is known. */
export function portalLag({ streams, run }: PortalScreen, now: Date): number | undefined {
  const watermarks = streams
    .filter(({ isSetAside }) => !isSetAside)
    .map(({ watermark }) => watermark.getTime());
  if (watermarks.length > 0) return (now.getTime() - Math.min(...watermarks)) / 1000;
  const lag = run?.metrics.LagSeconds;
  return lag === undefined || run === undefined ? lag : lag + (now.getTime() - run.endedAt.getTime()) / 1000;
}

/** More lag than that and a stream is behind: the alarm's own threshold where nothing is configured. */
export const BEHIND_SECONDS = 600;

export type Standing = 'failing' | 'behind' | 'current';

export function standingOf({ problem, watermark }: StreamStanding, now: Date): Standing {
  if (problem !== undefined) return 'failing';
  return (now.getTime() - watermark.getTime()) / 1000 > BEHIND_SECONDS ? 'behind' : 'current';
}

/** The streams, those that fail first, then those that are behind, the furthest first. */
export function sortStreams(streams: readonly StreamStanding[], now: Date): StreamStanding[] {
  const fails = ({ problem }: StreamStanding) => (problem === undefined ? 1 : 0);
  const lag = ({ watermark }: StreamStanding) => (now.getTime() - watermark.getTime()) / 1000;
  return streams.toSorted(
    (a, b) =>
      fails(a) - fails(b) || beyondOrdinary(lag(b)) - beyondOrdinary(lag(a)) || compare(a.stream, b.stream),
  );
}

/** The portals, those with a failure first, then those that are behind, the furthest first. */
export function sortPortals(screen: Screen, now: Date): [name: string, portal: PortalScreen][] {
  const fails = (portal: PortalScreen) => (problemsOf(portal).length > 0 ? 0 : 1);
  const lag = (portal: PortalScreen) => portalLag(portal, now) ?? 0;
  return [...screen.portals].toSorted(
    ([a, one], [b, other]) =>
      fails(one) - fails(other) || beyondOrdinary(lag(other)) - beyondOrdinary(lag(one)) || compare(a, b),
  );
}

/** What is current keeps its place from one second to the next. */
function beyondOrdinary(lagSeconds: number): number {
  return lagSeconds > BEHIND_SECONDS ? lagSeconds : 0;
}

/** What is wrong with a portal, in sentences: its run, and each stream that fails. */
export function problemsOf({ run, streams }: PortalScreen): string[] {
  const failing = streams.flatMap(({ stream, problem }) =>
    problem === undefined ? [] : [`${stream}: ${problem}`],
  );
  if (run?.failure !== undefined) return [run.failure, ...failing];
  return failing.length > 0 ? failing : [...(run?.problems ?? [])];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
