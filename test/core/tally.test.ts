import { describe, expect, test } from 'vitest';
import { countPublished, describeLateness, startTally } from '../../functions/poller/core/tally.ts';
import { pageOf } from './reading/steps.ts';

describe('countPublished', () => {
  test('counts every event, by its type, and how old it is in seconds', () => {
    const tally = startTally();
    const [event] = pageOf(1_000);
    countPublished(tally, pageOf(1_000, 4_000), 'live', 0, 9_000);
    countPublished(tally, pageOf(9_000), 'live', 0, 9_500);
    expect(tally.eventsPublished).toBe(3);
    expect(tally.eventAgesSeconds.numbers).toEqual([8, 5, 0.5]);
    expect([...tally.publishedByType]).toEqual([[event?.kind === 'event' ? event.eventType : '', 3]]);
  });

  test('takes an event of a clock ahead for a new one', () => {
    const tally = startTally();
    countPublished(tally, pageOf(10_000), 'live', 0, 9_000);
    expect(tally.eventAgesSeconds.numbers).toEqual([0]);
  });

  test('counts as late what occurred before the instant, and how late of a sweep alone', () => {
    const [live, sweep] = [startTally(), startTally()];
    countPublished(live, pageOf(1_999, 2_000), 'live', 2_000, 3_000);
    countPublished(sweep, pageOf(1_000, 2_000), 'sweep', 2_000, 3_000);
    expect([live.lateEvents, live.sweptLatenessSeconds.numbers]).toEqual([1, []]);
    expect([sweep.lateEvents, sweep.sweptLatenessSeconds.numbers]).toEqual([1, [2]]);
  });
});

describe('describeLateness', () => {
  test('says how late what sweeps found was, and nothing where they found none', () => {
    const tally = startTally();
    expect(describeLateness(tally)).toBeUndefined();
    for (const seconds of Array(10).keys()) tally.sweptLatenessSeconds.add(seconds);
    expect(describeLateness(tally)).toEqual({ events: 10, p50Seconds: 5, p90Seconds: 9, maxSeconds: 9 });
  });
});
