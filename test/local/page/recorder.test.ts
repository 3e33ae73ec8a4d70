import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../infra/local/lambda/runtime-api.ts';
import { createRecorder, KEPT_MS } from '../../../infra/local/page/observer/recorder.ts';

const ENDED_AT = Date.UTC(2026, 10, 25, 12);
const METRICS = [
  { Namespace: 'HubSpotEvents', Dimensions: [['portal']], Metrics: [{ Name: 'StreamsFailing' }] },
];

function outcomeOf(outcome: Outcome, failing = 0) {
  const line = JSON.stringify({
    _aws: { Timestamp: 0, CloudWatchMetrics: METRICS },
    portal: 'main',
    StreamsFailing: failing,
    EventsPublished: 7,
  });
  const result = { requestId: 'r', durationMs: 1_234, ...outcome, logs: [line] };
  return createRecorder().noteRun('main', result, ENDED_AT - 1_234, ENDED_AT).outcome;
}

const ended = (outcome: string) => ({ ok: true, payload: JSON.stringify({ outcome }) }) as const;
const died = (errorType: string) => ({ ok: false, errorType, errorMessage: 'It ended' }) as const;

describe('a run is', () => {
  test.each([
    ['polled', ended('polled'), 0],
    ['partly', ended('polled'), 2],
    ['skipped', ended('skipped'), 0],
    ['failed', died('PollerError'), 0],
    ['killed', died('Runtime.ExitError'), 0],
    ['killed', died('Sandbox.Timedout'), 0],
  ])('%s', (expected, outcome, failing) => {
    expect(outcomeOf(outcome, failing)).toBe(expected);
  });
});

test('a lag line has a point before each run and one after it, a quarter of an hour long', () => {
  const recorder = createRecorder();
  const note = (at: number, lagMs: number) =>
    recorder.noteStreams(
      'main',
      [
        {
          stream: 'e_a',
          watermark: new Date(at - lagMs),
          lastEventAt: undefined,
          problem: undefined,
          isSetAside: false,
        },
      ],
      at,
    );
  note(ENDED_AT, 1_000);
  const [line] = note(ENDED_AT + 10_000, 2_000);
  expect(line?.points).toEqual([
    [ENDED_AT + 9_999, 11],
    [ENDED_AT + 10_000, 2],
  ]);
  note(ENDED_AT + 5_000 + KEPT_MS, 1_000);
  expect(recorder.lag()[0]?.points).toHaveLength(4);
});
