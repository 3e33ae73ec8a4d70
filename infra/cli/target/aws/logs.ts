/** The function's log in CloudWatch. */
import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { waitUnless } from '../../wait.ts';
import { type RunLine, readRunLine } from '../run-line.ts';
import type { LogQuery } from '../target.ts';

/** How often new lines are asked for: CloudWatch shows them after some seconds. */
const AGAIN_MS = 3_000;
/** A line may be shown later than one of a later instant. */
const LATE_MS = 30_000;

export async function readRuns(
  client: CloudWatchLogsClient,
  logGroupName: string,
  portal: string,
  since: number,
): Promise<RunLine[]> {
  const filter = `{ ($.portal = ${quote(portal)}) && ($.message = "Run" || $.message = "The run failed") }`;
  const runs: RunLine[] = [];
  for await (const { message } of filterLog(client, logGroupName, filter, since)) {
    const run = readRunLine(message);
    if (run !== undefined) runs.push(run);
  }
  return runs;
}

export async function readLog(
  client: CloudWatchLogsClient,
  logGroupName: string,
  query: LogQuery,
  onLine: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const filter = patternOf(query);
  const shown = new Map<string, number>();
  let from = query.from;
  for (;;) {
    const begunAt = Date.now();
    for await (const { id, at, message } of filterLog(client, logGroupName, filter, from, signal)) {
      if (shown.has(id)) continue;
      shown.set(id, at);
      onLine(message);
    }
    if (signal === undefined || signal.aborted) return;
    from = Math.max(from, begunAt - LATE_MS);
    for (const [id, at] of shown) if (at < from) shown.delete(id);
    await waitUnless(signal, AGAIN_MS);
    if (signal.aborted) return;
  }
}

/** Metric lines hold the portal too, and no message: they are left out. */
function patternOf({ portal, stream, code }: LogQuery): string {
  const terms = Object.entries({ portal, stream, code }).flatMap(([key, value]) =>
    value === undefined ? [] : [`($.${key} = ${quote(value)})`],
  );
  return `{ ${['($.message = "*")', ...terms].join(' && ')} }`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

interface LogEvent {
  readonly id: string;
  readonly at: number;
  readonly message: string;
}

async function* filterLog(
  client: CloudWatchLogsClient,
  logGroupName: string,
  filterPattern: string,
  startTime: number,
  signal?: AbortSignal,
): AsyncGenerator<LogEvent> {
  let nextToken: string | undefined;
  do {
    const command = new FilterLogEventsCommand({ logGroupName, filterPattern, startTime, nextToken });
    const answer = await client
      .send(command, signal === undefined ? {} : { abortSignal: signal })
      .catch((error: unknown) => {
        if (signal?.aborted === true) return undefined;
        throw error;
      });
    if (answer === undefined) return;
    for (const { eventId: id = '', timestamp: at = 0, message = '' } of answer.events ?? [])
      yield { id, at, message: message.trimEnd() };
    nextToken = answer.nextToken;
  } while (nextToken !== undefined);
}
