// The lower bound: undici's fetch of the same pages, JSON.parse, PutEvents through the SDK, and nothing else.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import pLimit from 'p-limit';
import { Agent, fetch } from 'undici';
import { ENVIRONMENT } from '../../../functions/poller/contract.ts';
import { measure } from './measure.ts';
import { pageAddress, readOrder, TOKEN } from './order.ts';

const eventBridge = new EventBridgeClient({ maxAttempts: 1 });
const dispatcher = new Agent({ keepAliveTimeout: 60_000, connections: 32 });
const limit = pLimit(32);
const EventBusName = process.env[ENVIRONMENT.eventBusName];

interface Page {
  readonly results: readonly { readonly eventType: string; readonly occurredAt: string }[];
  readonly paging?: { readonly next: { readonly after: string } };
}

export function handler(event: unknown): Promise<object> {
  const { apiUrl, eventTypes, startFrom, pageSize } = readOrder(event);
  return measure(async () => {
    let eventsPublished = 0;
    for (const eventType of eventTypes) {
      let after: string | undefined;
      do {
        const page = await readPage(pageAddress(apiUrl, eventType, startFrom, after, pageSize));
        await publish(page.results);
        eventsPublished += page.results.length;
        after = page.paging === undefined ? undefined : decodeURIComponent(page.paging.next.after);
      } while (after !== undefined);
    }
    return { eventsPublished };
  });
}

async function readPage(url: string): Promise<Page> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'accept-encoding': 'gzip' };
  const response = await fetch(url, { headers, dispatcher });
  const page: Page = JSON.parse(await response.text());
  return page;
}

async function publish(events: Page['results']): Promise<void> {
  const calls: Promise<unknown>[] = [];
  for (let at = 0; at < events.length; at += 10) {
    const Entries = events.slice(at, at + 10).map((one) => ({
      EventBusName,
      Source: 'hubspot.events',
      DetailType: one.eventType,
      Time: new Date(one.occurredAt),
      Detail: JSON.stringify(one),
    }));
    calls.push(limit(() => eventBridge.send(new PutEventsCommand({ Entries }))));
  }
  await Promise.all(calls);
}
