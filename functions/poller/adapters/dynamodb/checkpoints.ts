import { type AttributeValue, GetItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '../../contract.ts';
import type { Backfill, Checkpoint } from '../../core/checkpoint.ts';
import type { Discovery } from '../../core/discovery.ts';
import { toIso } from '../../core/instant.ts';
import { PollerError } from '../../errors.ts';
import type { CheckpointStore, PortalState } from '../../ports.ts';
import { endAfter } from '../retry.ts';
import {
  type Attributes,
  readCheckpoint,
  readDiscovery,
  readListedPortal,
  toAttributes,
  toBackfillAttributes,
  toDiscoveryAttributes,
  toStandingAttributes,
} from './items.ts';
import { callTable, type Table } from './table.ts';
import { type Change, marshallAll, update } from './update.ts';

const STREAM_PREFIX = 'stream#';
const DISCOVERY = 'discovery';

/** No lease is longer than Lambda's longest run: what claims to be was written by a clock that ran ahead. */
const LONGEST_LEASE_MS = 16 * 60_000;

/**
 * Checkpoints, discovery and lease of portals in the table; `writer` names this run in what it writes. The lease is
 * given back when the time for all other writes may be over.
 */
export function createCheckpointStore(
  table: Table,
  writer: string,
  releaseRetry = table.retry,
): CheckpointStore {
  let saves = 0;

  async function isUpdated(action: string, portal: string, stream: string, change: Change): Promise<boolean> {
    return (await update(table, action, keyOf(portal, STREAM_PREFIX + stream), change)) !== undefined;
  }

  async function readPartition(partition: string, action: string): Promise<Attributes[]> {
    const items: Attributes[] = [];
    await callTable(table, action, async (_attempt, timeoutMs) => {
      items.length = 0;
      const pages = paginateQuery(
        { client: table.client },
        {
          TableName: table.name,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeNames: { '#pk': TABLE.partitionKey },
          ExpressionAttributeValues: marshall({ ':pk': partition }),
          ConsistentRead: true,
        },
        endAfter(timeoutMs),
      );
      for await (const page of pages) items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    });
    return items;
  }

  async function readStored(portal: string, stream: string): Promise<Attributes> {
    const command = new GetItemCommand({
      TableName: table.name,
      Key: keyOf(portal, STREAM_PREFIX + stream),
      ConsistentRead: true,
    });
    const { Item } = await callTable(table, `Reading the checkpoint of ${stream}`, (_attempt, timeoutMs) =>
      table.client.send(command, endAfter(timeoutMs)),
    );
    return Item === undefined ? {} : unmarshall(Item);
  }

  return {
    async acquireLease(portal, owner, now, until) {
      const before = await update(table, 'Taking the lease', leaseKeyOf(portal), {
        set: { owner, leaseUntil: toIso(until), isContested: undefined },
        condition:
          'attribute_not_exists(#owner) OR #owner = :owner OR #leaseUntil < :now OR #leaseUntil > :longest',
        values: { now: toIso(now), longest: toIso(now + LONGEST_LEASE_MS) },
      });
      if (before === undefined) return { isOurs: false, lastOwner: undefined };
      const lastOwner = before['isContested'] === true ? undefined : (before['owner'] ?? before['lastOwner']);
      return { isOurs: true, lastOwner: typeof lastOwner === 'string' ? lastOwner : undefined };
    },

    async releaseLease(portal, owner, standing) {
      const action = 'Giving the lease back';
      const change = {
        set: {
          owner: undefined,
          leaseUntil: undefined,
          lastOwner: owner,
          standing: toStandingAttributes(standing),
        },
        condition: '#owner = :holder',
        values: { holder: owner },
        undoesCondition: true,
      };
      if ((await update(table, action, leaseKeyOf(portal), change, releaseRetry)) !== undefined) return;
      // Another run took it while this one was at work: what its process knows of the ledger lacks this one's rows.
      const contest = {
        set: { isContested: true },
        condition: 'attribute_exists(#owner) OR attribute_exists(#lastOwner)',
        values: {},
        names: ['owner', 'lastOwner'],
      };
      await update(table, action, leaseKeyOf(portal), contest, releaseRetry);
    },

    async listPortals() {
      const items = await readPartition(TABLE.portalsPartition, 'Reading the list of portals');
      return items.map((item) => readListedPortal(String(item[TABLE.sortKey]), item));
    },

    async readPortal(portal) {
      return toPortalState(await readPartition(partitionOf(portal), 'Reading the checkpoints'));
    },

    async saveCheckpoint(portal, next) {
      const action = `Saving the checkpoint of ${next.stream}`;
      const revision = next.revision + 1;
      saves += 1;
      // Of this save alone: an earlier one of this run whose answer never came held something else.
      const mark = `${writer}.${saves}`;
      const isWritten = await isUpdated(action, portal, next.stream, {
        set: toAttributes(next, revision, mark),
        condition: next.revision === 0 ? 'attribute_not_exists(#revision)' : '#revision = :read',
        values: next.revision === 0 ? {} : { read: next.revision },
      });
      if (isWritten) return { ...next, revision };
      // A condition may fail on this save's own write: its answer was lost, and it was sent again.
      const stored = await readStored(portal, next.stream);
      if (stored['writer'] === mark) return { ...next, revision };
      const text = `${action}: its revision must be ${next.revision}, found ${String(stored['revision'])}: it was written meanwhile.`;
      throw new PollerError('checkpoint-conflict', text);
    },

    async saveDiscovery(portal, discovery: Discovery) {
      const command = new PutItemCommand({
        TableName: table.name,
        Item: { ...keyOf(portal, DISCOVERY), ...marshallAll(toDiscoveryAttributes(discovery)) },
      });
      await callTable(table, 'Saving the list of event types', (_attempt, timeoutMs) =>
        table.client.send(command, endAfter(timeoutMs)),
      );
    },

    requestBackfill(portal, backfill) {
      return isUpdated(`Asking for a backfill of ${backfill.stream}`, portal, backfill.stream, {
        set: { backfill: toBackfillAttributes(backfill) },
        condition:
          'attribute_exists(#revision) AND (attribute_not_exists(#backfill) OR attribute_exists(#backfill.#finishedAt) OR #backfill.#id = :id)',
        values: { id: backfill.id },
        names: ['revision', 'finishedAt', 'id'],
      });
    },

    saveBackfill(portal, backfill: Backfill) {
      return isUpdated(`Saving the backfill of ${backfill.stream}`, portal, backfill.stream, {
        set: { backfill: toBackfillAttributes(backfill) },
        condition: 'attribute_exists(#backfill) AND #backfill.#id = :id',
        values: { id: backfill.id },
        names: ['id'],
      });
    },

    cancelBackfill(portal, stream) {
      return isUpdated(`Cancelling the backfill of ${stream}`, portal, stream, {
        set: { backfill: undefined },
        condition: 'attribute_exists(#backfill) AND attribute_not_exists(#backfill.#finishedAt)',
        values: {},
        names: ['finishedAt'],
        undoesCondition: true,
      });
    },
  };
}

function toPortalState(items: readonly Attributes[]): PortalState {
  const checkpoints: Checkpoint[] = [];
  const backfills: Backfill[] = [];
  let discovery: Discovery | undefined;
  for (const item of items) {
    const sortKey = String(item[TABLE.sortKey]);
    if (sortKey === DISCOVERY) discovery = readDiscovery(item);
    if (!sortKey.startsWith(STREAM_PREFIX)) continue;
    const { checkpoint, backfill } = readCheckpoint(sortKey.slice(STREAM_PREFIX.length), item);
    checkpoints.push(checkpoint);
    if (backfill !== undefined) backfills.push(backfill);
  }
  return { checkpoints, backfills, discovery };
}

function partitionOf(portal: string): string {
  return `portal#${portal}`;
}

function leaseKeyOf(portal: string): Record<string, AttributeValue> {
  return marshall({ [TABLE.partitionKey]: TABLE.portalsPartition, [TABLE.sortKey]: portal });
}

function keyOf(portal: string, sortKey: string): Record<string, AttributeValue> {
  return marshall({ [TABLE.partitionKey]: partitionOf(portal), [TABLE.sortKey]: sortKey });
}
