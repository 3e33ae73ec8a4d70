/**
 * Drills of many portals: the bundled function polls them and calls the roll, what it tells is fed to the alarms of the
 * template. RUNBOOK.md has the same table.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Synthesized, synthesize } from '../../infra/build/synth.ts';
import { evaluateAlarms, messagesOf, type Sample } from '../../infra/local/alarms/alarm-evaluator.ts';
import { readMetricLine } from '../../infra/local/alarms/run-samples.ts';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { SIMULATED_TOKEN } from '../../infra/simulator/behaviour.ts';
import { type HubSpotPortal, startHubSpotPortal } from '../../infra/simulator/portal.ts';
import { templateOf } from '../infra/synthesized.ts';
import { type SchedulerAndTopic, startSchedulerAndTopic } from '../support/scheduler-and-topic.ts';

const HOUR = 3_600_000;
const template = templateOf({ portals: { a: {}, b: {} }, metrics: 'fleet' });
const runbook = readFileSync(new URL('../../infra/RUNBOOK.md', import.meta.url), 'utf8');

let portal: HubSpotPortal;
let synthesized: Synthesized;
beforeAll(async () => {
  portal = await startHubSpotPortal({ behaviour: { silentTypes: ['e_one', 'e_two'] } });
  const settings = { apiUrl: portal.url };
  synthesized = synthesize({ config: { portals: { a: settings, b: settings }, metrics: 'fleet' } });
});
afterAll(() => portal.close());

interface Ground {
  readonly stack: LocalStack;
  readonly aws: SchedulerAndTopic;
  readonly callRoll: () => Promise<InvocationResult>;
  /** The messages since the last look, each as its lines about portals. */
  readonly heard: () => string[];
}

/** Two portals that are polled and well, and the roll call that knows their schedules. */
async function withGround<T>(use: (ground: Ground) => Promise<T>): Promise<T> {
  portal.setTokens([SIMULATED_TOKEN]);
  await using aws = await startSchedulerAndTopic();
  await using stack = await startLocalStack({
    synthesized,
    secrets: { a: SIMULATED_TOKEN, b: SIMULATED_TOKEN },
    environment: { AWS_ENDPOINT_URL_SCHEDULER: aws.url, AWS_ENDPOINT_URL_SNS: aws.url },
  });
  for (const name of ['a', 'b'])
    aws.schedules.set(name, { Input: stack.inputOf(name), changedAt: Date.now() - HOUR });
  await Promise.all([stack.invoke('a'), stack.invoke('b')]);
  let told = 0;
  return await use({
    stack,
    aws,
    callRoll: () => stack.invokeWith(rollCallInput(synthesized.template)),
    heard: () => {
      const lines = aws.told.slice(told).map(({ text }) => (text.match(/^- .*$/gm) ?? []).join('; '));
      told = aws.told.length;
      return lines;
    },
  });
}

const schedulesSchema = z.object({ Resources: z.record(z.string(), z.object({ Properties: z.unknown() })) });
const inputSchema = z.object({ Name: z.literal('roll-call'), Target: z.object({ Input: z.string() }) });

function rollCallInput(text: unknown): string {
  const found = Object.values(schedulesSchema.parse(text).Resources).flatMap(({ Properties }) => {
    const parsed = inputSchema.safeParse(Properties);
    return parsed.success ? [parsed.data.Target.Input] : [];
  });
  return found.join();
}

/** Roll calls five minutes apart, an hour for each that is given; none where undefined. */
function alarmsOver(calls: readonly (InvocationResult | undefined)[]) {
  const samples = new Map<string, Sample[]>();
  calls.forEach((call, hour) => {
    for (const { key, value } of call?.logs.flatMap(readMetricLine) ?? [])
      for (let minute = hour * 60 + 2; minute < (hour + 1) * 60; minute += 5)
        samples.set(key, [...(samples.get(key) ?? []), { minute, value }]);
  });
  const messages = messagesOf(
    template.toJSON(),
    evaluateAlarms(template.toJSON(), samples, calls.length * 60),
  );
  // Before the first roll calls silence rings.
  return messages
    .filter(({ minute }) => minute >= 60)
    .map(({ minute, alarm, state }) => `hour ${Math.floor(minute / 60)}: ${alarm} ${state}`);
}

