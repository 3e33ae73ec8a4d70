/** Server-sent events to whoever looks. While nobody does, nothing is gathered for them. */
import type { ServerResponse } from 'node:http';
import type { BusEvent } from '../../aws/event-bus.ts';
import type { Message } from '../messages.ts';
import type { EventRows } from '../observer/event-rows.ts';

export interface Feed {
  /** Tells this client from now on; ends when it leaves. */
  readonly add: (response: ServerResponse, rows: EventRows, hello: Message) => void;
  readonly send: (message: Message) => void;
  readonly noteEvent: (event: BusEvent) => void;
  readonly isWatched: () => boolean;
  /** The whole event, where some client was told of it. */
  readonly find: (id: string) => BusEvent | undefined;
  readonly close: () => void;
}

const EVENTS_EVERY_MS = 250;
/** A client that reads more slowly than that misses rows, not memory. */
const MOST_WAITING_BYTES = 4_000_000;

interface Client {
  readonly response: ServerResponse;
  readonly rows: EventRows;
}

/** @param onWatched told when the first client comes, and when the last has left */
export function createFeed(onWatched: (isWatched: boolean) => void): Feed {
  const clients = new Set<Client>();
  let timer: NodeJS.Timeout | undefined;

  function write({ response }: Client, message: Message): void {
    if (response.writableLength > MOST_WAITING_BYTES) return;
    response.write(`data: ${JSON.stringify(message)}\n\n`);
  }

  function sendRows(): void {
    for (const client of clients) {
      const taken = client.rows.take();
      if (taken.rows.length > 0) write(client, { kind: 'events', ...taken });
    }
  }

  function remove(client: Client): void {
    if (!clients.delete(client) || clients.size > 0) return;
    clearInterval(timer);
    onWatched(false);
  }

  return {
    add: (response, rows, hello) => {
      const client = { response, rows };
      response.once('close', () => remove(client));
      write(client, hello);
      clients.add(client);
      if (clients.size > 1) return;
      timer = setInterval(sendRows, EVENTS_EVERY_MS);
      onWatched(true);
    },
    send: (message) => {
      for (const client of clients) write(client, message);
    },
    noteEvent: (event) => {
      for (const { rows } of clients) rows.note(event);
    },
    isWatched: () => clients.size > 0,
    find: (id) => {
      for (const { rows } of clients) {
        const found = rows.find(id);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    close: () => {
      clearInterval(timer);
      for (const { response } of clients) response.end();
    },
  };
}
