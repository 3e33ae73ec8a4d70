/** The roll call over the real store: what runs leave in the table, and what it makes of it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTellingStore } from '../../functions/poller/adapters/dynamodb/tellings.ts';
import { PollerError } from '../../functions/poller/errors.ts';
import type { FleetReport, PortalStanding, ScheduledPortal } from '../../functions/poller/ports.ts';
import { callRoll, type RollCallPorts } from '../../functions/poller/roll-call/call-roll.ts';
import { createDynamoDbRig, type DynamoDbRig, NOON } from '../adapters/dynamodb/dynamodb-rig.ts';
import { createFakeLog } from '../support/fake-outlets.ts';

const MINUTE = 60_000;
const REQUEST = { scheduleGroup: 'hubspot-events', lagAlarmMinutes: 10 };

let rig: DynamoDbRig;
beforeAll(async () => {
  rig = await createDynamoDbRig(24 * 60 * MINUTE);
});
afterAll(() => rig[Symbol.asyncDispose]());

let schedules: ScheduledPortal[] = [];
let messages: string[] = [];
let reports: FleetReport[] = [];
let log = createFakeLog();
beforeEach(async () => {
  schedules = [];
  messages = [];
  reports = [];
  log = createFakeLog();
  rig.watch();
  rig.clock.moveTo(NOON);
});

function portsWith(change: Partial<RollCallPorts> = {}): RollCallPorts {
  return {
    store: rig.store('roll-call'),
    schedules: { list: async () => schedules },
    tellings: createTellingStore(rig.table()),
    notifier: { tell: async (_subject, text) => void messages.push(text) },
    metrics: { emit: (report) => reports.push(report) },
    clock: rig.clock,
    log,
    ...change,
  };
}

const scheduled = (portal: string): ScheduledPortal => ({
  portal,
  isEnabled: true,
  changedAt: NOON - 60 * MINUTE,
  pollSeconds: 60,
  idlePollSeconds: 300,
});

/** A run of the portal that ends now. */
async function run(portal: string, change: Partial<PortalStanding> = {}): Promise<void> {
  const now = rig.clock.now();
  const store = rig.store(`run-${portal}`);
  await store.acquireLease(portal, `run-${portal}`, now, now + MINUTE);
  await store.releaseLease(portal, `run-${portal}`, {
    endedAt: now,
    outcome: 'polled',
    lagSeconds: 1,
    streams: 2,
    streamsFailing: 0,
    ...change,
  });
}

describe('the roll call', () => {
  test('finds all well, tells nobody, writes nothing, and emits the figures', async () => {
    schedules = [scheduled('a'), scheduled('b')];
    await run('a');
    await run('b', { lagSeconds: 7 });
    rig.watch();
    await expect(callRoll(REQUEST, portsWith())).resolves.toEqual({
      portalsPolled: 2,
      portalsSilent: 0,
      portalsBehind: 0,
      portalsFailing: 0,
      lagSecondsMax: 7,
      troubles: [],
    });
    expect(reports).toMatchObject([{ portalsPolled: 2, lagSecondsMax: 7 }]);
    expect(messages).toEqual([]);
    expect(rig.calls.toSorted()).toEqual(['GetItem', 'Query']);
    expect(log.lines).toMatchObject([{ level: 'info', message: 'Roll call', fields: { troubles: [] } }]);
  });

  test('tells of one portal, then of the second, and of neither again', async () => {
    schedules = [scheduled('a'), scheduled('b')];
    const callAt = async (minutes: number) => {
      rig.clock.moveTo(NOON + minutes * MINUTE);
      await run('a', { lagSeconds: 9_000 });
      await run('b', { lagSeconds: minutes < 10 ? 1 : 9_000 });
      await callRoll(REQUEST, portsWith());
      return messages.splice(0).flatMap((text) => text.match(/^- .*$/gm) ?? []);
    };
    expect(await callAt(0)).toEqual(['- a: behind: 150 minutes behind, over 10']);
    expect(await callAt(5)).toEqual([]);
    expect(await callAt(10)).toEqual(['- b: behind: 150 minutes behind, over 10']);
    expect(await callAt(15)).toEqual([]);
    expect(reports.map(({ portalsBehind }) => portalsBehind)).toEqual([1, 1, 2, 2]);
    expect(log.lines.at(-1)).toMatchObject({
      level: 'warn',
      fields: {
        portalsBehind: 2,
        troubles: [{ portal: 'a', kind: 'behind' }, { portal: 'b' }],
        troublesLeftOut: 0,
      },
    });
  });

  test('that could not tell anybody emits nothing, and tells again the next time', async () => {
    rig.clock.moveTo(NOON + 300 * MINUTE);
    schedules = [scheduled('a'), scheduled('b'), scheduled('c')];
    for (const portal of ['a', 'b']) await run(portal);
    const failing = {
      tell: async () => {
        throw new PollerError('topic-unavailable', 'SNS is not there');
      },
    };
    await expect(callRoll(REQUEST, portsWith({ notifier: failing }))).rejects.toThrow('SNS is not there');
    expect(reports).toEqual([]);
    await callRoll(REQUEST, portsWith());
    expect(messages.join()).toContain('- c: never-polled: no run has ended yet, of one every 60 s');
    expect(reports).toMatchObject([{ portalsPolled: 2, portalsSilent: 1 }]);
  });

  test('beside another one may tell twice, and says so', async () => {
    rig.clock.moveTo(NOON + 600 * MINUTE);
    schedules = [{ ...scheduled('d'), isEnabled: false }];
    const tellings = createTellingStore(rig.table());
    const both = [portsWith(), portsWith()].map((ports) => ({
      ...ports,
      // Both have read before either writes.
      tellings: { ...tellings, read: () => bothRead() },
    }));
    const first = tellings.read();
    const bothRead = () => first;
    await Promise.all(both.map((ports) => callRoll(REQUEST, ports)));
    expect(messages).toHaveLength(2);
    expect(log.lines.filter(({ message }) => message.startsWith('Another roll call wrote'))).toHaveLength(1);
  });

  test('names fifty of a thousand in its log line', async () => {
    schedules = Array.from({ length: 1_000 }, (_, index) => ({
      ...scheduled(`p${index}`),
      isEnabled: false,
    }));
    const empty = { listPortals: async () => [] };
    const tellings = { read: async () => ({ tellings: [], revision: 0 }), save: async () => true };
    const { troubles } = await callRoll(REQUEST, portsWith({ store: empty, tellings }));
    expect(troubles).toHaveLength(100);
    const [line] = log.lines;
    expect(line?.fields['troubles']).toHaveLength(50);
    expect(line?.fields['troublesLeftOut']).toBe(950);
    // Lambda cuts a line of more than 256 KB.
    expect(JSON.stringify(line).length).toBeLessThan(32_000);
  });
});
