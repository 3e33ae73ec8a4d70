/** What an operator does after a failure, at once instead of at its own time: between two runs, as the poller itself would write it. */
import { createCheckpointStore } from '../../../functions/poller/adapters/dynamodb/checkpoints.ts';
import { startClock } from '../../../functions/poller/adapters/system-clock.ts';
import type { Checkpoint } from '../../../functions/poller/core/checkpoint.ts';
import { HOUR_MS } from '../../../functions/poller/core/instant.ts';
import { requestSchema } from '../../../functions/poller/input/request.ts';
import { moveWatermark } from '../../cli/verbs/watermark-set.ts';
import type { LocalStack } from '../stack.ts';
import type { Turns } from './turns.ts';

export interface Repairs {
  /** Streams that are set aside are polled at the next run. */
  readonly retrySetAside: (portal: string) => Promise<void>;
  /**
   * The next run sweeps, all that sweeps look back to; after a sweep that is under way another one, since it may be past
   * what came late meanwhile.
   */
  readonly sweepNow: (portal: string) => Promise<void>;
  /** The next run asks HubSpot for the event types. */
  readonly listTypesNow: (portal: string) => Promise<void>;
  /** Every stream goes on from that instant. */
  readonly moveWatermarks: (portal: string, to: number) => Promise<void>;
  /** The scheduled runs read that window of a stream's past, both ends within it. */
  readonly backfill: (portal: string, stream: string, from: number, to: number) => Promise<void>;
}

const PATIENCE_MS = 10_000;
const SECOND_MS = 1_000;

/** Long enough ago for the list to be due; no longer, since a new type may start where the last list was. */
function beforeDue(listedAt: number): number {
  return Math.min(listedAt, Date.now() - 2 * HOUR_MS);
}

/** The repairs; each waits for the portal's run under way. */
export function createRepairs(
  { table, inputOf, invokeWith }: Pick<LocalStack, 'table' | 'inputOf' | 'invokeWith'>,
  turns: Turns,
): Repairs {
  const openStore = () => {
    const clock = startClock();
    const openedAt = clock.now();
    const retry = { clock, random: Math.random, until: () => openedAt + PATIENCE_MS };
    return createCheckpointStore({ ...table, retry }, `page-${openedAt}`);
  };

  /** Writes what `change` makes of each checkpoint; those that it gives undefined for stay as they are. */
  function changeEach(portal: string, change: (checkpoint: Checkpoint) => Checkpoint | undefined) {
    return turns(portal, async () => {
      const store = openStore();
      const { checkpoints } = await store.readPortal(portal);
      for (const checkpoint of checkpoints) {
        const changed = change(checkpoint);
        if (changed !== undefined) await store.saveCheckpoint(portal, changed);
      }
    });
  }

  return {
    retrySetAside: (portal) =>
      changeEach(portal, (checkpoint) =>
        checkpoint.quarantine === undefined
          ? undefined
          : { ...checkpoint, quarantine: undefined, lastError: undefined },
      ),
    sweepNow: (portal) => {
      const { sweepEveryMinutes, sweepLookbackHours } = requestSchema.parse(JSON.parse(inputOf(portal)));
      // Whatever came since the last sweep is read, and in all that time anything may have come.
      const dueAt = Date.now() - Math.max(sweepEveryMinutes * 60_000, sweepLookbackHours * HOUR_MS);
      return changeEach(portal, ({ sweep, sweptAt, ...rest }) => ({
        ...rest,
        sweep: sweep && { ...sweep, startedAt: Math.min(sweep.startedAt, dueAt) },
        sweptAt: Math.min(sweptAt, dueAt),
      }));
    },
    listTypesNow: (portal) =>
      turns(portal, async () => {
        const store = openStore();
        const { discovery } = await store.readPortal(portal);
        if (discovery === undefined) return;
        const { discoveredAt, doubtedAt } = discovery;
        await store.saveDiscovery(portal, {
          ...discovery,
          discoveredAt: beforeDue(discoveredAt),
          doubtedAt: doubtedAt && beforeDue(doubtedAt),
        });
      }),
    moveWatermarks: (portal, to) => changeEach(portal, (checkpoint) => moveWatermark(checkpoint, to)),
    backfill: (portal, stream, from, to) =>
      turns(portal, async () => {
        const window = {
          from: new Date(from - SECOND_MS).toISOString(),
          to: new Date(to + SECOND_MS).toISOString(),
        };
        const request: object = Object(JSON.parse(inputOf(portal)));
        const result = await invokeWith(JSON.stringify({ ...request, backfill: { stream, ...window } }));
        if (!result.ok) throw new Error(result.errorMessage);
      }),
  };
}
