import {
  type AttributeValue,
  BatchWriteItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { TABLE } from '../../contract.ts';
import { HASH_BYTES, type LedgerRecord } from '../../core/ledger/ledger.ts';
import { PollerError, toPollerError } from '../../errors.ts';
import type { Ledger } from '../../ports.ts';
import { backoffMs } from '../backoff.ts';
import { AWS_BACKOFF, endAfter } from '../retry.ts';
import { callTable, type Table } from './table.ts';

/** The most rows of one BatchWriteItem call (DynamoDB API reference, 2026-11). */
const BATCH_ROWS = 25;

/** A row of the ledger. */
export type LedgerRow = Record<string, AttributeValue>;

/**
 * The ledger in the table; `writer` is new for every run, so that no two write the same row. `unflushed` are rows
 * whose events were published and which could not be written, kept over the runs of one process.
 */
export function createLedger(table: Table, writer: string, unflushed: LedgerRow[]): Ledger {
  // What is published must be written: it is tried as long as the run has time.
  const patient = { ...table, retry: { ...table.retry, attempts: Number.POSITIVE_INFINITY } };
  let rows = 0;

  function toRow(portal: string, ledgerName: string, record: LedgerRecord, expiresAt: number): LedgerRow {
    rows += 1;
    return {
      [TABLE.partitionKey]: { S: partitionOf(portal, ledgerName) },
      [TABLE.sortKey]: { S: `${record.bucket}#${writer.slice(0, 13)}.${rows.toString(36)}` },
      ids: { B: Buffer.from(record.hashes.join(''), 'latin1') },
      [TABLE.timeToLive]: { N: String(Math.ceil(expiresAt / 1000)) },
    };
  }

  async function write(batch: readonly LedgerRow[]): Promise<void> {
    const action = 'Writing the ledger';
    const [only] = batch;
    if (only !== undefined && batch.length === 1) {
      const command = new PutItemCommand({ TableName: table.name, Item: only });
      await callTable(patient, action, (_attempt, timeoutMs) =>
        table.client.send(command, endAfter(timeoutMs)),
      );
      return;
    }
    let requests = batch.map((Item) => ({ PutRequest: { Item } }));
    for (let round = 1; requests.length > 0; round += 1) {
      if (round > 1) await waitForRound(round, requests.length);
      const command = new BatchWriteItemCommand({ RequestItems: { [table.name]: requests } });
      const { UnprocessedItems } = await callTable(patient, action, (_attempt, timeoutMs) =>
        table.client.send(command, endAfter(timeoutMs)),
      );
      requests = (UnprocessedItems?.[table.name] ?? []).flatMap(({ PutRequest }) =>
        PutRequest?.Item === undefined ? [] : [{ PutRequest: { Item: PutRequest.Item } }],
      );
    }
  }

  /** DynamoDB takes what it has room for: the rest goes again, a little later. */
  async function waitForRound(round: number, unwritten: number): Promise<void> {
    const { clock, random, until } = table.retry;
    const waitMs = backoffMs(round, AWS_BACKOFF, random);
    if (clock.now() + waitMs >= until()) {
      const text = `Writing the ledger: DynamoDB left ${unwritten} rows unwritten, ${round - 1} times.`;
      throw new PollerError('store-unavailable', text);
    }
    await clock.sleep(waitMs);
  }

  /** Writes the rows; those that could not be written wait for the next run of this process. */
  async function writeAll(unwritten: readonly LedgerRow[]): Promise<void> {
    try {
      for (let at = 0; at < unwritten.length; at += BATCH_ROWS)
        await write(unwritten.slice(at, at + BATCH_ROWS));
    } catch (thrown) {
      unflushed.push(...unwritten);
      const error = toPollerError(thrown);
      if (error.nextStep === 'end-run') throw error;
      const text = `${error.message.replace(/\.$/, '')}. What was published stays noted, and is written before anything else is published.`;
      throw new PollerError('ledger-unwritten', text, { cause: error });
    }
  }

  return {
    flush: () => writeAll(unflushed.splice(0)),

    async *read(portal, ledgerName, fromBucket, toBucket) {
      let start: LedgerRow | undefined;
      do {
        const command = new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
          ProjectionExpression: '#sk, ids',
          ExpressionAttributeNames: { '#pk': TABLE.partitionKey, '#sk': TABLE.sortKey },
          ExpressionAttributeValues: {
            ':pk': { S: partitionOf(portal, ledgerName) },
            ':from': { S: `${fromBucket}#` },
            ':to': { S: `${toBucket}#~` },
          },
          // What another run has just published must be seen.
          ConsistentRead: true,
          ExclusiveStartKey: start,
        });
        const answer = await callTable(table, 'Reading the ledger', (_attempt, timeoutMs) =>
          table.client.send(command, endAfter(timeoutMs)),
        );
        for (const row of answer.Items ?? []) yield toRecord(row);
        start = answer.LastEvaluatedKey;
      } while (start !== undefined);
    },

    append: (portal, ledgerName, records, expiresAt) =>
      writeAll(records.map((record) => toRow(portal, ledgerName, record, expiresAt))),
  };
}

function toRecord(row: LedgerRow): LedgerRecord {
  const sortKey = row[TABLE.sortKey]?.S ?? '';
  const text = Buffer.from(row['ids']?.B ?? []).toString('latin1');
  const hashes: string[] = [];
  for (let at = 0; at < text.length; at += HASH_BYTES) hashes.push(text.slice(at, at + HASH_BYTES));
  return { bucket: sortKey.slice(0, sortKey.lastIndexOf('#')), hashes };
}

function partitionOf(portal: string, ledgerName: string): string {
  return `ledger#${portal}#${ledgerName}`;
}
