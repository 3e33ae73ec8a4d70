import { describe, expect, test } from 'vitest';
import { PollerError } from '../../functions/poller/errors.ts';
import { eventAt, eventsUpTo } from '../support/events.ts';
import { keyOf } from '../support/fake-bus.ts';
import { createRig, HOUR, MINUTE, NOON, PORTAL, SECOND, STREAM } from '../support/rig.ts';

const forbidden = new PollerError('hubspot-forbidden', 'no scope');
const throttled = new PollerError('store-unavailable', 'throttled');

describe('of several failures', () => {
  test('the gravest decides what becomes of the run, whichever came first', async () => {
    const rig = createRig({ eventTypes: ['e_one', 'e_two'] });
    for (const stream of ['e_one', 'e_two']) rig.source.add(eventAt(NOON, 'event', { stream }));
    rig.source.bend = (answer, { query }) => {
      if (query.eventType === 'e_one') throw new PollerError('out-of-time', 'the time is up');
      return answer;
    };
    rig.gate.slow('appendLedger', SECOND);
    rig.gate.fail('appendLedger', new PollerError('ledger-unwritten', 'throttled'), { times: 100 });
    await expect(rig.run()).rejects.toMatchObject({ code: 'ledger-unwritten' });
  });

  test('of one page the gravest decides, too: a letter’s does not hide the ledger’s', async () => {
    const rig = createRig();
    rig.source.add(eventAt(NOON - SECOND, 'event'), {
      ...eventAt(NOON, 'poison'),
      entry: { not: 'an event' },
    });
    rig.gate.fail('sendLetters', new PollerError('dead-letters-unavailable', 'no queue'));
    rig.gate.fail('appendLedger', new PollerError('ledger-unwritten', 'throttled'), { times: 100 });
    await expect(rig.run()).rejects.toMatchObject({ code: 'ledger-unwritten' });
  });
});

describe('a stream that fails', () => {
  test('is polled again by the same run where its interval is short', async () => {
    const rig = createRig({ pollSeconds: 10 });
    rig.gate.fail('readPage', new PollerError('hubspot-unavailable', 'gateway'));
    await rig.run();
    expect(rig.source.queries.length).toBeGreaterThanOrEqual(4);
    expect(rig.checkpoint()).toMatchObject({ lastError: undefined, watermark: NOON + 50 * SECOND });
  });

  test('by a stray 403, with another page of it read since, is not set aside', async () => {
    const rig = createRig({ eventTypes: ['e_one', 'e_two'], pageSize: 100 });
    for (const n of Array(1_000).keys())
      rig.source.add(eventAt(NOON - HOUR + n * 3 * SECOND, `event-${n}`, { stream: 'e_one' }));
    let asked = 0;
    rig.source.bend = (answer, { query }) => {
      if (query.eventType === 'e_one') asked += 1;
      if (query.eventType === 'e_one' && asked === 2) throw forbidden;
      return answer;
    };
    await rig.run();
    expect(asked).toBeGreaterThan(2);
    expect(rig.checkpoint('e_one')).toMatchObject({
      quarantine: undefined,
      lastError: { code: 'hubspot-forbidden' },
    });
  });

  test.each([
    ['table-missing', 'fails the run'],
    ['store-unavailable', 'leaves the run as it is'],
  ] as const)('for lack of time, and whose page size cannot be kept for %s, %s', async (code, _what) => {
    const rig = createRig();
    await rig.run();
    const reduced = { limit: 63, reason: 'slow' } as const;
    rig.gate.fail('readPage', new PollerError('out-of-time', 'the time is up', { reduced }));
    rig.gate.fail('saveCheckpoint', new PollerError(code, 'not now'));
    const ended = await rig.tick().then(
      ({ outcome }) => outcome,
      (error: PollerError) => error.code,
    );
    expect(ended).toBe(code === 'table-missing' ? code : 'polled');
  });
});

