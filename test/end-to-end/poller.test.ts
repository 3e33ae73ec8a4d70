import { afterEach, expect, test } from 'vitest';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../functions/poller/contract.ts';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import {
  afterStart,
  compare,
  createOpened,
  EVENT_TYPES,
  keyOf,
  lastMetric,
  makeEvents,
  metricLines,
  openRig,
} from './rig.ts';

const opened = createOpened();
afterEach(opened.close);

/** Requests that are answered before HubSpot falls silent: some pages of each type. */
const STALLED_FROM = 9;

const NOTHING_WRONG = { missing: [], repeated: 0, unexpected: 0 };

test('5,000 events of three types are on the bus exactly once, and the second run publishes none', async () => {
  const events = makeEvents(5_000);
  const { stack, lines } = await openRig(opened, { events });
  const first = await stack.invoke('main');
  expect(first).toMatchObject({ ok: true });
  expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
  expect(lastMetric(lines, 'EventsPublished')).toBe(5_000);

  const second = await stack.invoke('main');
  expect(second).toMatchObject({ ok: true });
  expect(stack.events()).toHaveLength(5_000);
  expect(lastMetric(lines, 'EventsPublished')).toBe(0);
  expect(lastMetric(lines, 'LagSeconds')).toBeLessThan(10);
  expect(stack.deadLetters()).toEqual([]);
});

test("an event is on the bus as HubSpot sent it, with the contract's fields around it", async () => {
  const [event] = makeEvents(1);
  const occurredAt = afterStart(36_000.123);
  const json =
    '{"objectType":"CONTACT","objectId":"26000000051","eventType":"e_visited_page","occurredAt":"' +
    `${occurredAt}",` +
    '"id":"a-1","properties":{"hs_url":"https://x"},"big":12345678901234567890,"metadata":{"own":true},"unknown":[1,null]}';
  const own = { eventType: 'e_visited_page', id: 'a-1', occurredAt, json };
  const { stack } = await openRig(opened, { events: event === undefined ? [own] : [event, own] });
  await stack.invoke('main');
  const landed = stack.events().find(({ detail }) => detail.includes('"a-1"'));
  expect(landed).toMatchObject({
    busName: 'hubspot-events',
    source: 'hubspot.events',
    detailType: 'e_visited_page',
    time: new Date(occurredAt),
    resources: ['hubspot:main:CONTACT/26000000051'],
  });
  expect(landed?.detail).toContain('"big":12345678901234567890');
  const { metadata: _own, ...sent } = Object(JSON.parse(json));
  expect(JSON.parse(landed?.detail ?? '')).toEqual({
    ...sent,
    metadata: {
      portal: 'main',
      stream: 'e_visited_page',
      pass: 'live',
      idempotencyKey: keyOf(own),
      hubspot: { own: true },
    },
  });
});

test('what is no event becomes one dead letter, however often it is read, and its stream goes on', async () => {
  const events = makeEvents(30);
  const place = { eventType: EVENT_TYPES[0], occurredAt: afterStart(61) };
  const poison = [
    {
      ...place,
      id: 'x1',
      json: `{"eventType":"e_visited_page","occurredAt":"${place.occurredAt}","note":"no id"}`,
    },
    { ...place, id: 'x2', json: '{"eventType":"e_visited_page","id":"x2","occurredAt":"yesterday"}' },
    { ...place, id: 'x3', json: '"a text"' },
  ];
  const { stack, lines } = await openRig(opened, { events: [...events, ...poison] });
  await stack.invoke('main');
  await stack.invoke('main');
  expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
  expect(stack.deadLetters()).toHaveLength(3);
  for (const text of ['no id', 'yesterday', 'a text']) {
    expect(stack.deadLetters().filter((letter) => letter.includes(text))).toHaveLength(1);
  }
  expect(lines.filter((line) => line.includes('yesterday'))).toEqual([]);
});

test('two invocations at once publish every event once', async () => {
  const events = makeEvents(1_500);
  const { stack } = await openRig(opened, { events });
  const results = await Promise.all([stack.invoke('main'), stack.invoke('main'), stack.invoke('main')]);
  expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
});

test('a run ends by itself before its deadline though HubSpot answers no more, and the next goes on where it was', async () => {
  const events = makeEvents(3_000);
  let isStalled = true;
  const { stack } = await openRig(opened, {
    events,
    settings: { pageSize: 100 },
    // The first pages of each type come, and then nothing that would ever end.
    behaviour: { fault: ({ index }) => (isStalled && index >= STALLED_FROM ? { kind: 'silent' } : null) },
  });
  expect(await stack.invoke('main', { timeoutMs: 4_000 })).toMatchObject({ ok: true });
  const reached = stack.events().length;
  expect(reached).toBeLessThan(3_000);
  isStalled = false;
  await stack.invoke('main');
  expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
});

test('"all" polls the event types that HubSpot lists', async () => {
  const events = makeEvents(60);
  const { stack } = await openRig(opened, { events, settings: { eventTypes: 'all' } });
  expect(await stack.invoke('main')).toMatchObject({ ok: true });
  expect(compare(events, stack.events())).toEqual(NOTHING_WRONG);
});

test('the log holds the metrics of the contract and no others, the age of every event, no properties, no token', async () => {
  const { stack, lines } = await openRig(opened, { events: makeEvents(300) });
  await stack.invoke('main');
  const declared = metricLines(lines).flatMap(({ _aws }) => _aws.CloudWatchMetrics);
  expect(new Set(declared.map(({ Namespace }) => Namespace))).toEqual(new Set([METRIC_NAMESPACE]));
  for (const { Dimensions } of declared) expect(Dimensions).toEqual([[METRIC_DIMENSION]]);
  const units = new Map(declared.flatMap(({ Metrics }) => Metrics.map(({ Name, Unit }) => [Name, Unit])));
  expect(Object.fromEntries(units)).toEqual(METRICS);
  for (const line of metricLines(lines)) expect(line[METRIC_DIMENSION]).toBe('main');
  expect(metricLines(lines).flatMap((line) => line['EventAgeSeconds'] ?? [])).toHaveLength(300);
  expect(lines.filter((line) => line.includes('example.com') || line.includes('Größe'))).toEqual([]);
  expect(lines.filter((line) => line.includes(SIMULATED_TOKEN))).toEqual([]);
});
