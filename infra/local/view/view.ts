/** What there is to see of the poller at work, however it is shown. */
import type { BusEvent } from '../aws/event-bus.ts';
import type { RunReport } from '../run-report.ts';
import type { StreamStanding } from './stream-standing.ts';

export interface View {
  /** What is polled, and how often: once, before the first run. */
  readonly begin: (about: SessionDescription) => void;
  /** A portal's run has begun. */
  readonly beginRun: (portal: string, at: Date) => void;
  /** How far a run is that is not over yet. */
  readonly showProgress: (progress: RunProgress) => void;
  /** An event landed on the bus. */
  readonly showEvent: (event: ShownEvent) => void;
  /** A run is over; the streams as they then stood, where that is known. */
  readonly showRun: (run: RunReport, streams: readonly StreamStanding[] | undefined) => void;
  /** The end was asked for: what is waited for, in a sentence. */
  readonly showEnding: (sentence: string) => void;
  /** Gives the terminal back. */
  readonly close: () => void;
}

export interface SessionDescription {
  /** `a simulated HubSpot portal`, `HubSpot at https://…`. */
  readonly source: string;
  readonly state: string;
  readonly portals: readonly string[];
  /** The address of the page beside this view, where there is one. */
  readonly page: string | undefined;
  readonly everySeconds: number;
  readonly isFiltered: boolean;
  /** What the user should know. */
  readonly notes: readonly string[];
}

export interface RunProgress {
  readonly portal: string;
  readonly at: Date;
  /** Answers of HubSpot to this run so far; undefined where only HubSpot could tell. */
  readonly requests: number | undefined;
  /** The streams as they now stand, where that is known. */
  readonly streams: readonly StreamStanding[] | undefined;
}

export interface ShownEvent extends BusEvent {
  /** Whether the user's rule matches it; true where there is no rule. */
  readonly isMatched: boolean;
}

/** The portal that an event is of, by its resource `hubspot:<portal>:<object>`. */
export function portalOf({ resources }: BusEvent): string {
  return /^hubspot:([^:]*):/.exec(resources[0] ?? '')?.[1] ?? '';
}

/** The time of day, in UTC: `12:00:10`. */
export function timeOfDay(at: Date): string {
  return at.toISOString().slice(11, 19);
}

/** Seconds as people read them: `0.3s`, `12s`, `5m 10s`, `3h 20m`, `9d 4h`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < 48 * 3600) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}

/** A count with its thousands apart: `1,234`; with its noun where one is given: `1 event`, `2 events`. */
export function formatCount(count: number, noun?: string): string {
  const digits = count.toLocaleString('en-US');
  return noun === undefined ? digits : `${digits} ${noun}${count === 1 ? '' : 's'}`;
}
