/** Each drill breaks one thing for real, and says which alarms ring. RUNBOOK.md has the same table. */
import { readFileSync } from 'node:fs';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { synthesize } from '../../infra/build/synth.ts';
import { type AlarmState, evaluateAlarms, metricKey } from '../../infra/local/alarms/alarm-evaluator.ts';
import { type FaultHook, failWith } from '../../infra/local/aws/fault.ts';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { type PortalBehaviour, SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';
import type { SimulatedEvent } from '../../infra/simulator/simulated-event.ts';
import { resourcesOf, templateOf } from '../infra/synthesized.ts';
import { failuresLogged, type Minute, minutesOf, samplesOf } from '../support/drill.ts';

const template = templateOf({ portals: { main: {} } });
const runbook = readFileSync(new URL('../../infra/RUNBOOK.md', import.meta.url), 'utf8');
const TYPES = ['e_form_submission_v2', 'e_visited_page'];
const HOUR_MS = 3_600_000;
/** Minutes in which all was well before something broke. */
const BEFORE = 20;

const dimensionsSchema = z.array(z.object({ Name: z.string(), Value: z.unknown() }));

interface Ground {
  readonly portal: HubSpotPortal;
  readonly stack: LocalStack;
}

interface GroundOptions {
  readonly behaviour?: Partial<PortalBehaviour>;
  readonly events?: readonly SimulatedEvent[];
  readonly settings?: object;
  readonly token?: string | undefined;
  readonly onRequest?: FaultHook;
}

/** A simulated portal and the synthesized stack that polls it. */
async function withGround<T>(options: GroundOptions, use: (ground: Ground) => Promise<T>): Promise<T> {
  const { behaviour, events = [], settings, onRequest } = options;
  const token = 'token' in options ? options.token : SIMULATED_TOKEN;
  await using portal = await startHubSpotPortal({ behaviour: { silentTypes: TYPES, ...behaviour }, events });
  await using stack = await startLocalStack({
    synthesized: synthesize({ config: { portals: { main: { apiUrl: portal.url, ...settings } } } }),
    ...(token === undefined ? {} : { secrets: { main: token } }),
    ...(onRequest === undefined ? {} : { onRequest }),
  });
  // Awaited here: what is used must outlive the use.
  return await use({ portal, stack });
}

/** Events of the last hours, so many in each minute. */
function eventsOf(hours: number, perMinute: number): SimulatedEvent[] {
  const now = Date.now();
  return Array.from({ length: hours * 60 * perMinute }, (_, index) => ({
    eventType: 'e_visited_page',
    id: `v-${index}`,
    occurredAt: now - (index + 1) * (60_000 / perMinute),
  }));
}

/** Which alarms are in ALARM at any of the minutes; `page` is the composite. */
function ringing(timeline: readonly Minute[], from: number, until = timeline.length) {
  const states = evaluateAlarms(template.toJSON(), samplesOf(template, timeline), timeline.length);
  const isRinging = (over: readonly AlarmState[]) => over.slice(from, until).includes('ALARM');
  const names = [...states].filter(([, over]) => isRinging(over)).map(([name]) => name);
  return {
    page: names.includes('HubSpotEvents'),
    alarms: names
      .filter((name) => name !== 'HubSpotEvents')
      .map((name) => name.replace(/^HubSpotEvents-/, '')),
  };
}

/** A row of the runbook's table of drills. */
interface Row {
  readonly alarms: readonly string[];
  readonly page: boolean;
  readonly sentence: string;
  readonly articles: readonly string[];
}

/** The row that starts with the drill's name. */
function rowOf(drill: string): Row {
  const [, table = ''] = runbook.split('\n## What rings when\n');
  const row = table.split('\n').find((line) => line.split('|')[1]?.trim() === drill);
  if (row === undefined) throw new Error(`Reading RUNBOOK.md: it must have a row for the drill ${drill}`);
  const [, , , rings = '', page = '', sentence = '', articles = ''] = row
    .split('|')
    .map((cell) => cell.trim());
  return {
    alarms: [...rings.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replace('<portal>', 'main')),
    page: page === 'yes',
    sentence: sentence.replaceAll('`', ''),
    articles: [...articles.matchAll(/\(#([a-z-]+)\)/g)].map(([, article = '']) => article),
  };
}

/** The minutes before something breaks. */
let quiet: readonly Minute[];

beforeAll(async () => {
  const runs = await withGround({}, async ({ stack }) => [await stack.invoke('main')]);
  expect(runs.every(({ ok }) => ok)).toBe(true);
  quiet = minutesOf(BEFORE, runs);
});

describe('what rings', () => {
  test('a poller that is dead: lag and not-running, since nothing is told any more', () => {
    expectRow('dead poller', [...quiet, ...minutesOf(30, [])], []);
  });

  test('a token that HubSpot refuses: failed-runs, and lag when it has grown', async () => {
    const runs = await withGround({}, async ({ stack, portal }) => {
      await stack.invoke('main');
      portal.setTokens(['another']);
      return [await stack.invoke('main'), await stack.invoke('main')];
    });
    expectRow('bad token', [...quiet, ...minutesOf(30, runs, { isLagGrowing: true })], runs);
  });

  test('one event type that HubSpot refuses: streams-failing alone', async () => {
    const behaviour = { typeRefusals: { e_visited_page: 'storage-locations' } } as const;
    const runs = await withGround({ behaviour }, async ({ stack }) => {
      return [await stack.invoke('main'), await stack.invoke('main')];
    });
    expectRow('one refused type', [...quiet, ...minutesOf(60, runs)], runs);
  });

  test('HubSpot down for an hour: streams-failing and lag, and quiet when it is back', async () => {
    const runs = await withGround({}, async ({ stack, portal }) => {
      await stack.invoke('main');
      // A Retry-After of nothing keeps the poller's eight tries within seconds; their number is the real one.
      portal.change({ fault: () => ({ kind: 'status', status: 503, retryAfter: 0 }) });
      return [await stack.invoke('main')];
    });
    const down = [...quiet, ...minutesOf(60, runs, { isLagGrowing: true })];
    expectRow('HubSpot down', down, runs);
    const back = [...down, ...quiet];
    expect(ringing(back, back.length - 1)).toEqual({ page: false, alarms: [] });
  });

  test('a bus that denies the poller: failed-runs, and lag when it has grown', async () => {
    const onRequest: FaultHook = ({ action }) =>
      action === 'PutEvents' ? failWith(400, 'AccessDeniedException', 'not authorized') : 'pass';
    const runs = await withGround(
      {
        events: eventsOf(1, 60),
        settings: { startFrom: new Date(Date.now() - 60_000).toISOString() },
        onRequest,
      },
      async ({ stack }) => [await stack.invoke('main'), await stack.invoke('main')],
    );
    expectRow('bus denied', [...quiet, ...minutesOf(30, runs, { isLagGrowing: true })], runs);
  });

  test('an entry that is no event: dead-letters alone', async () => {
    const poison = {
      eventType: 'e_visited_page',
      id: '',
      occurredAt: Date.now() - 1000,
      json: '{"no":"id"}',
    };
    const settings = { startFrom: new Date(Date.now() - HOUR_MS).toISOString() };
    const { runs, letters } = await withGround({ events: [poison], settings }, async ({ stack }) => ({
      runs: [await stack.invoke('main')],
      letters: stack.deadLetters(),
    }));
    expect(letters).toHaveLength(1);
    expectRow('dead letters', [...quiet, ...minutesOf(10, runs, { letters: letters.length })], runs, letters);
  });

  test('a backlog: lag alone', async () => {
    const settings = { maxRequestsPer10Seconds: 4 };
    const runs = await withGround({ settings }, async ({ portal, stack }) => {
      // A process that has started: the seconds of the next runs go into the backlog, however busy the machine is.
      await stack.invoke('main');
      await ageCheckpoints(stack, 6 * 60);
      portal.addEvents(eventsOf(6, 60));
      // Seconds of time instead of two minutes: the backlog outlasts the runs.
      return [
        await stack.invoke('main', { timeoutMs: 4_000 }),
        await stack.invoke('main', { timeoutMs: 4_000 }),
      ];
    });
    expect(runs.every(({ ok }) => ok)).toBe(true);
    expectRow('backlog', [...quiet, ...minutesOf(30, runs)], runs);
  });

  test('a quiet night: nothing', async () => {
    const runs = await withGround({}, async ({ stack }) => {
      await stack.invoke('main');
      const night: InvocationResult[] = [];
      // Streams that showed nothing for hours are polled every five minutes: their lag is that of the time between.
      for (const minutes of [1, 2, 3, 4, 5]) {
        await ageCheckpoints(stack, minutes);
        night.push(await stack.invoke('main'));
      }
      return night;
    });
    expectRow('quiet night', [...quiet, ...minutesOf(8 * 60, runs)], runs);
  });

  test('the day’s requests nearly used up by other apps: daily-allowance alone', async () => {
    const limits = {
      per10Seconds: 190,
      perDay: 650_000,
      perSecond: null,
      retryAfter: 'none',
      category: false,
      zoneOffsetMinutes: 0,
      otherApps: () => ({ last10Seconds: 0, today: 640_000 }),
    } as const;
    const runs = await withGround({ behaviour: { limits } }, async ({ stack }) => [
      await stack.invoke('main'),
    ]);
    expectRow('allowance nearly spent', [...quiet, ...minutesOf(30, runs)], runs);
  });

  test('a first deployment without a token: failed-runs, never lag', async () => {
    const runs = await withGround({ token: undefined }, async ({ stack }) => [await stack.invoke('main')]);
    // The alarms are there before the schedule: their first two minutes have no run.
    const untold = [...minutesOf(2, []), ...minutesOf(60, runs)];
    expectRow('first deployment', untold, runs, [], 5);
    // Silence before the first run is silence: it rings until there have been three runs.
    expect(ringing(untold, 0, 4).alarms).toEqual(['lag-main', 'not-running-main']);
    const written = [...untold, ...quiet];
    expect(ringing(written, written.length - 1)).toEqual({ page: false, alarms: [] });
  });
});

describe('what AWS alone counts', () => {
  test.each([
    ['throttled', 'AWS/Lambda', 'Throttles', 1],
    ['run-time', 'AWS/Lambda', 'Duration', 120_000],
    ['schedule-dropping', 'AWS/Scheduler', 'InvocationDroppedCount', 1],
  ])('rings %s when it goes on for ten minutes, not at the first', (name, namespace, metric, value) => {
    const samples = samplesOf(template, [...quiet, ...quiet]);
    const alarm = resourcesOf(template, 'AWS::CloudWatch::Alarm').find(
      ({ properties }) => properties['AlarmName'] === `HubSpotEvents-${name}`,
    );
    const dimensions = dimensionsSchema.parse(alarm?.properties['Dimensions']);
    const told = (minutes: readonly number[]) => {
      const values = minutes.map((minute) => ({ minute, value }));
      const key = metricKey(namespace, metric, dimensions);
      const fed = new Map([...samples, [key, [...(samples.get(key) ?? []), ...values]]]);
      const states = evaluateAlarms(template.toJSON(), fed, 2 * BEFORE);
      return [...states].filter(([, over]) => over.slice(BEFORE).includes('ALARM')).map(([of]) => of);
    };
    expect(told([25])).toEqual([]);
    expect(told([25, 30])).toEqual([`HubSpotEvents-${name}`, 'HubSpotEvents']);
  });
});

/** Expects what the runbook's row says of the minutes after the break. */
function expectRow(
  drill: string,
  timeline: readonly Minute[],
  runs: readonly InvocationResult[],
  letters: readonly string[] = [],
  from = BEFORE,
): void {
  const { alarms, page, sentence, articles } = rowOf(drill);
  expect(ringing(timeline, from)).toEqual({ page, alarms });
  const said = [...failuresLogged(runs), ...letters].join('\n');
  if (sentence.startsWith('(')) expect(said).toBe('');
  else expect(said).toContain(sentence);
  // One article is named: that of the alarm to look at first.
  expect(articles).toHaveLength(alarms.length === 0 ? 0 : 1);
  expect(alarms.map((name) => name.replace(/-main$/, ''))).toEqual(expect.arrayContaining([...articles]));
}

/** Sets the checkpoints back, as they are on a stream that showed nothing for two hours and rests for minutes. */
async function ageCheckpoints({ table }: LocalStack, minutes: number): Promise<void> {
  const now = Date.now();
  for (const type of TYPES) {
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: { pk: { S: 'portal#main' }, sk: { S: `stream#${type}` } },
        UpdateExpression: 'SET watermark = :w, shownAt = :s',
        ExpressionAttributeValues: {
          ':w': { S: new Date(now - minutes * 60_000).toISOString() },
          ':s': { S: new Date(now - 2 * HOUR_MS).toISOString() },
        },
      }),
    );
  }
}
