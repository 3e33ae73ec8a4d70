/** How each stream stands, read from its checkpoint as the poller itself reads it. */
import { createCheckpointStore } from '../../../functions/poller/adapters/dynamodb/checkpoints.ts';
import { startClock } from '../../../functions/poller/adapters/system-clock.ts';
import type { LocalStack } from '../stack.ts';

export interface StreamStanding {
  readonly stream: string;
  readonly watermark: Date;
  readonly lastEventAt: Date | undefined;
  /** Why it is set aside, or its last poll failed. */
  readonly problem: string | undefined;
  /** HubSpot refuses its event type for good: it is not behind. */
  readonly isSetAside: boolean;
}

/** How long a reading may be tried again. */
const PATIENCE_MS = 5_000;

/** The portal's streams, by name. @throws PollerError where the table cannot be read */
export async function readStreams(table: LocalStack['table'], portal: string): Promise<StreamStanding[]> {
  const clock = startClock();
  const endsAt = clock.now() + PATIENCE_MS;
  const retry = { clock, random: Math.random, until: () => endsAt };
  const store = createCheckpointStore({ ...table, retry }, 'npm start');
  const { checkpoints } = await store.readPortal(portal);
  return checkpoints.map(({ stream, watermark, lastEventAt, lastError, quarantine }) => ({
    stream,
    watermark: new Date(watermark),
    lastEventAt: lastEventAt === undefined ? undefined : new Date(lastEventAt),
    problem: quarantine === undefined ? lastError?.message : `set aside: ${quarantine.reason}`,
    isSetAside: quarantine !== undefined,
  }));
}
