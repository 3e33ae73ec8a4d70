import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { outOfTime, PollerError } from '../../errors.ts';
import { errorName, type RetryPlan, withRetry } from '../retry.ts';

/** The poller's table, and how patiently it is asked. */
export interface Table {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly retry: RetryPlan;
}

/** One call to the table, tried again while that helps. @throws PollerError, or a failed condition as it is */
export async function callTable<T>(
  table: Table,
  action: string,
  call: (attempt: number, timeoutMs: number) => Promise<T>,
  retry = table.retry,
): Promise<T> {
  try {
    return await withRetry(retry, call);
  } catch (thrown) {
    if (thrown instanceof PollerError) throw outOfTime(action);
    const name = errorName(thrown);
    if (name === 'ConditionalCheckFailedException') throw thrown;
    if (name === 'ResourceNotFoundException') {
      const text = `${action}: the table ${table.name} must exist, and was not found. Deploy the stack again.`;
      throw new PollerError('table-missing', text, { cause: thrown });
    }
    const found = thrown instanceof Error ? `${name}: ${thrown.message}` : name;
    if (name === 'AccessDeniedException') {
      throw new PollerError('table-denied', `${action}: DynamoDB denied it: ${found}`, { cause: thrown });
    }
    throw new PollerError('store-unavailable', `${action}: DynamoDB failed: ${found}`, { cause: thrown });
  }
}
