/** What the roll calls have told: one item, written on the condition that its revision is the one read. */
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE } from '../../contract.ts';
import { type Instant, parseInstant, toIso } from '../../core/instant.ts';
import * as z from '../../core/schema.ts';
import type { Telling, TellingStore } from '../../ports.ts';
import { endAfter, errorName } from '../retry.ts';
import { callTable, type Table } from './table.ts';

const KEY = { [TABLE.partitionKey]: TABLE.rollCallPartition, [TABLE.sortKey]: 'told' };

const instant = z.pipe(
  z.string(),
  z.transform((text: string): Instant => parseInstant(text) ?? 0),
);

const itemSchema = z.object({
  revision: z.int(),
  tellings: z.array(
    z.object({
      portal: z.string(),
      kind: z.enum(['schedule-off', 'no-schedule', 'never-polled', 'silent', 'behind', 'failing']),
      since: instant,
      seenAt: instant,
      isTold: z.boolean(),
    }),
  ),
});

export function createTellingStore(table: Table): TellingStore {
  return {
    async read() {
      const command = new GetItemCommand({ TableName: table.name, Key: marshall(KEY), ConsistentRead: true });
      const { Item } = await callTable(table, 'Reading what was told', (_attempt, timeoutMs) =>
        table.client.send(command, endAfter(timeoutMs)),
      );
      if (Item === undefined) return { tellings: [], revision: 0 };
      const parsed = itemSchema.safeParse(unmarshall(Item));
      // Nothing hangs on it but that a message comes twice: an item that cannot be read is written anew.
      return parsed.success ? parsed.data : { tellings: [], revision: revisionOf(unmarshall(Item)) };
    },

    async save(tellings, revision) {
      const command = new PutItemCommand({
        TableName: table.name,
        Item: marshall({ ...KEY, revision: revision + 1, tellings: tellings.map(toAttributes) }),
        ConditionExpression: 'attribute_not_exists(#revision) OR #revision = :read',
        ExpressionAttributeNames: { '#revision': 'revision' },
        ExpressionAttributeValues: marshall({ ':read': revision }),
      });
      try {
        await callTable(table, 'Keeping what was told', (_attempt, timeoutMs) =>
          table.client.send(command, endAfter(timeoutMs)),
        );
        return true;
      } catch (thrown) {
        if (errorName(thrown) === 'ConditionalCheckFailedException') return false;
        throw thrown;
      }
    },
  };
}

function toAttributes({ since, seenAt, ...rest }: Telling) {
  return { ...rest, since: toIso(since), seenAt: toIso(seenAt) };
}

function revisionOf(item: Readonly<Record<string, unknown>>): number {
  const { revision } = item;
  return typeof revision === 'number' ? revision : 0;
}
