/**
 * The Lambda function: where everything is wired, and the only file that reads the environment.
 *
 *   schedule ─▶ request ─▶ handler ─▶ poll() ─▶ HubSpot ─▶ EventBridge
 *                                        │
 *                                        └─▶ DynamoDB: lease, checkpoints, ledger
 *
 * run/poll.ts is one run, run/run-portal.ts its loop over pages, run/read-page.ts the way of one page.
 */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { STSClient } from '@aws-sdk/client-sts';
import { createCheckpointStore } from './adapters/dynamodb/checkpoints.ts';
import { createLedger } from './adapters/dynamodb/ledger.ts';
import type { Table } from './adapters/dynamodb/table.ts';
import { CALLS_AT_ONCE, connectEventBridge, createPublisher } from './adapters/eventbridge/publisher.ts';
import { createFigureLines } from './adapters/figure-lines.ts';
import { createHubSpotGet } from './adapters/hubspot/client.ts';
import { createHttpSend } from './adapters/hubspot/http.ts';
import { createEventSource } from './adapters/hubspot/source.ts';
import { createTokens } from './adapters/hubspot/tokens.ts';
import { createLog } from './adapters/log.ts';
import { createMetrics } from './adapters/metrics.ts';
import { AWS_CALL_MS, type RetryPlan } from './adapters/retry.ts';
import { createCredentialReader } from './adapters/secrets-manager/secrets-manager.ts';
import { mapStackTraces } from './adapters/stack-traces.ts';
import { startClock } from './adapters/system-clock.ts';
import type { Instant } from './core/instant.ts';
import { type Peer, RunTime } from './core/run-time.ts';
import { startTally } from './core/tally.ts';
import { describeFailure, PollerError } from './errors.ts';
import { answerBackfillRequest } from './input/backfill-request.ts';
import { type Environment, parseEnvironment } from './input/environment.ts';
import { type PollRequest, parseRequest, portalNameSchema } from './input/request.ts';
import { isRollCall } from './input/roll-call-request.ts';
import type { CheckpointStore, Clock, DeadLetterQueue, Log } from './ports.ts';
import { LedgerCache } from './publish/ledger-cache.ts';
import { FIRST_IN_FLIGHT_EVENTS } from './publish/publish-page.ts';
import { Semaphore } from './publish/semaphore.ts';
import { poll } from './run/poll.ts';
import type { RunContext } from './run/stream-run.ts';
import { warmPortalOf } from './warm-portals.ts';

/** What Lambda tells of an invocation, as far as it is needed. */
export interface InvocationContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** What an invocation works with, whatever it is for. */
interface Invocation {
  readonly runId: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly time: RunTime;
  readonly log: Log;
}

/** What the ledger's buckets may take of the function's memory: half a million events. */
const LEDGER_CACHE_BYTES = 20 * 1_048_576;

mapStackTraces();

// Each try is this program's own, with its own waits and counts: the SDK makes one only. And by itself it would wait
// for an answer as long as Lambda lets it.
const CLIENT = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: AWS_CALL_MS,
    throwOnRequestTimeout: true,
    // By itself the SDK keeps 50 connections, and the calls beyond wait.
    httpsAgent: { keepAlive: true, maxSockets: CALLS_AT_ONCE },
  },
};
const random = Math.random;
const dynamoDb = new DynamoDBClient(CLIENT);
const eventBridge = new EventBridgeClient(CLIENT);
const secretsManager = new SecretsManagerClient(CLIENT);
let sts: STSClient | undefined;
let sqs: SQSClient | undefined;
const send = createHttpSend(process.env);
const busCheck = { seenAt: Number.NEGATIVE_INFINITY };
const ledgerCache = new LedgerCache(LEDGER_CACHE_BYTES);

/** Polls the portal that the request names, or answers what else it asks for. Fails where the run fails, after its metrics are out. */
export async function handler(event: unknown, context: InvocationContext): Promise<object> {
  const clock = startClock();
  const time = new RunTime(clock.now(), context.getRemainingTimeInMillis());
  const log = createLog(portalNameOf(event), context.awsRequestId);
  let invocation: Invocation;
  let request: PollRequest;
  try {
    invocation = { runId: randomUUID(), environment: parseEnvironment(process.env), clock, time, log };
    if (isRollCall(event)) return await startRollCall(invocation, event);
    request = parseRequest(event, invocation.environment.apiUrls);
  } catch (thrown) {
    if (thrown instanceof PollerError)
      log.error(isRollCall(event) ? 'The roll call failed' : 'The run failed', describeFailure(thrown));
    throw thrown;
  }
  const { runId } = invocation;
  const store = createCheckpointStore(
    tableOf(invocation),
    runId,
    retryOf(invocation, 'table', () => time.releaseUntil),
  );
  if (request.backfill !== undefined)
    return answerBackfillRequest(request, request.backfill, runId, store, clock);
  return poll(await wirePoll(invocation, request, store));
}

