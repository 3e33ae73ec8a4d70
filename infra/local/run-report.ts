/** What a run told of itself: the metrics on its standard output, and its failures in the log. */
import { z } from 'zod';
import { METRIC_NAMESPACE, METRICS, type MetricName } from '../../functions/poller/contract.ts';
import type { InvocationResult } from './lambda/execution-environment.ts';

export interface RunReport {
  readonly portal: string;
  readonly endedAt: Date;
  /** `skipped`: another run held the lease. */
  readonly outcome: 'polled' | 'skipped' | 'failed';
  /** The last value of each metric; a distribution's is not meant to be read here. */
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>;
  readonly seconds: number;
  /** Why the run failed, in a sentence. */
  readonly failure: string | undefined;
  /** What else went wrong: a line for each stream that failed. */
  readonly problems: readonly string[];
}

const emfSchema = z.looseObject({
  _aws: z.object({ CloudWatchMetrics: z.array(z.object({ Namespace: z.literal(METRIC_NAMESPACE) })).min(1) }),
});
/** Where portals have no metrics of their own, a log line has the same figures under the same names. */
const figuresSchema = z.looseObject({ message: z.literal('Figures') });
const logSchema = z.looseObject({
  level: z.string(),
  message: z.string(),
  reason: z.string().optional(),
  stream: z.string().optional(),
});
const summarySchema = z.looseObject({ outcome: z.enum(['polled', 'skipped']) });

/** The run that an invocation was. */
export function reportRun(portal: string, result: InvocationResult, endedAt: Date): RunReport {
  const lines = result.logs.map(parseLine);
  const outcome = result.ok ? summarySchema.safeParse(parseLine(result.payload)).data?.outcome : 'failed';
  return {
    portal,
    endedAt,
    outcome: outcome ?? 'polled',
    metrics: Object.assign({}, ...lines.map(readMetrics)),
    seconds: result.durationMs / 1000,
    failure: result.ok ? undefined : oneLine(result.errorMessage),
    problems: result.ok ? lines.flatMap(readProblem) : [],
  };
}

/** One sentence where the failure is one of the function's own; a crash tells its whole story in many lines. */
function oneLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A line of plain text has nothing for this report.
    return undefined;
  }
}

function readMetrics(line: unknown): Partial<Record<MetricName, number>> {
  const parsed = z.union([emfSchema, figuresSchema]).safeParse(line);
  if (!parsed.success) return {};
  return Object.fromEntries(
    Object.keys(METRICS).flatMap((name) => {
      const value = parsed.data[name];
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

function readProblem(line: unknown): string[] {
  const parsed = logSchema.safeParse(line);
  if (!parsed.success || !['WARN', 'ERROR', 'CRITICAL'].includes(parsed.data.level)) return [];
  const { message, reason, stream } = parsed.data;
  const about = stream === undefined ? '' : ` (${stream})`;
  return [oneLine(`${message}${about}${reason === undefined ? '' : `: ${reason}`}`)];
}
