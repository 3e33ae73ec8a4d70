/** What an idle tick and a backlog take: requests, calls and DynamoDB's units, counted where they arrive. */
import { type BenchCase, judge, show } from '../case.ts';
import { functionNamed, openStackLab, type StackLab } from '../lab/stack-lab.ts';

const LATENCY_MS = 20;
const IDLE_TYPES = Array.from({ length: 10 }, (_, index) => `e_idle_${index}`);

export const idle: BenchCase = {
  name: 'idle',
  about: 'an idle tick with ten types: requests, queries, write units',
  isTimed: false,
  async run() {
    const now = Date.now();
    const history = { eventTypes: IDLE_TYPES, startsAt: now, endsAt: now, everyMs: 1 };
    await using lab = await openLab(history);
    const settings = { eventTypes: IDLE_TYPES };
    // The first tick stores the checkpoints; every later one is as the second.
    await lab.invoke(settings);
    await lab.portal.takeRequests();
    const before = new Map(lab.calls);
    const { measured } = await lab.invoke(settings);
    const requests = (await lab.portal.takeRequests()).length;
    const calls = (name: string) => (lab.calls.get(name) ?? 0) - (before.get(name) ?? 0);
    const queries = calls('dynamodb.Query') + calls('dynamodb.GetItem');
    const { writeUnits, readUnits } = measured;
    return {
      rows: [
        {
          what: 'an idle tick, 10 types',
          poller: `${requests} requests, ${queries} query, ${show(writeUnits)} write units`,
          target: '10 requests, 1 query, ≤ 12 write units',
          verdict: judge(requests === 10 && queries === 1 && writeUnits <= 12),
        },
      ],
      notes: [
        `idle: a stream with nothing for an hour is polled every idlePollSeconds (300) instead, so most ticks of a quiet portal take less than this. The query took ${show(readUnits, 1)} read units.`,
      ],
      counts: { requests, queries, writeUnits, readUnits, putEvents: calls('eventbridge.PutEvents') },
    };
  },
};

export const backlog: BenchCase = {
  name: 'backlog',
  about: 'DynamoDB units per 1,000 events, and PutEvents calls against ceil(n / 10)',
  isTimed: false,
  async run(size) {
    const eventsOfType = size === 'full' ? 10_000 : 2_000;
    const endsAt = Date.now() - 60_000;
    const everyMs = 60;
    const eventTypes = ['e_backlog_0', 'e_backlog_1', 'e_backlog_2'];
    const history = { eventTypes, startsAt: endsAt - eventsOfType * everyMs, endsAt, everyMs };
    await using lab = await openLab(history);
    const { eventsPublished, measured } = await lab.invoke({
      eventTypes,
      startFrom: new Date(history.startsAt).toISOString(),
      maxRequestsPer10Seconds: 10_000,
    });
    const calls = lab.calls.get('eventbridge.PutEvents') ?? 0;
    const least = Math.ceil(eventsPublished / 10);
    const pages = (await lab.portal.takeRequests()).length;
    const writeUnits = (measured.writeUnits * 1_000) / eventsPublished;
    const readUnits = (measured.readUnits * 1_000) / eventsPublished;
    return {
      rows: [
        {
          what: 'DynamoDB per 1,000 events, catching up',
          poller: `${show(writeUnits, 1)} write, ${show(readUnits, 1)} read units`,
          target: '≤ 25 write, ≤ 5 read units',
          verdict: judge(writeUnits <= 25 && readUnits <= 5),
        },
        {
          what: `PutEvents calls for ${show(eventsPublished)} events`,
          poller: `${show(calls)}, ${show(calls / least, 3)} × the least`,
          target: `${show(least)}: ceil(n / 10)`,
          verdict: judge(calls === least),
        },
      ],
      notes: [
        `backlog: units as DynamoDB's ConsumedCapacity tells them, of the embedded dynalite. ${show(pages)} pages: the last one of each slice is filled in part, and what is on a page is published at once, so each may end with a call of fewer than ten. EventBridge charges events, not calls.`,
      ],
      counts: { eventsPublished, calls, least, pages, writeUnits, readUnits },
    };
  },
};

function openLab(history: Parameters<typeof openStackLab>[0]['history']): Promise<StackLab> {
  return openStackLab({
    history,
    latencyMs: LATENCY_MS,
    per10Seconds: null,
    entry: functionNamed('measured-poller'),
  });
}
