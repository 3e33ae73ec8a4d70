/** The last quarter of an hour: each run, each stream's lag around it, and what happened in each second. */

import type { InvocationResult } from '../../lambda/execution-environment.ts';
import { reportRun } from '../../run-report.ts';
import type { StreamStanding } from '../../view/stream-standing.ts';
import type { LagLine, Run, Second } from '../messages.ts';

export interface Recorder {
  readonly noteRun: (portal: string, result: InvocationResult, startedAt: number, endedAt: number) => Run;
  /** Gives the points that each line got: the lag just before the run's end, and after it. */
  readonly noteStreams: (portal: string, streams: readonly StreamStanding[], at: number) => LagLine[];
  readonly noteSecond: (second: Second) => void;
  readonly runs: () => readonly Run[];
  readonly lag: () => LagLine[];
  readonly seconds: () => readonly Second[];
}

export const KEPT_MS = 15 * 60_000;
/** Enough for a quarter of an hour of many portals. */
const KEPT_RUNS = 2_000;
const KEPT_SECONDS = KEPT_MS / 1_000;

type Point = [number, number];

interface Line {
  readonly portal: string;
  readonly stream: string;
  watermark: number;
  points: Point[];
}

export function createRecorder(): Recorder {
  const runs: Run[] = [];
  const seconds: Second[] = [];
  const lines = new Map<string, Line>();

  return {
    noteRun: (portal, result, startedAt, endedAt) => {
      const run = describeRun(portal, result, startedAt, endedAt);
      runs.push(run);
      if (runs.length > KEPT_RUNS) runs.shift();
      return run;
    },
    noteStreams: (portal, streams, at) =>
      streams.map(({ stream, watermark }) => {
        const key = `${portal} ${stream}`;
        const now = watermark.getTime();
        const line = lines.get(key) ?? { portal, stream, watermark: now, points: [] };
        lines.set(key, line);
        const lagOf = (mark: number) => Math.max(0, (at - mark) / 1_000);
        const points: Point[] = [
          [at - 1, lagOf(line.watermark)],
          [at, lagOf(now)],
        ];
        line.watermark = now;
        line.points = [...line.points.filter(([then]) => then > at - KEPT_MS), ...points];
        return { portal, stream, points };
      }),
    noteSecond: (second) => {
      seconds.push(second);
      if (seconds.length > KEPT_SECONDS) seconds.shift();
    },
    runs: () => runs,
    lag: () => [...lines.values()].map(({ portal, stream, points }) => ({ portal, stream, points })),
    seconds: () => seconds,
  };
}

/** A process that was ended from outside, or by Lambda at its deadline. */
const KILLED = /^(Runtime\.ExitError|Sandbox\.Timedout)$/;

function describeRun(portal: string, result: InvocationResult, startedAt: number, endedAt: number): Run {
  const { outcome, metrics, failure, problems } = reportRun(portal, result, new Date(endedAt));
  const isKilled = !result.ok && KILLED.test(result.errorType);
  const isPartly = outcome === 'polled' && (metrics.StreamsFailing ?? 0) > 0;
  return {
    portal,
    startedAt,
    endedAt,
    outcome: isKilled ? 'killed' : isPartly ? 'partly' : outcome,
    published: metrics.EventsPublished ?? 0,
    read: metrics.EventsRead ?? 0,
    duplicates: metrics.DuplicatesSuppressed ?? 0,
    requests: metrics.HubSpotRequests ?? 0,
    throttled: metrics.HubSpotThrottled ?? 0,
    retries: metrics.PublishRetries ?? 0,
    failure,
    problems: [...problems],
  };
}
