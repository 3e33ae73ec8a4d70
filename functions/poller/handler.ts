/**
 * The Lambda function: where everything is wired, and the only file that reads the environment.
 *
 *   schedule ─▶ request ─▶ handler ─▶ poll() ─▶ HubSpot ─▶ EventBridge
 *                                        │
 *                                        └─▶ DynamoDB: lease, checkpoints, ledger
 *
 * poll.ts is one run, run-portal.ts the order of its streams, stream.ts the loop over a window.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { createCheckpointStore } from './adapters/dynamodb/checkpoints.ts';
import { createLedger, type LedgerRow } from './adapters/dynamodb/ledger.ts';
import { CALLS_AT_ONCE, connectEventBridge, createPublisher } from './adapters/eventbridge/publisher.ts';
import { createFigureLines } from './adapters/figure-lines.ts';
import { createHubSpotGet } from './adapters/hubspot/client.ts';
import { createHttpSend } from './adapters/hubspot/http.ts';
import { RateWindow } from './adapters/hubspot/rate-limiter.ts';
import { createEventSource } from './adapters/hubspot/source.ts';
import { createTokens, type TokenCache } from './adapters/hubspot/tokens.ts';
import { createLog } from './adapters/log.ts';
import { createMetrics } from './adapters/metrics.ts';
import { createPortalSecretsManager } from './adapters/secrets-manager/portal-session.ts';
import { createCredentialReader, type SecretCache } from './adapters/secrets-manager/secrets-manager.ts';
import { createDeadLetterQueue } from './adapters/sqs/dead-letter-queue.ts';
import { systemClock } from './adapters/system-clock.ts';
import { planRunTime } from './core/run-time.ts';
import { startTally } from './core/tally.ts';
import { PollerError } from './errors.ts';
import { answerBackfillRequest } from './input/backfill-request.ts';
import { type Environment, parseEnvironment } from './input/environment.ts';
import { type PollRequest, parseRequest, portalNameSchema } from './input/request.ts';
import { isRollCall } from './input/roll-call-request.ts';
import type { Log } from './ports.ts';
import { answerRollCall } from './roll-call-handler.ts';
import { poll } from './run/poll.ts';

/** What Lambda tells of an invocation, as far as it is needed. */
export interface InvocationContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** What a portal keeps from one run to the next of the same process. */
interface WarmPortal {
  readonly secret: SecretCache;
  readonly tokens: TokenCache;
  readonly rateWindow: RateWindow;
  /** What the ledger is owed. */
  readonly owed: LedgerRow[];
}

/** How many portals a process remembers: a vendor may poll thousands with one function. */
const WARM_PORTALS = 500;

// Each try is this program's own, with its own waits and counts: the SDK makes one only. And by itself it would wait
// for an answer as long as Lambda lets it.
const CLIENT = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    throwOnRequestTimeout: true,
    // By itself the SDK keeps 50 connections, and the calls beyond wait.
    httpsAgent: { keepAlive: true, maxSockets: CALLS_AT_ONCE },
  },
};
const clock = systemClock;
const random = Math.random;
const dynamoDb = new DynamoDBClient(CLIENT);
const eventBridge = new EventBridgeClient(CLIENT);
const secretsManager = new SecretsManagerClient(CLIENT);
const sts = new STSClient(CLIENT);
const sqs = new SQSClient(CLIENT);
const send = createHttpSend();
const busCheck = { seenAt: Number.NEGATIVE_INFINITY };
const warmPortals = new Map<string, WarmPortal>();

/** Polls the portal that the request names. Fails where the run fails, after its metrics are out. */
export async function handler(event: unknown, context: InvocationContext): Promise<object> {
  const startedAt = clock.now();
  const runId = randomUUID();
  const log = createLog(portalNameOf(event), context.awsRequestId);
  let request: PollRequest;
  let environment: Environment;
  try {
    environment = parseEnvironment(process.env);
    if (isRollCall(event)) {
      const { commitUntil: until } = planRunTime(startedAt, context.getRemainingTimeInMillis());
      const table = { client: dynamoDb, name: environment.tableName, retry: { clock, random, until } };
      return await answerRollCall(event, environment, table, CLIENT, log);
    }
    request = parseRequest(event, environment.apiUrls);
  } catch (thrown) {
    if (thrown instanceof PollerError)
      log.error(isRollCall(event) ? 'The roll call failed' : 'The run failed', {
        code: thrown.code,
        reason: thrown.message,
      });
    throw thrown;
  }

  const time = planRunTime(startedAt, context.getRemainingTimeInMillis());
  const commitRetry = { clock, random, until: time.commitUntil };
  const publishRetry = { clock, random, until: time.publishUntil };
  const readRetry = { clock, random, until: time.readUntil };
  const table = { client: dynamoDb, name: environment.tableName, retry: commitRetry };
  const store = createCheckpointStore(table, runId);
  if (request.backfill !== undefined)
    return answerBackfillRequest(request.portal, request.backfill, runId, store, clock);

  const tally = startTally();
  const { secret, tokens, rateWindow, owed } = warmPortalOf(request);
  const { apiUrl, apiVersion } = request;
  const readCredential = createCredentialReader(
    secretsManagerOf(request.portal, environment, log),
    request.secretId,
    readRetry,
    secret,
  );
  const getToken = createTokens({ apiUrl, readCredential, send, clock, cache: tokens });
  const get = createHubSpotGet({ send, getToken, rateWindow, clock, random, tally });
  return poll(request, runId, time, {
    source: createEventSource(get, apiUrl, apiVersion),
    publisher: createPublisher({
      bus: environment.eventBusName,
      eventBridge: connectEventBridge(eventBridge, environment.eventBusName),
      maxBytes: environment.putEventsMaxBytes,
      retry: publishRetry,
      tally,
      log,
      busCheck,
    }),
    store,
    ledger: createLedger(table, runId, owed),
    deadLetters: createDeadLetterQueue(sqs, environment.deadLetterQueueUrl, publishRetry),
    metrics: environment.metrics === 'fleet' ? createFigureLines(log) : createMetrics(),
    clock,
    log,
    tally,
  });
}

/** For this run alone: kept for 500 portals, clients would take more memory than the function has. */
function secretsManagerOf(portal: string, { portalRoleArn }: Environment, log: Log): SecretsManagerClient {
  if (portalRoleArn === undefined) return secretsManager;
  const { requestHandler } = secretsManager.config;
  return createPortalSecretsManager(portal, portalRoleArn, sts, { ...CLIENT, requestHandler }, log);
}

/** The portal's warm state, by all that it depends on; the one used longest ago makes room. */
function warmPortalOf({ portal, secretId, apiUrl, maxRequestsPer10Seconds }: PollRequest): WarmPortal {
  const key = JSON.stringify([portal, secretId, apiUrl, maxRequestsPer10Seconds]);
  const warm = warmPortals.get(key) ?? {
    secret: { value: undefined },
    tokens: { oauth: undefined },
    rateWindow: new RateWindow(maxRequestsPer10Seconds),
    owed: [],
  };
  warmPortals.delete(key);
  warmPortals.set(key, warm);
  const [oldest] = warmPortals.keys();
  if (warmPortals.size > WARM_PORTALS && oldest !== undefined) warmPortals.delete(oldest);
  return warm;
}

/** The portal's name for the log, before the request is known to be one: what is no name may be anything. */
function portalNameOf(event: unknown): string {
  const name = typeof event === 'object' && event !== null ? Reflect.get(event, 'portal') : undefined;
  return portalNameSchema.safeParse(name).data ?? '';
}
