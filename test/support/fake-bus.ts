import type { BusEntry } from '../../functions/poller/core/event/bus-entry.ts';
import { isJsonObject, parseJson } from '../../functions/poller/core/event/json.ts';
import type { PollerError } from '../../functions/poller/errors.ts';
import type { EntryOutcome, EventPublisher } from '../../functions/poller/ports.ts';
import type { Gate } from './gate.ts';

/** The bus behind its port: it takes every entry, but those that `outcomeOf` decides otherwise. */
export interface FakeBus extends EventPublisher {
  readonly accepted: readonly BusEntry[];
  outcomeOf: (entry: BusEntry) => EntryOutcome;
  /** What the next publishing gives as the reason of unsent entries. */
  failure: PollerError | undefined;
}

export function createFakeBus(gate: Gate): FakeBus {
  const accepted: BusEntry[] = [];
  const bus: FakeBus = {
    accepted,
    outcomeOf: () => ({ state: 'accepted' }),
    failure: undefined,
    checkBus: () => gate('checkBus', () => undefined),
    publish: (entries) =>
      gate('publish', () => {
        const outcomes = entries.map((entry) => bus.outcomeOf(entry));
        accepted.push(...entries.filter((_, index) => outcomes[index]?.state === 'accepted'));
        return bus.failure === undefined ? { outcomes } : { outcomes, failure: bus.failure };
      }),
  };
  return bus;
}

/** The idempotency key in an entry's metadata: `<portal>/<eventType>/<id>`. */
export function keyOf(entry: BusEntry): string {
  return metadataOf(entry)('idempotencyKey');
}

/** The pass in an entry's metadata. */
export function passOf(entry: BusEntry): string {
  return metadataOf(entry)('pass');
}

function metadataOf({ detail }: BusEntry): (name: string) => string {
  const body = parseJson(detail);
  const metadata = isJsonObject(body) ? body['metadata'] : undefined;
  return (name) => String(isJsonObject(metadata) ? metadata[name] : undefined);
}
