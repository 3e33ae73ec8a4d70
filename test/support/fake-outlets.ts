import { Distribution } from '../../functions/poller/core/distribution.ts';
import type { DeadLetter } from '../../functions/poller/core/event/dead-letter.ts';
import type { RunReport } from '../../functions/poller/core/tally.ts';
import type { DeadLetterQueue, Log, LogFields, Metrics } from '../../functions/poller/ports.ts';
import type { Gate } from './gate.ts';

export interface FakeDeadLetters extends DeadLetterQueue {
  readonly letters: readonly DeadLetter[];
}

export function createFakeDeadLetters(gate: Gate): FakeDeadLetters {
  const letters: DeadLetter[] = [];
  return {
    letters,
    send: (letter) => gate('sendLetters', () => void letters.push(letter)),
  };
}

export interface FakeMetrics extends Metrics {
  readonly reports: readonly RunReport[];
}

export function createFakeMetrics(): FakeMetrics {
  const reports: RunReport[] = [];
  return { reports, emit: (report) => reports.push(snapshotOf(report)) };
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

export interface FakeLog extends Log {
  readonly lines: readonly LogLine[];
}

export function createFakeLog(): FakeLog {
  const lines: LogLine[] = [];
  const write =
    (level: LogLine['level']) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return { lines, info: write('info'), warn: write('warn'), error: write('error') };
}

/** The report as it is now: what is counted after it is not in it. */
export function snapshotOf({ tally, ...report }: RunReport): RunReport {
  const { eventAgesSeconds, sweptLatenessSeconds, ...counts } = tally;
  return {
    ...report,
    tally: {
      ...structuredClone(counts),
      eventAgesSeconds: new Distribution(eventAgesSeconds.numbers),
      sweptLatenessSeconds: new Distribution(sweptLatenessSeconds.numbers),
    },
  };
}
