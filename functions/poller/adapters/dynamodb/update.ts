/** One conditional update of an item. */
import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { endAfter, errorName } from '../retry.ts';
import type { Attributes } from './items.ts';
import { callTable, type Table } from './table.ts';

export interface Change {
  /** Attributes to write; undefined ones are removed. */
  readonly set: Attributes;
  readonly condition: string;
  /** Further values and names that the condition uses. */
  readonly values: Attributes;
  readonly names?: readonly string[];
  /** Done once, its condition no longer holds: sent again after a lost answer, it finds its own work. */
  readonly undoesCondition?: boolean;
}

/** Gives the item as it was before, or undefined where the condition did not hold. */
export async function update(
  table: Table,
  action: string,
  key: Record<string, AttributeValue>,
  change: Change,
  retry = table.retry,
): Promise<Attributes | undefined> {
  const command = new UpdateItemCommand({
    TableName: table.name,
    Key: key,
    ReturnValues: 'ALL_OLD',
    ...toExpressions(change),
  });
  let tries = 0;
  try {
    const { Attributes: before } = await callTable(
      table,
      action,
      (attempt, timeoutMs) => {
        tries = attempt;
        return table.client.send(command, endAfter(timeoutMs));
      },
      retry,
    );
    return before === undefined ? {} : unmarshall(before);
  } catch (thrown) {
    if (errorName(thrown) !== 'ConditionalCheckFailedException') throw thrown;
    return change.undoesCondition === true && tries > 1 ? {} : undefined;
  }
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

/** Attributes as DynamoDB takes them: undefined ones are left out. */
export function marshallAll(attributes: Attributes) {
  return marshall(attributes, { removeUndefinedValues: true });
}
