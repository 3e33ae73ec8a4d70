import { describe, expect, test } from 'vitest';
import { PollerError } from '../../functions/poller/errors.ts';
import { eventAt, eventsUpTo } from '../support/events.ts';
import { keyOf, passOf } from '../support/fake-bus.ts';
import { createRig, HOUR, MINUTE, NOON, type Rig, SECOND, STREAM } from '../support/rig.ts';

const failures = {
  malformed: new PollerError('hubspot-malformed-answer', 'no JSON'),
  unauthorized: new PollerError('hubspot-unauthorized', 'bad token'),
  refused: new PollerError('hubspot-type-refused', 'stored elsewhere'),
  forbidden: new PollerError('hubspot-forbidden', 'no scope'),
};

/** A rig whose HubSpot fails the pages of some streams. */
function rigThatFails(streams: readonly string[], failing: readonly string[], error: PollerError): Rig {
  const rig = createRig({ eventTypes: [...streams] });
  rig.source.bend = (answer, { query }) => {
    if (failing.includes(query.eventType ?? '')) throw error;
    return answer;
  };
  return rig;
}

test('tells where in the program a failure came from that nobody expected', async () => {
  const rig = createRig();
  rig.source.bend = () => {
    throw new TypeError('no such thing');
  };
  await rig.run();
  const [told] = rig.log.lines.filter(({ fields }) => fields?.['code'] === 'unexpected');
  expect(told?.fields?.['reason']).toBe('Polling failed unexpectedly: TypeError: no such thing');
  expect(told?.fields?.['stack']).toMatch(/run-portal\.test\.ts:\d+/);
});

test('has no more pages under way at once than it may, however many streams are due', async () => {
  const eventTypes = Array.from({ length: 40 }, (_, index) => `e_${index}`);
  // With the second poll it is known how small their pages are: memory is for more of them then.
  const rig = createRig({ eventTypes, pollSeconds: 30, sweepEveryMinutes: 0 });
  for (const stream of eventTypes) rig.source.add(eventAt(NOON - SECOND, stream, { stream }));
  const { readPage } = rig.source;
  let [underWay, most] = [0, 0];
  Object.assign(rig.source, {
    readPage: async (...asked: Parameters<typeof readPage>) => {
      underWay += 1;
      most = Math.max(most, underWay);
      if (rig.source.queries.length >= eventTypes.length) await rig.time.sleep(SECOND);
      return readPage(...asked).finally(() => {
        underWay -= 1;
      });
    },
  });
  await rig.run();
  expect([rig.source.queries.length, most]).toEqual([80, 12]);
});

describe('a failure of one stream', () => {
  test('leaves the progress of the others alone', async () => {
    const rig = rigThatFails(['e_bad', STREAM], ['e_bad'], failures.malformed);
    rig.source.add(...eventsUpTo(NOON, 3));
    await rig.run();
    expect(rig.checkpoint().watermark).toBe(NOON);
  });

  test('keeps the watermark of the stream that failed', async () => {
    const rig = rigThatFails(['e_bad', STREAM], ['e_bad'], failures.malformed);
    await rig.run();
    expect(rig.checkpoint('e_bad').watermark).toBe(NOON - HOUR);
  });

  test('counts in StreamsFailing and in the lag', async () => {
    const rig = rigThatFails(['e_bad', STREAM], ['e_bad'], failures.malformed);
    await rig.run();
    expect(rig.metrics.reports).toMatchObject([{ streamsFailing: 1, lagSeconds: 3_600 }]);
  });

  test('is forgotten when the stream is read again', async () => {
    const rig = rigThatFails(['e_bad'], ['e_bad'], failures.malformed);
    await rig.run();
    rig.source.bend = (answer) => answer;
    await rig.tick();
    expect(rig.checkpoint('e_bad').lastError).toBeUndefined();
  });
});

describe('a failure of the account', () => {
  test('fails the run', async () => {
    const rig = rigThatFails([STREAM], [STREAM], failures.unauthorized);
    await expect(rig.run()).rejects.toMatchObject({ code: 'hubspot-unauthorized' });
  });

  test('leaves every checkpoint as it was', async () => {
    const rig = rigThatFails([STREAM], [], failures.unauthorized);
    await rig.run();
    const before = rig.checkpoint();
    rig.source.bend = () => {
      throw failures.unauthorized;
    };
    await rig.tick().catch(() => undefined);
    expect(rig.checkpoint()).toEqual(before);
  });
});

