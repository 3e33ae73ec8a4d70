import { describe, expect, test } from 'vitest';
import { PollerError } from '../../functions/poller/errors.ts';
import { eventAt, eventsUpTo, poisonAt } from '../support/events.ts';
import { createRig, NOON, SECOND, STREAM } from '../support/rig.ts';

const DAY = 86_400_000;

describe('a page that is published', () => {
  test('counts what was read, published, known already and dead-lettered', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON - SECOND, 500), poisonAt(NOON, { not: 'an event' }));
    const first = await rig.run();
    rig.source.add(eventAt(NOON + SECOND, 'new'));
    const second = await rig.tick();
    expect(first).toMatchObject({
      eventsRead: 501,
      eventsPublished: 500,
      duplicatesSuppressed: 0,
      eventsDeadLettered: 1,
    });
    expect(second).toMatchObject({
      eventsRead: 502,
      eventsPublished: 1,
      duplicatesSuppressed: 501,
      eventsDeadLettered: 0,
    });
  });

  test('is told of in the run’s line, by type and with how late it came', async () => {
    const rig = createRig();
    rig.source.add(...eventsUpTo(NOON, 3));
    await rig.run();
    expect(rig.log.lines.findLast(({ message }) => message === 'Run')?.fields).toMatchObject({
      furthestBehind: [{ stream: STREAM, lagSeconds: 0 }],
      publishedByType: [{ eventType: STREAM, events: 3 }],
      lateness: undefined,
    });
  });

  test('is remembered for thirty days beyond what a sweep looks back', async () => {
    const rig = createRig({ sweepLookbackHours: 48 });
    rig.source.add(eventAt(NOON, 'event'));
    await rig.run();
    const expiries = [...rig.ledgerRows.values()].flat().map(({ expiresAt }) => expiresAt);
    expect(expiries).toEqual([NOON + 32 * DAY]);
  });

  test('fails its stream where the dead-letter queue does, though the rest is taken', async () => {
    const rig = createRig();
    rig.source.add(eventAt(NOON - SECOND, 'event'), poisonAt(NOON, { not: 'an event' }));
    rig.gate.fail('sendLetters', new PollerError('dead-letters-unavailable', 'not now'));
    expect(await rig.run()).toMatchObject({ eventsPublished: 1, eventsDeadLettered: 0, streamsFailing: 1 });
    expect(rig.checkpoint().lastError?.code).toBe('dead-letters-unavailable');
  });
});
