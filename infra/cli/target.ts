/** What a command works on: a deployed stack, or an `npm start` on this machine. The verbs see no difference. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createCheckpointStore } from '../../functions/poller/adapters/dynamodb/checkpoints.ts';
import { systemClock } from '../../functions/poller/adapters/system-clock.ts';
import type { PollRequest } from '../../functions/poller/input/request.ts';
import type { CheckpointStore } from '../../functions/poller/ports.ts';
import { CliFailure, EXIT } from './failure.ts';
import type { PortalDesk } from './portal-desk.ts';

/** A portal as its schedule knows it. */
export interface TargetPortal {
  readonly name: string;
  /** The schedule's `Input`, unmodified. */
  readonly input: string;
  /** The same, parsed. */
  readonly request: PollRequest;
  readonly isEnabled: boolean;
}

/** How the latest run of a portal ended. */
export interface LastRun {
  readonly at: number;
  readonly isOk: boolean;
  /** Why it failed; its summary where it did not. */
  readonly text: string;
}

export type InvokeAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly message: string };

export interface Target {
  /** `stack HubSpotEvents in eu-west-1`, `npm start here (process 4711)`. */
  readonly about: string;
  readonly portals: readonly TargetPortal[];
  readonly tableName: string;
  readonly eventBusName: string;
  readonly deadLetterQueueUrl: string;
  readonly dynamoDb: DynamoDBClient;
  readonly eventBridge: EventBridgeClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sqs: SQSClient;
  /** Adds and removes portals; undefined where that is not possible. */
  readonly portalDesk?: PortalDesk;
  readonly invoke: (payload: string) => Promise<InvokeAnswer>;
  readonly readLastRun: (portal: string) => Promise<LastRun | undefined>;
  /** Tells of every event that the pattern matches as it lands, until the signal; resolves then. */
  readonly follow: (
    pattern: string,
    onEvent: (envelope: unknown) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly close: () => void;
}

/** The longest that a command's own calls are tried again. */
const PATIENCE_MS = 10_000;

/** How the poller itself reads and writes checkpoints; `writer` names this command in what it writes. */
export function storeOf({ dynamoDb, tableName }: Target, now: number): CheckpointStore {
  const retry = retryOf(now);
  return createCheckpointStore({ client: dynamoDb, name: tableName, retry }, `cli-${process.pid}-${now}`);
}

export function retryOf(now: number) {
  return { clock: systemClock, random: Math.random, until: now + PATIENCE_MS };
}

/** The portal that is named, or the only one. @throws CliFailure */
export function portalOf({ portals, about }: Target, name: string | undefined): TargetPortal {
  const names = portals.map((portal) => portal.name).join(', ');
  if (name === undefined && portals.length > 1)
    throw new CliFailure(`Which portal is meant? There are ${names}.`, 'Add --portal NAME.', EXIT.usage);
  const found = name === undefined ? portals[0] : portals.find((portal) => portal.name === name);
  if (found !== undefined) return found;
  throw new CliFailure(
    `${about} has no portal ${name ?? ''}: found ${names || 'none'}.`,
    'Check --portal and the configuration in cdk.json.',
    EXIT.usage,
  );
}
