/**
 * A second cause while the first still stands: who hears of it. CloudWatch sends when an alarm changes its state, and
 * the composite, red already, changes none.
 */
import { describe, expect, test } from 'vitest';
import {
  evaluateAlarms,
  messagesOf,
  metricKey,
  type Sample,
} from '../../infra/local/alarms/alarm-evaluator.ts';
import { templateOf } from '../infra/synthesized.ts';

const MINUTES = 180;

/** A value for each minute of the time line. */
function everyMinute(valueAt: (minute: number) => number | undefined): Sample[] {
  return Array.from({ length: MINUTES }, (_, minute) => ({ minute, value: valueAt(minute) })).flatMap(
    ({ minute, value }) => (value === undefined ? [] : [{ minute, value }]),
  );
}

describe('with few portals', () => {
  const template = templateOf({ portals: { main: {}, shop: {} } });
  const portal = (name: string) => [{ Name: 'portal', Value: name }];

  /** What is sent where each portal's lag grows between two minutes, and runs all the while. */
  function sent(late: Readonly<Record<'main' | 'shop', readonly [from: number, to: number]>>): string[] {
    const samples = new Map<string, Sample[]>();
    for (const [name, [from, to]] of Object.entries(late)) {
      const lagAt = (minute: number) => (minute >= from && minute < to ? 9_000 : 1);
      samples.set(metricKey('HubSpotEvents', 'LagSeconds', portal(name)), everyMinute(lagAt));
      samples.set(
        metricKey('HubSpotEvents', 'RunSeconds', portal(name)),
        everyMinute(() => 1),
      );
    }
    const messages = messagesOf(template.toJSON(), evaluateAlarms(template.toJSON(), samples, MINUTES));
    // The alarms are there before the first runs, and ring until there were three.
    return messages.flatMap(({ minute, alarm, state }) =>
      minute < 5 ? [] : [`${minute} ${alarm} ${state}`],
    );
  }

  test('the second portal that is late tells, though the composite is red for the first', () => {
    expect(sent({ main: [20, 100], shop: [60, 120] })).toEqual([
      '22 HubSpotEvents-lag-main ALARM',
      '22 HubSpotEvents ALARM',
      '62 HubSpotEvents-lag-shop ALARM',
      '122 HubSpotEvents OK',
    ]);
  });

  test('a poller that is dead sends one message a portal and one in all, not two a portal', () => {
    const samples = new Map<string, Sample[]>();
    for (const name of ['main', 'shop'])
      for (const metric of ['LagSeconds', 'RunSeconds'])
        samples.set(
          metricKey('HubSpotEvents', metric, portal(name)),
          everyMinute((minute) => (minute < 60 ? 1 : undefined)),
        );
    const messages = messagesOf(template.toJSON(), evaluateAlarms(template.toJSON(), samples, MINUTES));
    expect(messages.filter(({ minute }) => minute >= 60).map(({ alarm }) => alarm)).toEqual([
      'HubSpotEvents-lag-main',
      'HubSpotEvents-lag-shop',
      'HubSpotEvents',
    ]);
  });

  test('the alarm that says nothing by itself never rings without the one that speaks for it', () => {
    // Every pattern of ten ticks, with a run or without one; a run of a table that is denied tells no lag.
    for (let pattern = 0; pattern < 1024; pattern += 37) {
      const isRun = (minute: number) => ((pattern >> (minute % 10)) & 1) === 1;
      const samples = new Map([
        [
          metricKey('HubSpotEvents', 'LagSeconds', portal('main')),
          everyMinute((at) => (isRun(at) ? 1 : undefined)),
        ],
        [
          metricKey('HubSpotEvents', 'RunSeconds', portal('main')),
          everyMinute((at) => (isRun(at) ? 1 : undefined)),
        ],
      ]);
      const states = evaluateAlarms(template.toJSON(), samples, 60);
      const silent = states.get('HubSpotEvents-not-running-main') ?? [];
      const speaking = states.get('HubSpotEvents-lag-main') ?? [];
      expect(silent.filter((state, minute) => state === 'ALARM' && speaking[minute] !== 'ALARM')).toEqual([]);
    }
  });
});
