/**
 * The recipe for a consumer that must act once on an event: keep the keys of those it acted on.
 *
 *   delivery ─▶ key known and done? ─▶ yes: nothing happens, the first result is given again
 *                     └─▶ no: note "in progress", act, note "done"
 *
 * Delivery is at least once: EventBridge may deliver twice, a crashed run publishes up to 1,000 events again, and
 * a replay sends everything again. `metadata.idempotencyKey` is the same each time; the envelope's `id` is not.
 */
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import type { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';
import type { Context } from 'aws-lambda';
import { type HubSpotEventBridgeEvent, parseHubSpotEvent } from './event.ts';

/** Repeats come within a day: EventBridge tries a delivery for 24 hours. Longer for those who replay an archive. */
const REMEMBERED_SECONDS = 7 * 86_400;

export interface ActOnceOptions {
  /** Where the keys are kept: Powertools' DynamoDBPersistenceLayer, say. */
  readonly store: BasePersistenceLayer;
  /** How long a key is remembered; a week where not given. */
  readonly rememberedSeconds?: number;
}

/**
 * A Lambda handler that acts once on each event, however often it is delivered. Where `act` fails the key is
 * forgotten, so that the next delivery tries again.
 * @throws HubSpotEventError where the input is no event of the poller
 */
export function actOnce<Result>(
  act: (event: HubSpotEventBridgeEvent) => Promise<Result>,
  { store, rememberedSeconds = REMEMBERED_SECONDS }: ActOnceOptions,
): (input: unknown, context: Context) => Promise<Result> {
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'detail.metadata.idempotencyKey',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: rememberedSeconds,
  });
  const once = makeIdempotent(act, { persistenceStore: store, config });
  return (input, context) => {
    // By the time left, a key whose function was ended on its way is known to be free again.
    config.registerLambdaContext(context);
    return once(parseHubSpotEvent(input));
  };
}
