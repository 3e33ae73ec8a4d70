/** The log line that ends a run: `Run` with its figures, or `The run failed` with the reason. */
import { z } from 'zod';

const runLineSchema = z.looseObject({
  message: z.enum(['Run', 'The run failed']),
  timestamp: z.iso.datetime(),
  portal: z.string(),
  reason: z.string().optional(),
  eventsPublished: z.number().optional(),
  streams: z.number().optional(),
  streamsFailing: z.number().optional(),
});

export interface RunLine {
  readonly at: number;
  readonly portal: string;
  readonly isOk: boolean;
  readonly text: string;
}

/** The end of a run that the line tells of; undefined where it is another line. */
export function readRunLine(line: string): RunLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Lambda's own lines are plain text.
    return undefined;
  }
  const parsed = runLineSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { message, timestamp, portal, reason, eventsPublished, streams, streamsFailing } = parsed.data;
  const isOk = message === 'Run';
  const figures = `${streams ?? 0} streams, ${streamsFailing ?? 0} failing, ${eventsPublished ?? 0} events published`;
  return { at: Date.parse(timestamp), portal, isOk, text: isOk ? figures : (reason ?? '') };
}
