import { describe, expect, test } from 'vitest';
import type { InvocationResult } from '../../infra/local/lambda/execution-environment.ts';
import type { Outcome } from '../../infra/local/lambda/runtime-api.ts';
import { reportRun } from '../../infra/local/run-report.ts';
import { describeRun } from '../../infra/local/view/plain-view.ts';

const ENDED_AT = new Date('2026-11-23T12:00:10Z');

function metrics(values: Readonly<Record<string, number | readonly number[]>>): string {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'Count' }));
  const CloudWatchMetrics = [{ Namespace: 'HubSpotEvents', Dimensions: [['portal']], Metrics }];
  return JSON.stringify({ _aws: { Timestamp: 0, CloudWatchMetrics }, portal: 'main', ...values });
}

function log(level: string, fields: Readonly<Record<string, string>>): string {
  return JSON.stringify({ level, message: 'Something', ...fields });
}

const OUTCOME = { ok: true, payload: JSON.stringify({ portal: 'main', outcome: 'polled' }) } as const;

function result(logs: readonly string[], outcome: Outcome = OUTCOME): InvocationResult {
  return { requestId: 'r', durationMs: 1_234, ...outcome, logs };
}

const describeLines = (invocation: InvocationResult) => describeRun(reportRun('main', invocation, ENDED_AT));

describe('a run in plain lines', () => {
  test('is one line with the lag and the events published, from the metrics', () => {
    const lines = describeLines(
      result([
        'START',
        metrics({
          LagSeconds: 3.2,
          EventsPublished: 42,
          EventsRead: 50,
          DuplicatesSuppressed: 8,
          StreamsFailing: 1,
        }),
        metrics({ EventAgeSeconds: [1, 2] }),
        log('INFO', { message: 'Run' }),
      ]),
    );
    expect(lines).toEqual([
      '12:00:10 portal=main lag=3.2s published=42 read=50 duplicates=8 deadLettered=0 failing=1 requests=0 took=1.2s',
    ]);
  });

  test('is the same where the figures are in a log line, and no metrics', () => {
    const figures = { message: 'Figures', LagSeconds: 3.2, EventsPublished: 42, EventAgeSeconds: { p50: 1 } };
    const [line] = describeLines(result([JSON.stringify({ level: 'INFO', ...figures }), log('INFO', {})]));
    expect(line).toContain('lag=3.2s published=42');
  });

  test('has a line more for each stream that failed', () => {
    const lines = describeLines(
      result([
        metrics({ LagSeconds: 400 }),
        log('ERROR', { message: 'A stream failed', stream: 'e_visited_page', reason: 'HubSpot: 400\nmore' }),
      ]),
    );
    expect(lines[0]).toContain('lag=6m 40s');
    expect(lines[1]).toBe('12:00:10 portal=main problem: A stream failed (e_visited_page): HubSpot: 400');
  });

  test('says why the run failed, once, with the lag where it is known', () => {
    const failure = {
      ok: false,
      errorType: 'PollerError',
      errorMessage: 'The token is refused.\n  at x',
    } as const;
    const reason = log('ERROR', { message: 'The run failed', reason: 'The token is refused.' });
    expect(describeLines(result([metrics({ LagSeconds: 7_320 }), reason], failure))).toEqual([
      '12:00:10 portal=main lag=2h 2m failed: The token is refused.',
    ]);
    expect(describeLines(result([], failure))[0]).toContain('lag=unknown failed:');
  });

  test('says that a run was skipped because another holds the lease', () => {
    const payload = JSON.stringify({ outcome: 'skipped' });
    expect(describeLines(result([metrics({ LagSeconds: 70 })], { ok: true, payload }))).toEqual([
      '12:00:10 portal=main lag=1m 10s skipped: another run holds the lease',
    ]);
  });

  test('takes no other namespace for its own', () => {
    const other = metrics({ LagSeconds: 1 }).replace('HubSpotEvents', 'Others');
    expect(describeLines(result([other]))[0]).toContain('lag=unknown');
  });
});
