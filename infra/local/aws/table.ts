/** DynamoDB on this machine: dynalite in this process, behind the same faults as the other services. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { type LoopbackServer, readBody, startLoopbackServer } from '../loopback.ts';
import type { FaultHook } from './fault.ts';
import { admitSigned, type LocalCredentials } from './signature.ts';

export interface DynamoDbOptions {
  /** Whoever has them may ask. */
  readonly credentials: LocalCredentials;
  /** The folder of the store; memory where not given. */
  readonly directory?: string | undefined;
  readonly onRequest?: FaultHook | undefined;
}

const TABLE_WAIT_SECONDS = 60;

/** The server, once it listens. Closing it closes the store, once what is under way in it is done. */
export async function startDynamoDb({
  credentials,
  directory,
  onRequest,
}: DynamoDbOptions): Promise<LoopbackServer> {
  const path = directory === undefined ? {} : { path: directory };
  const server = dynalite({ ...path, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  const serveCall = server.listeners('request');
  server.removeAllListeners('request');

  /** dynalite ends the whole process where the store is closed under one of its calls. */
  const underWay = new Set<Promise<void>>();
  let isClosing = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // dynalite ends the whole process where a client that is killed breaks its request: it gets whole ones only.
    const body = await readBody(request);
    const action = String(request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
    const fault = (await onRequest?.({ service: 'dynamodb', action, body })) ?? 'pass';
    if (fault === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (typeof fault === 'object') {
      answer(response, fault.status, fault.body);
      return;
    }
    const { headers, method, url } = request;
    const replayed = Object.assign(Readable.from(body === '' ? [] : [Buffer.from(body)]), {
      headers,
      method,
      url,
    });
    if (isClosing) {
      request.socket.resetAndDestroy();
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const call = promise.then(() => {
      underWay.delete(call);
    });
    underWay.add(call);
    const end = response.end.bind(response);
    const answered = Object.assign(response, {
      end: (text: string) => {
        if (fault === 'drop-answer') request.socket.resetAndDestroy();
        else end(text);
        resolve();
      },
    });
    for (const listener of serveCall) listener.call(server, replayed, answered);
  }

  const { url, close } = await startLoopbackServer(serve, { server, admit: admitSigned(credentials) });
  return {
    url,
    close: async () => {
      isClosing = true;
      await Promise.all(underWay);
      await close();
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

/** Creates the table where there is none of that name, and resolves once it can be used. */
export async function ensureTable(
  client: DynamoDBClient,
  definition: CreateTableCommandInput,
): Promise<void> {
  try {
    await client.send(new CreateTableCommand(definition));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  const wait = { client, maxWaitTime: TABLE_WAIT_SECONDS, minDelay: 0.1, maxDelay: 1 };
  await waitUntilTableExists(wait, { TableName: definition.TableName });
}