async function startRollCall(invocation: Invocation, event: unknown): Promise<object> {
  // A part of the bundle of its own: no run that polls waits for it.
  const { answerRollCall } = await import('./roll-call-handler.ts');
  return answerRollCall(event, invocation.environment, tableOf(invocation), CLIENT, invocation.log);
}

/** Everything that one run over one portal works with. */
async function wirePoll(
  invocation: Invocation,
  request: PollRequest,
  store: CheckpointStore,
): Promise<RunContext> {
  const { runId, environment, clock, time, log } = invocation;
  const tally = startTally();
  const { secret, tokens, rateLimiter, unflushed, memory } = warmPortalOf(request);
  const { apiUrl, apiVersion, secretId } = request;
  const readRetry = { clock, random, until: () => time.readUntil };
  const secrets = await secretsManagerOf(request.portal, environment, readRetry, log);
  const readCredential = createCredentialReader(secrets, secretId, readRetry, secret);
  const getToken = createTokens({ apiUrl, readCredential, send, clock, cache: tokens });
  const get = createHubSpotGet({ send, getToken, rateLimiter, clock, random, tally });
  return {
    request,
    owner: runId,
    time,
    clock,
    log,
    tally,
    source: createEventSource({ get, getToken, apiUrl, apiVersion, clock }),
    publisher: createPublisher({
      bus: environment.eventBusName,
      eventBridge: connectEventBridge(eventBridge, environment.eventBusName),
      maxBytes: environment.putEventsMaxBytes,
      retry: retryOf(invocation, 'bus', () => time.publishUntil),
      expectedMs: () => time.expectedMs('bus'),
      tally,
      log,
      busCheck,
    }),
    store,
    ledger: createLedger(tableOf(invocation), runId, unflushed),
    ledgerCache,
    memory,
    deadLetters: openWithFirst(async () => {
      const { createDeadLetterQueue, openSqs } = await import('./adapters/sqs/dead-letter-queue.ts');
      sqs ??= openSqs(CLIENT);
      const retry = retryOf(invocation, 'queue', () => time.publishUntil);
      return createDeadLetterQueue(sqs, environment.deadLetterQueueUrl, retry, () =>
        time.expectedMs('queue'),
      );
    }),
    metrics: environment.metrics === 'fleet' ? createFigureLines(log) : createMetrics(),
    inFlight: new Semaphore(FIRST_IN_FLIGHT_EVENTS),
    stop: new AbortController(),
  };
}

function tableOf(invocation: Invocation): Table {
  const { environment, time } = invocation;
  const retry = retryOf(invocation, 'table', () => time.commitUntil);
  return { client: dynamoDb, name: environment.tableName, retry };
}

function retryOf({ clock, time }: Invocation, peer: Peer, until: () => Instant): RetryPlan {
  return { clock, random, until, noteCall: (tookMs) => time.noteCall(peer, tookMs) };
}

/** For this run alone: kept for 500 portals, clients would take more memory than the function has. */
async function secretsManagerOf(
  portal: string,
  { portalRoleArn }: Environment,
  retry: RetryPlan,
  log: Log,
): Promise<SecretsManagerClient> {
  if (portalRoleArn === undefined) return secretsManager;
  const { createPortalSecretsManager, openSts } = await import(
    './adapters/secrets-manager/portal-session.ts'
  );
  sts ??= openSts(CLIENT);
  const { requestHandler } = secretsManager.config;
  const config = { ...CLIENT, requestHandler };
  return createPortalSecretsManager(portal, portalRoleArn, sts, config, retry, log);
}

/** Most runs send no letter: what sends them is loaded with the first. */
function openWithFirst(open: () => Promise<DeadLetterQueue>): DeadLetterQueue {
  let queue: Promise<DeadLetterQueue> | undefined;
  return {
    async send(letter) {
      queue ??= open();
      await (await queue).send(letter);
    },
  };
}

/** The portal's name for the log, before the request is known to be one: what is no name may be anything. */
function portalNameOf(event: unknown): string {
  const name = typeof event === 'object' && event !== null ? Reflect.get(event, 'portal') : undefined;
  return portalNameSchema.safeParse(name).data ?? '';
}