describe('what a run has read when its time is up', () => {
  /** A stream of empty pages that lead on, each after twenty seconds. */
  const rigOfEmptyPages = (settings: Parameters<typeof createRig>[0] = {}) => {
    const rig = createRig(settings);
    let pages = 0;
    rig.source.bend = (answer) => {
      pages += 1;
      return { ...answer, cursor: `page-${pages}` };
    };
    rig.gate.slow('readPage', 20 * SECOND);
    return rig;
  };

  test.each([10, 60])('is kept, and its chain goes on from there, polled every %i s', async (pollSeconds) => {
    const rig = rigOfEmptyPages({ pollSeconds });
    await rig.run();
    await rig.run();
    const cursors = rig.source.queries.map(({ cursor }) => cursor);
    expect(cursors).toEqual([undefined, ...cursors.slice(1).map((_, index) => `page-${index + 1}`)]);
  });

  test('is kept once, at its end, where no event is in it', async () => {
    const rig = rigOfEmptyPages();
    await rig.run();
    const saves = rig.gate.calls.filter((call) => call === 'saveCheckpoint').length;
    // The stream's first checkpoint, and that of the end.
    expect([rig.source.queries.length > 2, saves]).toEqual([true, 2]);
  });

  test('ends a failure of before with its first page', async () => {
    const rig = rigOfEmptyPages();
    rig.gate.fail('readPage', new PollerError('hubspot-unavailable', 'gateway'));
    await rig.run();
    const saves = rig.gate.calls.length;
    const failed = rig.checkpoint().lastError?.code;
    await rig.tick();
    const calls = rig.gate.calls.slice(saves).filter((call) => ['readPage', 'saveCheckpoint'].includes(call));
    expect([failed, ...calls.slice(0, 2)]).toEqual(['hubspot-unavailable', 'readPage', 'saveCheckpoint']);
    expect(calls.filter((call) => call === 'saveCheckpoint')).toHaveLength(2);
  });

  test('fails the run where the table is gone before it is kept', async () => {
    const rig = rigOfEmptyPages();
    rig.gate.fail('saveCheckpoint', new PollerError('table-missing', 'gone'), { skip: 1 });
    await expect(rig.run()).rejects.toMatchObject({ code: 'table-missing' });
  });
});

describe('a 403 for every stream', () => {
  test('that begins in mid-run fails the run, and sets nothing aside', async () => {
    const rig = createRig({ eventTypes: ['e_one', 'e_two', 'e_three'], pollSeconds: 10 });
    rig.source.bend = (answer) => {
      if (rig.time.now() > NOON + 15 * SECOND) throw forbidden;
      return answer;
    };
    await expect(rig.run()).rejects.toMatchObject({ code: 'hubspot-forbidden' });
    const stored = [...rig.state.checkpoints.values()];
    expect(stored.map(({ quarantine }) => quarantine)).toEqual([undefined, undefined, undefined]);
  });

  /** Just after a tick that polled the quiet streams, whose next turn is minutes away: the first one is refused. */
  async function rigThatRefuses(refused: readonly string[], quiet: readonly string[]) {
    const rig = createRig({ eventTypes: ['e_refused', ...quiet] });
    await rig.run();
    await rig.time.moveTo(NOON + 2 * HOUR);
    const asked = new Map<string | undefined, number>();
    const isResting = (type: string) => (asked.get(type) ?? 0) >= rig.time.now() - 2 * MINUTE;
    do {
      rig.source.add(eventAt(rig.time.now(), `${rig.time.now()}`, { stream: 'e_refused' }));
      await rig.tick();
      for (const { query, to } of rig.source.queries) asked.set(query.eventType, to);
    } while (!quiet.every(isResting));
    const before = rig.source.queries.length;
    rig.source.bend = (answer, { query }) => {
      if (refused.includes(query.eventType ?? '')) throw forbidden;
      return answer;
    };
    const ended = await rig.tick().then(
      ({ outcome }) => outcome,
      ({ code }: PollerError) => code,
    );
    return { rig, ended, types: rig.source.queries.slice(before).map(({ query }) => query.eventType) };
  }

  test('but one that rests is told by asking that one', async () => {
    const { rig, ended, types } = await rigThatRefuses(['e_refused'], ['e_quiet']);
    expect([ended, types]).toEqual(['polled', ['e_refused', 'e_quiet']]);
    expect(rig.checkpoint('e_refused').quarantine).toBeDefined();
  });

  test('that was asked is told by the first of those that rest', async () => {
    const quiet = ['e_quiet', 'e_silent'];
    const { ended, types } = await rigThatRefuses(['e_refused', ...quiet], quiet);
    expect([ended, types]).toEqual(['hubspot-forbidden', ['e_refused', 'e_quiet']]);
  });

  test('that is over leaves no stream behind', async () => {
    const rig = createRig({ eventTypes: ['e_one', 'e_two'] });
    await rig.run();
    rig.source.bend = () => {
      throw forbidden;
    };
    await rig.tick().catch(() => undefined);
    rig.source.bend = (answer) => answer;
    await rig.tick();
    expect(rig.metrics.reports.at(-1)).toMatchObject({ lagSeconds: 0, streamsFailing: 0 });
  });
});

