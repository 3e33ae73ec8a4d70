import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '../../contract.ts';
import type { Backfill, Checkpoint, Discovery } from '../../core/checkpoint.ts';
import { toIso } from '../../core/instant.ts';
import { PollerError } from '../../errors.ts';
import type { CheckpointStore, PortalState } from '../../ports.ts';
import { errorName } from '../retry.ts';
import {
  type Attributes,
  readCheckpoint,
  readDiscovery,
  toAttributes,
  toBackfillAttributes,
  toDiscoveryAttributes,
} from './items.ts';
import { callTable, type Table } from './table.ts';

const STREAM_PREFIX = 'stream#';
const LEASE = 'lease';
const DISCOVERY = 'discovery';

/** No lease is longer than Lambda's longest run: what claims to be was written by a clock that ran ahead. */
const LONGEST_LEASE_MS = 16 * 60_000;

/** Checkpoints, discovery and lease of portals in the table; `writer` names this run in what it writes. */
export function createCheckpointStore(table: Table, writer: string): CheckpointStore {
  let saves = 0;

  /** One conditional update; false where the condition did not hold. */
  async function update(action: string, portal: string, sortKey: string, change: Change): Promise<boolean> {
    const command = new UpdateItemCommand({
      TableName: table.name,
      Key: keyOf(portal, sortKey),
      ...toExpressions(change),
    });
    let tries = 0;
    const call = callTable(table, action, (attempt) => {
      tries = attempt;
      return table.client.send(command);
    });
    return (await heldCondition(call)) || (change.undoesCondition === true && tries > 1);
  }

  async function readStored(portal: string, stream: string): Promise<Attributes> {
    const command = new GetItemCommand({
      TableName: table.name,
      Key: keyOf(portal, STREAM_PREFIX + stream),
      ConsistentRead: true,
    });
    const { Item } = await callTable(table, `Reading the checkpoint of ${stream}`, () =>
      table.client.send(command),
    );
    return Item === undefined ? {} : unmarshall(Item);
  }

  return {
    acquireLease(portal, owner, now, until) {
      return update('Taking the lease', portal, LEASE, {
        set: { owner, leaseUntil: toIso(until) },
        condition:
          'attribute_not_exists(#owner) OR #owner = :owner OR #leaseUntil < :now OR #leaseUntil > :longest',
        values: { now: toIso(now), longest: toIso(now + LONGEST_LEASE_MS) },
      });
    },

    async releaseLease(portal, owner) {
      const command = new DeleteItemCommand({
        TableName: table.name,
        Key: keyOf(portal, LEASE),
        ConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: marshall({ ':owner': owner }),
      });
      await heldCondition(callTable(table, 'Giving the lease back', () => table.client.send(command)));
    },

    async readPortal(portal) {
      const items: Attributes[] = [];
      await callTable(table, 'Reading the checkpoints', async () => {
        items.length = 0;
        const pages = paginateQuery(
          { client: table.client },
          {
            TableName: table.name,
            KeyConditionExpression: '#pk = :pk',
            ExpressionAttributeNames: { '#pk': TABLE.partitionKey },
            ExpressionAttributeValues: marshall({ ':pk': partitionOf(portal) }),
            ConsistentRead: true,
          },
        );
        for await (const page of pages) items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
      });
      return toPortalState(items);
    },

    async saveCheckpoint(portal, next) {
      const action = `Saving the checkpoint of ${next.stream}`;
      const revision = next.revision + 1;
      saves += 1;
      // Of this save alone: an earlier one of this run whose answer never came held something else.
      const mark = `${writer}.${saves}`;
      const isWritten = await update(action, portal, STREAM_PREFIX + next.stream, {
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
      await callTable(table, 'Saving the list of event types', () => table.client.send(command));
    },

    requestBackfill(portal, backfill) {
      return update(`Asking for a backfill of ${backfill.stream}`, portal, STREAM_PREFIX + backfill.stream, {
        set: { backfill: toBackfillAttributes(backfill) },
        condition:
          'attribute_exists(#revision) AND (attribute_not_exists(#backfill) OR attribute_exists(#backfill.#finishedAt) OR #backfill.#id = :id)',
        values: { id: backfill.id },
        names: ['revision', 'finishedAt', 'id'],
      });
    },

    saveBackfill(portal, backfill: Backfill) {
      return update(`Saving the backfill of ${backfill.stream}`, portal, STREAM_PREFIX + backfill.stream, {
        set: { backfill: toBackfillAttributes(backfill) },
        condition: 'attribute_exists(#backfill) AND #backfill.#id = :id',
        values: { id: backfill.id },
        names: ['id'],
      });
    },

    cancelBackfill(portal, stream) {
      return update(`Cancelling the backfill of ${stream}`, portal, STREAM_PREFIX + stream, {
        set: { backfill: undefined },
        condition: 'attribute_exists(#backfill)',
        values: {},
        undoesCondition: true,
      });
    },
  };
}

interface Change {
  /** Attributes to write; undefined ones are removed. */
  readonly set: Attributes;
  readonly condition: string;
  /** Further values and names that the condition uses. */
  readonly values: Attributes;
  readonly names?: readonly string[];
  /** Done once, its condition no longer holds: sent again after a lost answer, it finds its own work. */
  readonly undoesCondition?: boolean;
}

function toExpressions({ set, condition, values, names = [] }: Change) {
  const entries = Object.entries(set);
  const written = entries.filter(([, value]) => value !== undefined);
  const removed = entries.filter(([, value]) => value === undefined);
  const parts = [
    written.length > 0 ? `SET ${written.map(([name]) => `#${name} = :${name}`).join(', ')}` : '',
    removed.length > 0 ? `REMOVE ${removed.map(([name]) => `#${name}`).join(', ')}` : '',
  ];
  const used = [
    ...entries.map(([name]) => name),
    ...names,
    ...(condition.includes('#revision') ? ['revision'] : []),
  ];
  const bound = [...written, ...Object.entries(values)].map(([name, value]) => [`:${name}`, value]);
  return {
    UpdateExpression: parts.filter((part) => part !== '').join(' '),
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(used.map((name) => [`#${name}`, name])),
    ...(bound.length > 0 && { ExpressionAttributeValues: marshallAll(Object.fromEntries(bound)) }),
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

async function heldCondition(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (thrown) {
    if (errorName(thrown) === 'ConditionalCheckFailedException') return false;
    throw thrown;
  }
}

function partitionOf(portal: string): string {
  return `portal#${portal}`;
}

function keyOf(portal: string, sortKey: string) {
  return marshall({ [TABLE.partitionKey]: partitionOf(portal), [TABLE.sortKey]: sortKey });
}

function marshallAll(attributes: Attributes) {
  return marshall(attributes, { removeUndefinedValues: true });
}