/** What the runbook's table of drills says of many portals. */
function rowOf(drill: string): { readonly alarms: readonly string[]; readonly message: string } {
  const [, table = ''] = runbook.split('\n### With many portals\n');
  const row = table.split('\n').find((line) => line.split('|')[1]?.trim() === drill);
  if (row === undefined) throw new Error(`Reading RUNBOOK.md: it must have a row for the drill ${drill}`);
  const [, , rings = '', message = ''] = row.split('|').map((cell) => cell.trim());
  return {
    alarms: [...rings.matchAll(/`([^`]+)`/g)].map(([, name = '']) => `hour 1: HubSpotEvents-${name} ALARM`),
    message: message.replaceAll('`', ''),
  };
}

describe('with many portals', () => {
  test('a portal that is well tells no metric of its own, all its figures in a line, and the roll call tells five', async () => {
    await withGround(async ({ stack, callRoll, heard }) => {
      const run = await stack.invoke('a');
      expect([run.ok, run.logs.flatMap(readMetricLine)]).toEqual([true, []]);
      expect(run.logs.filter((line) => line.includes('"message":"Figures"'))).toHaveLength(1);
      const call = await callRoll();
      expect([call.ok, heard()]).toEqual([true, []]);
      const told = call.logs.flatMap(readMetricLine).map(({ key, value }) => [key, value]);
      expect(told).toEqual([
        ['HubSpotEvents PortalsPolled', 2],
        ['HubSpotEvents PortalsSilent', 0],
        ['HubSpotEvents PortalsBehind', 0],
        ['HubSpotEvents PortalsFailing', 0],
        ['HubSpotEvents LagSecondsMax', expect.any(Number)],
      ]);
    });
  });

  test('a second portal that is off is a second message, though every alarm stands', async () => {
    await withGround(async ({ aws, callRoll, heard }) => {
      const off = (name: string) => {
        const schedule = aws.schedules.get(name);
        if (schedule !== undefined) aws.schedules.set(name, { ...schedule, State: 'DISABLED' });
      };
      const well = await callRoll();
      off('a');
      const one = await callRoll();
      expect(heard()).toEqual([expect.stringContaining(rowOf('a portal is off').message)]);
      await callRoll();
      expect(heard()).toEqual([]);
      off('b');
      const two = await callRoll();
      expect(heard()).toEqual([expect.stringMatching(/^- b: schedule-off: its schedule is off; [^;]*$/)]);
      expect(alarmsOver([well, one, two, well])).toEqual([
        ...rowOf('a portal is off').alarms,
        'hour 1: HubSpotEvents ALARM',
        'hour 3: HubSpotEvents OK',
      ]);
      expect(rowOf('a second portal is off').alarms).toEqual([]);
      expect(rowOf('a second portal is off').message).toBe('b: schedule-off: its schedule is off');
    });
  });

  test('a schedule that is gone, and a portal that never reported, are seen', async () => {
    await withGround(async ({ stack, aws, callRoll, heard }) => {
      const well = await callRoll();
      aws.schedules.delete('a');
      aws.schedules.set('new', {
        Input: stack.inputOf('b').replace('"b"', '"new"'),
        changedAt: Date.now() - HOUR,
      });
      const call = await callRoll();
      const [message = ''] = heard();
      for (const drill of ['a schedule is gone', 'a portal never reported']) {
        expect(message).toContain(rowOf(drill).message);
        expect(alarmsOver([well, call])).toEqual([...rowOf(drill).alarms, 'hour 1: HubSpotEvents ALARM']);
      }
    });
  });

  test('a token that HubSpot refuses is counted, and told once it has lasted', async () => {
    await withGround(async ({ stack, callRoll, heard }) => {
      const well = await callRoll();
      portal.setTokens(['another']);
      expect((await stack.invoke('a')).ok).toBe(false);
      const call = await callRoll();
      // Nobody is told of a failure that has not lasted for ten minutes.
      expect(heard()).toEqual([]);
      const { alarms, message } = rowOf('a token is refused');
      expect(call.logs.join()).toContain(message.replace('a: failing: ', ''));
      expect(alarmsOver([well, call])).toEqual([...alarms, 'hour 1: HubSpotEvents ALARM']);
    });
  });

  test('a roll call that cannot tell anybody, or is not called, rings', async () => {
    await withGround(async ({ aws, callRoll }) => {
      const well = await callRoll();
      aws.schedules.delete('a');
      aws.failWith = { status: 403, type: 'AccessDenied' };
      const denied = await callRoll();
      expect([denied.ok, denied.logs.flatMap(readMetricLine)]).toEqual([false, []]);
      expect(denied.logs.join()).toContain('"message":"The roll call failed"');
      const expected = [...rowOf('nobody calls the roll').alarms, 'hour 1: HubSpotEvents ALARM'];
      expect(alarmsOver([well, denied])).toEqual(expected);
      expect(alarmsOver([well, undefined])).toEqual(expected);
    });
  });
});