describe('a stream that comes back from quarantine', () => {
  test('counts in the lag as soon as one page of it is read', async () => {
    const rig = createRig({ eventTypes: ['e_back'], pageSize: 10 });
    rig.source.bend = () => {
      throw new PollerError('hubspot-type-refused', 'stored elsewhere');
    };
    await rig.run();
    rig.source.add(
      ...Array.from({ length: 100 }, (_, index) =>
        eventAt(NOON + index * SECOND, `${index}`, { stream: 'e_back' }),
      ),
    );
    let pages = 0;
    rig.source.bend = (answer) => {
      pages += 1;
      if (pages > 3) throw new PollerError('out-of-time', 'the time is up');
      return answer;
    };
    await rig.time.moveTo(NOON + HOUR);
    await rig.run();
    expect(rig.metrics.reports.at(-1)?.lagSeconds).toBeGreaterThan(3_000);
  });
});

describe('a reading of the past that fails', () => {
  const settings = { sweepEveryMinutes: 5, overlapSeconds: 5, sweepLookbackHours: 1 };

  test('counts in StreamsFailing with its reason, until one is read', async () => {
    const rig = createRig(settings);
    await rig.run();
    await rig.time.moveTo(NOON + 6 * MINUTE);
    rig.source.bend = (answer, { to }) => {
      if (to < NOON + 6 * MINUTE - SECOND) throw new PollerError('hubspot-unavailable', 'gateway');
      return answer;
    };
    await rig.run();
    const failed = rig.checkpoint().sweepError?.code;
    rig.source.bend = (answer) => answer;
    await rig.tick();
    expect(failed).toBe('hubspot-unavailable');
    expect(rig.metrics.reports.map(({ streamsFailing }) => streamsFailing)).toEqual([0, 1, 0]);
  });

  test('counts while there is no time for another one', async () => {
    const rig = createRig(settings);
    await rig.run();
    await rig.time.moveTo(NOON + 6 * MINUTE);
    const failSweeps = (error: PollerError) => {
      rig.source.bend = (answer, { from, to }) => {
        if (to < rig.time.now() - 4 * SECOND && from < NOON) throw error;
        return answer;
      };
    };
    failSweeps(new PollerError('hubspot-unavailable', 'gateway'));
    await rig.run();
    failSweeps(new PollerError('out-of-time', 'the time is up'));
    await rig.tick();
    expect(rig.checkpoint().watermark).toBe(NOON + 7 * MINUTE);
    expect(rig.metrics.reports.map(({ streamsFailing }) => streamsFailing)).toEqual([0, 1, 1]);
  });

  test('counts where its turn never comes, told once, until one is read', async () => {
    const rig = createRig({ ...settings, sweepEveryMinutes: 60 });
    const runAfter = async (minutes: number) => {
      await rig.time.moveTo(NOON + minutes * MINUTE);
      await rig.run();
    };
    await rig.run();
    rig.source.bend = (answer, { to }) => {
      if (to < rig.time.now() - 4 * SECOND) throw new PollerError('out-of-time', 'the time is up');
      return answer;
    };
    for (const minutes of [100, 170, 301, 302]) await runAfter(minutes);
    const [told, ...others] = rig.log.lines.filter(({ fields }) => fields?.['code'] === 'sweep-overdue');
    expect([rig.checkpoint().sweepError?.code, others]).toEqual(['sweep-overdue', []]);
    expect(told?.fields?.['reason']).toMatch(/has waited since 2026-.*maxRequestsPer10Seconds/);
    rig.source.bend = (answer) => answer;
    await runAfter(303);
    expect(rig.metrics.reports.map(({ streamsFailing }) => streamsFailing)).toEqual([0, 0, 0, 1, 1, 0]);
  });

  test('by a refusal does not set a stream aside whose next poll fails for another reason', async () => {
    const rig = createRig({ ...settings, pollSeconds: 10 });
    await rig.run();
    await rig.time.moveTo(NOON + 6 * MINUTE);
    let polls = 0;
    rig.source.bend = (answer, { to }) => {
      if (to < rig.time.now() - 4 * SECOND) throw new PollerError('hubspot-type-refused', 'too far back');
      polls += 1;
      if (polls > 1) throw new PollerError('hubspot-unavailable', 'gateway');
      return answer;
    };
    await rig.run();
    expect(rig.checkpoint()).toMatchObject({
      quarantine: undefined,
      lastError: { code: 'hubspot-unavailable' },
      sweepError: { code: 'hubspot-type-refused' },
    });
  });

  test('counts no more once nothing is swept', async () => {
    const rig = createRig(settings);
    await rig.run();
    await rig.time.moveTo(NOON + 6 * MINUTE);
    rig.source.bend = (answer, { to }) => {
      if (to < NOON + 6 * MINUTE - SECOND) throw new PollerError('hubspot-unavailable', 'gateway');
      return answer;
    };
    await rig.run();
    await rig.tick({ settings: { sweepEveryMinutes: 0 } });
    expect(rig.metrics.reports.map(({ streamsFailing }) => streamsFailing)).toEqual([0, 1, 0]);
  });

  test('counts where it is a backfill, too', async () => {
    const rig = createRig(settings);
    await rig.run();
    const [from, to] = [NOON - 3 * HOUR, NOON - 2 * HOUR];
    rig.state.backfills.set(`${PORTAL}/${STREAM}`, {
      stream: STREAM,
      id: 'asked',
      republish: false,
      startedAt: NOON,
      from,
      to,
      segments: [{ from, to, position: from }],
      eventsPublished: 0,
      requests: 0,
    });
    rig.source.bend = (answer, query) => {
      if (query.to <= to + SECOND) throw new PollerError('hubspot-unavailable', 'gateway');
      return answer;
    };
    await rig.tick();
    expect(rig.metrics.reports.at(-1)?.streamsFailing).toBe(1);
    expect(rig.state.backfills.get(`${PORTAL}/${STREAM}`)?.lastError?.code).toBe('hubspot-unavailable');
  });
});

