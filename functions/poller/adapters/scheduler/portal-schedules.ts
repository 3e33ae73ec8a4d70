/** The portals' schedules: the list tells which are on, each one's `Input` how often its portal is polled. */
import {
  GetScheduleCommand,
  ListSchedulesCommand,
  type SchedulerClient,
  type ScheduleSummary,
} from '@aws-sdk/client-scheduler';
import pLimit from 'p-limit';
import * as z from '../../core/schema.ts';
import { PollerError } from '../../errors.ts';
import type { PortalSchedules, ScheduledPortal } from '../../ports.ts';
import { endAfter, errorName, type RetryPlan, withRetry } from '../retry.ts';

/** The most that one page of ListSchedules holds (Scheduler's API reference, 2026-11). */
const PAGE_SIZE = 100;

/** Scheduler answers 50 to 1,000 GetSchedule a second, by Region; a throttled one is asked again. */
const CALLS_AT_ONCE = 8;

/** What a schedule's `Input` says, of all that it holds. */
const inputSchema = z.object({ portal: z.string(), pollSeconds: z.number(), idlePollSeconds: z.number() });
type Input = z.output<typeof inputSchema>;

/** By name and change: what a process read once it need not read again. */
export type ScheduleCache = Map<string, Input>;

export function createPortalSchedules(
  client: SchedulerClient,
  group: string,
  retry: RetryPlan,
  cache: ScheduleCache,
): PortalSchedules {
  const limit = pLimit(CALLS_AT_ONCE);

  async function listSummaries(): Promise<ScheduleSummary[]> {
    const summaries: ScheduleSummary[] = [];
    let NextToken: string | undefined;
    do {
      const command = new ListSchedulesCommand({ GroupName: group, MaxResults: PAGE_SIZE, NextToken });
      const page = await withRetry(retry, (_attempt, timeoutMs) => client.send(command, endAfter(timeoutMs)));
      summaries.push(...(page.Schedules ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return summaries;
  }

  /** Undefined where the schedule was removed since it was listed. */
  async function readInput(name: string, key: string): Promise<Input | undefined> {
    const known = cache.get(key);
    if (known !== undefined) return known;
    const command = new GetScheduleCommand({ GroupName: group, Name: name });
    try {
      const { Target } = await withRetry(retry, (_attempt, timeoutMs) =>
        client.send(command, endAfter(timeoutMs)),
      );
      return parseInput(name, Target?.Input ?? '');
    } catch (thrown) {
      if (errorName(thrown) === 'ResourceNotFoundException') return undefined;
      throw thrown;
    }
  }

  async function describe(summary: ScheduleSummary): Promise<[string, ScheduledPortal] | undefined> {
    const { Name: name = '', State, LastModificationDate, CreationDate } = summary;
    const changedAt = (LastModificationDate ?? CreationDate ?? new Date(0)).getTime();
    const key = `${name} ${changedAt}`;
    const input = await readInput(name, key);
    return input && [key, { ...input, isEnabled: State === 'ENABLED', changedAt }];
  }

  return {
    async list() {
      try {
        const summaries = await listSummaries();
        const found = await Promise.all(summaries.map((summary) => limit(() => describe(summary))));
        const entries = found.flatMap((entry) => (entry === undefined ? [] : [entry]));
        // What is no longer there is forgotten, so that the cache is never larger than the group.
        cache.clear();
        for (const [key, { portal, pollSeconds, idlePollSeconds }] of entries)
          cache.set(key, { portal, pollSeconds, idlePollSeconds });
        return entries.map(([, schedule]) => schedule);
      } catch (thrown) {
        const reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
        const text = `Listing the schedules of group ${group}: Scheduler must list them, found ${reason}`;
        throw new PollerError('schedules-unavailable', text, { cause: thrown });
      }
    },
  };
}

/** A schedule whose `Input` nobody can read polls nothing: it stands under its own name, and will be silent. */
function parseInput(name: string, text: string): Input {
  try {
    return inputSchema.parse(JSON.parse(text));
  } catch {
    return { portal: name, pollSeconds: 60, idlePollSeconds: 300 };
  }
}
