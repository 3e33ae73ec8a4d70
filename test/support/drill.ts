/**
 * Drills: real runs of the synthesized bundle, laid on a time line.
 *
 * Real: each run's metric lines, its log, its error, its duration, the letters in the queue, the template's alarms.
 * Stepped: the minutes between the runs. A run's lines stand for those of the minutes after it, in which the same
 * thing would happen again; where the watermark stands still, LagSeconds grows by 60 with each, as the clock would
 * make it. What AWS counts (invocations, errors, durations, letters) is counted from the same runs.
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import type { Sample } from '../../infra/local/alarms/alarm-evaluator.ts';
import { awsMetricKeys, readMetricLine } from '../../infra/local/alarms/run-samples.ts';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';

/** One minute: the run in it, if any, and how it differs from the real one. */
export interface Minute {
  readonly run: InvocationResult | undefined;
  /** How far the clock has gone on since the real run, for a watermark that stands still. */
  readonly lagMore: number;
  /** The messages in the dead-letter queue. */
  readonly letters: number;
}

export interface MinutesOptions {
  readonly isLagGrowing?: boolean;
  readonly letters?: number;
}

/** So many minutes with the runs in turn; without a run, minutes in which nothing runs. */
export function minutesOf(
  count: number,
  runs: readonly InvocationResult[],
  { isLagGrowing = false, letters = 0 }: MinutesOptions = {},
): Minute[] {
  return Array.from({ length: count }, (_, index) => ({
    run: runs[index % runs.length],
    lagMore: isLagGrowing ? 60 * (index + 1) : 0,
    letters,
  }));
}

/** The time line as CloudWatch has it. */
export function samplesOf(template: Template, timeline: readonly Minute[]): Map<string, Sample[]> {
  const samples = new Map<string, Sample[]>();
  const add = (key: string, minute: number, value: number) => {
    samples.set(key, [...(samples.get(key) ?? []), { minute, value }]);
  };
  const aws = awsMetricKeys(template.toJSON());
  timeline.forEach(({ run, lagMore, letters }, minute) => {
    add(aws.letters, minute, letters);
    if (run === undefined) return;
    add(aws.invocations, minute, 1);
    add(aws.errors, minute, run.ok ? 0 : 1);
    add(aws.throttles, minute, 0);
    add(aws.duration, minute, run.durationMs);
    for (const { key, name, value } of run.logs.flatMap(readMetricLine)) {
      add(key, minute, name === 'LagSeconds' ? value + lagMore : value);
    }
  });
  return samples;
}

const logLineSchema = z.looseObject({
  level: z.string(),
  message: z.string(),
  reason: z.string().optional(),
});

/** What the runs' log says of failures: a line's message and reason. */
export function failuresLogged(runs: readonly InvocationResult[]): string[] {
  return runs.flatMap(({ logs }) =>
    logs.flatMap((line) => {
      const parsed = logLineSchema.safeParse(parseLine(line));
      if (!parsed.success || parsed.data.level === 'INFO') return [];
      return [`${parsed.data.message}: ${parsed.data.reason ?? ''}`];
    }),
  );
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Lambda's own line about an error is plain text.
    return undefined;
  }
}
