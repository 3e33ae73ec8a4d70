/** The log line that ends a run: `Run` with its figures, or `The run failed` with the reason. */
import { z } from 'zod';
import { formatCount, plural } from '../show/format.ts';

const runLineSchema = z.looseObject({
  message: z.enum(['Run', 'The run failed']),
  timestamp: z.iso.datetime(),
  portal: z.string(),
  reason: z.string().optional(),
  code: z.string().optional(),
  eventsPublished: z.number().optional(),
  streams: z.number().optional(),
  streamsFailing: z.number().optional(),
  furthestBehind: z.array(z.object({ stream: z.string(), lagSeconds: z.number() })).optional(),
});

export interface RunLine {
  readonly at: number;
  readonly portal: string;
  readonly isOk: boolean;
  /** Why it failed; its figures where it did not. */
  readonly text: string;
  /** The streams furthest behind at its end, the furthest first; empty where it failed. */
  readonly furthestBehind: readonly { readonly stream: string; readonly lagSeconds: number }[];
}

/** The end of a run that the line tells of; undefined where it is another line. */
export function readRunLine(line: string): RunLine | undefined {
  const parsed = runLineSchema.safeParse(parseLine(line));
  if (!parsed.success) return undefined;
  const { message, timestamp, portal, reason = '', furthestBehind = [], ...figures } = parsed.data;
  const { streams = 0, streamsFailing = 0, eventsPublished = 0 } = figures;
  const isOk = message === 'Run';
  const text = `${plural(streams, 'stream')}, ${formatCount(streamsFailing)} failing, ${plural(eventsPublished, 'event')} published`;
  return { at: Date.parse(timestamp), portal, isOk, text: isOk ? text : reason, furthestBehind };
}

/** The JSON of a log line; undefined where it is plain text, as Lambda's own lines are. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
