/** The page's own server, fed with messages that are made up. */
import type { ServerResponse } from 'node:http';
import { createKey } from '../../../infra/local/key.ts';
import type { Message } from '../../../infra/local/page/messages.ts';
import { startPageServer } from '../../../infra/local/page/server/server.ts';
import {
  EVENTS_A_SECOND,
  eventsAt,
  helloAt,
  PARTS,
  RUN_EVERY_S,
  runMessageAt,
  stateAt,
} from './synthetic.ts';

export interface SyntheticServer {
  readonly url: string;
  /** Tells all of the next second, of the time that it stands for. */
  readonly tellSecond: () => void;
  /** Tells a part of it only, where the second is to pass as one does. */
  readonly tellPart: () => void;
  /** The time that the last message stands for, UNIX ms. */
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

export async function startSyntheticServer(): Promise<SyntheticServer> {
  const clients = new Set<ServerResponse>();
  const key = createKey();
  let now = Date.now();
  let parts = 0;
  const write = (response: ServerResponse, message: Message) =>
    response.write(`data: ${JSON.stringify(message)}\n\n`);
  const tell = (message: Message) => {
    for (const client of clients) write(client, message);
  };
  const server = await startPageServer(
    {
      follow: (response) => {
        clients.add(response);
        response.once('close', () => clients.delete(response));
        write(response, helloAt(now));
        write(response, stateAt(now, 0));
      },
      act: async () => {},
      findEvent: () => undefined,
    },
    { key, lastStarts: [] },
  );
  const tellPart = () => {
    parts += 1;
    now += 1_000 / PARTS;
    const published = parts * (EVENTS_A_SECOND / PARTS);
    tell(eventsAt(now, published));
    if (parts % PARTS !== 0) return;
    if (parts % (PARTS * RUN_EVERY_S) === 0) tell(runMessageAt(now));
    tell(stateAt(now, published));
  };
  return {
    url: `${server.url}/?key=${key}`,
    tellPart,
    tellSecond: () => {
      for (let part = 0; part < PARTS; part += 1) tellPart();
    },
    now: () => now,
    close: server.close,
  };
}
