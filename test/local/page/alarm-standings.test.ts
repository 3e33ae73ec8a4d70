import { describe, expect, test } from 'vitest';
import type { InvocationResult } from '../../../infra/local/lambda/execution-environment.ts';
import { createAlarmStandings } from '../../../infra/local/page/observer/alarm-standings.ts';
import { readArticle } from '../../../infra/local/page/server/runbook.ts';
import { templateOf } from '../../infra/synthesized.ts';

const template = templateOf({ portals: { main: {} } }).toJSON();
const MINUTE_MS = 60_000;
const STARTED_AT = Date.UTC(2026, 10, 25);
const KILLED: InvocationResult = {
  requestId: 'r-1',
  ok: false,
  errorType: 'Runtime.ExitError',
  errorMessage: 'The process ended',
  durationMs: 400,
  logs: [],
};

/** After so many minutes, with a run that failed in each. */
function standAfter(minutes: number, letters = 0) {
  const standings = createAlarmStandings(template, STARTED_AT);
  for (let minute = 0; minute < minutes; minute += 1)
    standings.noteRun(KILLED, STARTED_AT + (minute + 0.5) * MINUTE_MS);
  const alarms = standings.read(STARTED_AT + minutes * MINUTE_MS, letters);
  return new Map(alarms.map((alarm) => [alarm.name, alarm]));
}

test('every alarm of the template stands there, with an article that the runbook has', async () => {
  const alarms = [...standAfter(0).values()];
  expect(alarms.map(({ name }) => name)).toContain('HubSpotEvents');
  for (const { name, article, description } of alarms) {
    expect(await readArticle(article), name).toBeTypeOf('string');
    expect(description).not.toContain('Runbook');
  }
  expect(createAlarmStandings(template, STARTED_AT).leftOut).toEqual([]);
});

describe('the alarm of all alarms', () => {
  test('starts with those that take silence for a failure', () => {
    expect(standAfter(0).get('HubSpotEvents')).toMatchObject({
      state: 'starting',
      standing: '0 of its 9 alarms ring, rings with the first',
    });
  });

  test('rings with the first', () => {
    expect(standAfter(1, 2).get('dead-letters')?.state).toBe('ringing');
    expect(standAfter(1, 2).get('HubSpotEvents')).toMatchObject({
      state: 'ringing',
      standing: '1 of its 9 alarms ring, rings with the first',
    });
  });
});

test('an alarm of metric math is left out, and so is one over it; both are named', () => {
  const { leftOut } = createAlarmStandings(
    {
      Resources: {
        Math: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: { AlarmName: 'HubSpotEvents-ratio', Metrics: [{ Expression: 'a / b' }] },
        },
        Over: {
          Type: 'AWS::CloudWatch::CompositeAlarm',
          Properties: { AlarmName: 'HubSpotEvents', AlarmRule: 'ALARM("HubSpotEvents-ratio")' },
        },
      },
    },
    STARTED_AT,
  );
  expect(leftOut).toEqual(['ratio', 'HubSpotEvents']);
});