describe('a ledger that cannot be written', () => {
  test('lets a new process publish one round of calls, and no more', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 3_000, 1));
    rig.gate.fail('appendLedger', new PollerError('ledger-unwritten', 'throttled'), { times: 1_000 });
    for (let run = 0; run < 3; run += 1) await rig.tick({ isCold: true }).catch(() => undefined);
    expect(rig.bus.accepted.length).toBeLessThanOrEqual(3 * 240);
  });

  test('lets the same process publish nothing before its rows are written', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 3_000, 1));
    rig.gate.fail('appendLedger', new PollerError('ledger-unwritten', 'throttled'), { times: 3 });
    for (let run = 0; run < 4; run += 1) await rig.tick().catch(() => undefined);
    const keys = rig.bus.accepted.map(keyOf);
    expect([new Set(keys).size, keys.length]).toEqual([3_000, 3_000]);
  });
});

describe('what a warm process knows of the ledger', () => {
  const reads = (rig: ReturnType<typeof createRig>) =>
    rig.gate.calls.filter((call) => call === 'readLedger').length;

  test('is not read again while nobody else has worked on the portal', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 50));
    await rig.run();
    const first = reads(rig);
    rig.source.add(eventAt(NOON + SECOND, 'new'));
    await rig.tick();
    expect([reads(rig) - first, rig.bus.accepted.length]).toEqual([0, 51]);
  });

  test('is read again after a run that could not write it', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 50));
    rig.gate.fail('appendLedger', new PollerError('ledger-unwritten', 'throttled'));
    await rig.run().catch(() => undefined);
    const first = reads(rig);
    await rig.tick();
    expect([reads(rig) > first, rig.bus.accepted.length]).toEqual([true, 50]);
  });

  test('is read again where one of the streams was written by somebody else', async () => {
    const rig = createRig({ eventTypes: ['e_one', 'e_two'] });
    for (const stream of ['e_one', 'e_two']) rig.source.add(eventAt(NOON, stream, { stream }));
    await rig.run();
    const first = reads(rig);
    const checkpoint = rig.checkpoint('e_two');
    rig.state.checkpoints.set(`${PORTAL}/e_two`, { ...checkpoint, revision: checkpoint.revision + 1 });
    await rig.tick();
    expect(reads(rig) - first).toBeGreaterThan(0);
  });

  test('is forgotten where another process held the lease meanwhile, though it saved nothing', async () => {
    const rig = createRig({ overlapSeconds: 300 });
    rig.source.add(eventAt(NOON, 'known'));
    await rig.run();
    rig.source.add(eventAt(NOON - SECOND, 'of another'));
    // Another process publishes, writes the ledger, and is killed before it saves.
    rig.gate.fail('saveCheckpoint', throttled, { times: 10 });
    rig.gate.fail('releaseLease', throttled);
    const warm = rig.keepProcess();
    await rig.tick({ isCold: true, owner: 'another' }).catch(() => undefined);
    rig.gate.fail('saveCheckpoint', throttled, { times: 0 });
    warm();
    await rig.time.moveTo(NOON + 10 * MINUTE);
    await rig.run({ settings: { overlapSeconds: 3_600 } });
    const keys = rig.bus.accepted.map(keyOf);
    expect([keys.length, new Set(keys).size]).toEqual([2, 2]);
  });
});
