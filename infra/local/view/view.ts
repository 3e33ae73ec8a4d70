/** What there is to see of the poller at work, however it is shown. */
import type { BusEvent } from '../aws/event-bus.ts';
import type { RunReport } from '../run-report.ts';
import type { StreamStanding } from './stream-standing.ts';

export interface View {
  /** What is polled, and how often: once, before the first run. */
  readonly begin: (about: SessionDescription) => void;
  /** An event landed on the bus. */
  readonly showEvent: (event: ShownEvent) => void;
  /** A run is over; the streams as they then stood, where that is known. */
  readonly showRun: (run: RunReport, streams: readonly StreamStanding[] | undefined) => void;
  /** Gives the terminal back. */
  readonly close: () => void;
}

export interface SessionDescription {
  /** `a simulated HubSpot portal`, `HubSpot at https://…`. */
  readonly source: string;
  readonly state: string;
  /** The address of the page beside this view, where there is one. */
  readonly page: string | undefined;
  readonly everySeconds: number;
  readonly isFiltered: boolean;
  /** What the user should know. */
  readonly notes: readonly string[];
}

export interface ShownEvent extends BusEvent {
  /** Whether the user's rule matches it; true where there is no rule. */
  readonly isMatched: boolean;
}

/** The time of day, in UTC: `12:00:10`. */
export function timeOfDay(at: Date): string {
  return at.toISOString().slice(11, 19);
}

/** Seconds as people read them: `0.3s`, `12s`, `5m 10s`, `3h 20m`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}