describe('a stream that HubSpot refuses', () => {
  test('is asked again within the hour, and set aside for a day once it was refused again', async () => {
    const rig = rigThatFails(['e_refused', STREAM], ['e_refused'], failures.refused);
    const asked = () => rig.source.queries.filter(({ query }) => query.eventType === 'e_refused').length;
    await rig.run();
    await rig.tick();
    const first = asked();
    await rig.time.moveTo(NOON + HOUR);
    await rig.run();
    await rig.time.moveTo(NOON + 24 * HOUR);
    await rig.run();
    expect([first, asked(), rig.checkpoint('e_refused').quarantine?.retryAt]).toEqual([
      1,
      2,
      NOON + 25 * HOUR,
    ]);
  });

  test('does not count in the lag', async () => {
    const rig = rigThatFails(['e_refused', STREAM], ['e_refused'], failures.refused);
    await rig.run();
    expect(rig.metrics.reports[0]?.lagSeconds).toBe(0);
  });

  test('goes on from its watermark when HubSpot lets it be read again', async () => {
    const rig = rigThatFails(['e_refused', STREAM], ['e_refused'], failures.refused);
    await rig.run();
    rig.source.add(eventAt(NOON + HOUR, 'meanwhile', { stream: 'e_refused' }));
    rig.source.bend = (answer) => answer;
    await rig.time.moveTo(NOON + 25 * HOUR);
    await rig.run();
    expect(rig.bus.accepted.map(keyOf)).toEqual(['main/e_refused/meanwhile']);
  });

  test('is not set aside where it was read since, while another stream kept the run busy', async () => {
    const rig = createRig({ eventTypes: ['e_stray', 'e_slow'], pollSeconds: 10 });
    const { readPage } = rig.source;
    let asked = 0;
    Object.assign(rig.source, {
      readPage: async (...call: Parameters<typeof readPage>) => {
        const [{ query }] = call;
        if (query.eventType === 'e_slow') await rig.time.sleep(25 * SECOND);
        else if (++asked === 1) throw failures.forbidden;
        return readPage(...call);
      },
    });
    await rig.run();
    expect(asked).toBeGreaterThan(2);
    const { quarantine, lastError } = rig.checkpoint('e_stray');
    expect([quarantine, lastError]).toEqual([undefined, undefined]);
  });

  test('is set aside where the credentials do not reach it alone', async () => {
    const rig = rigThatFails(['e_forbidden', STREAM], ['e_forbidden'], failures.forbidden);
    await rig.run();
    expect(rig.checkpoint('e_forbidden').quarantine?.retryAt).toBe(NOON + HOUR / 2);
  });

  test('fails the run where the credentials reach none', async () => {
    const rig = rigThatFails(['e_one', 'e_two'], ['e_one', 'e_two'], failures.forbidden);
    await expect(rig.run()).rejects.toMatchObject({ code: 'hubspot-forbidden' });
  });

  test('is not taken for its own witness where it is the only one', async () => {
    const rig = createRig();
    await rig.run();
    rig.gate.fail('readPage', failures.forbidden);
    await expect(rig.run()).rejects.toMatchObject({ code: 'hubspot-forbidden' });
    expect(rig.checkpoint().quarantine).toBeUndefined();
  });

  test('is set aside where another one that rested can be read', async () => {
    const rig = rigThatFails(['e_fine', 'e_forbidden'], [], failures.forbidden);
    await rig.run();
    await rig.time.moveTo(NOON + 2 * HOUR);
    rig.source.add(eventAt(NOON + 2 * HOUR, 'new', { stream: 'e_forbidden' }));
    await rig.run();
    rig.source.bend = (answer, { query }) => {
      if (query.eventType === 'e_forbidden') throw failures.forbidden;
      return answer;
    };
    await rig.time.moveTo(NOON + 2 * HOUR + MINUTE);
    await rig.run();
    expect(rig.checkpoint('e_forbidden').quarantine).toBeDefined();
  });
});

describe('sweeps', () => {
  const settings = { sweepEveryMinutes: 5, overlapSeconds: 5, sweepLookbackHours: 1 };

  test('publish what came late, as of a sweep', async () => {
    const rig = createRig(settings);
    rig.source.add(eventAt(NOON - 30 * MINUTE, 'late', { visibleAt: NOON + MINUTE }));
    await rig.run();
    await rig.time.moveTo(NOON + 6 * MINUTE);
    await rig.run();
    expect(rig.bus.accepted.map(passOf)).toEqual(['sweep']);
  });

  test('publish nothing that live passes have published', async () => {
    const rig = createRig(settings);
    rig.source.add(...eventsUpTo(NOON - 30 * MINUTE, 20));
    await rig.run();
    await rig.time.moveTo(NOON + 6 * MINUTE);
    await rig.run();
    expect(rig.bus.accepted).toHaveLength(20);
  });

  test('go on without a cursor that failed them', async () => {
    const rig = createRig({ ...settings, pageSize: 1 });
    rig.source.add(...eventsUpTo(NOON - 30 * MINUTE, 30, SECOND));
    await rig.run();
    await rig.time.moveTo(NOON + 6 * MINUTE);
    rig.source.bend = (answer, { cursor }) => {
      if (rig.source.queries.length > 60 && cursor !== undefined)
        throw new PollerError('hubspot-paging', 'this cursor leads nowhere');
      return answer;
    };
    await rig.run();
    const swept = rig.checkpoint().sweep;
    expect(swept?.segments.map(({ cursor }) => cursor)).toEqual([undefined]);
  });

  test('come first where the last one is longest ago, so that none is left out for ever', async () => {
    const streams = ['e_one', 'e_two', 'e_three'];
    const rig = createRig({ ...settings, eventTypes: streams, sweepEveryMinutes: 1 });
    for (let run = 0; run < 6; run += 1) {
      await rig.time.moveTo(NOON + run * 2 * MINUTE);
      let swept: string | undefined;
      // A run has the time for one sweep.
      rig.source.bend = (answer, { query, to }) => {
        if (to > NOON + run * 2 * MINUTE - SECOND) return answer;
        swept ??= query.eventType;
        if (query.eventType !== swept) throw new PollerError('out-of-time', 'the time is up');
        return answer;
      };
      await rig.run();
    }
    expect(streams.filter((stream) => rig.checkpoint(stream).sweptAt <= NOON)).toEqual([]);
  });
});
