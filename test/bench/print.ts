/** The benchmarks' findings as people read them. */
import { cpus } from 'node:os';
import Table from 'cli-table3';
import type { CaseReport } from './case.ts';

export interface NamedReport extends CaseReport {
  readonly name: string;
  /** When, and beside how much else. */
  readonly measured: string;
}

const MARKS = { met: '✓ met', explained: '✗ see below', shown: '' } as const;

/** The one table, the tables of single cases, and the notes. */
export function printReports(reports: readonly NamedReport[]): string {
  const table = new Table({
    head: ['case', 'figure', 'this poller', 'naive loop', 'lower bound', 'target', '', 'measured'],
    style: { head: [], border: [] },
  });
  for (const { name, measured, rows } of reports)
    for (const { what, poller, naive = '', bound = '', target, verdict } of rows)
      table.push([name, what, poller, naive, bound, target, MARKS[verdict], measured]);
  const further = reports
    .flatMap(({ tables = [] }) => tables)
    .map(({ title, head, rows }) => {
      const own = new Table({ head: [...head], style: { head: [], border: [] } });
      own.push(...rows.map((row) => [...row]));
      return `${title}\n${own}`;
    });
  const notes = reports.flatMap((report) => report.notes).map((note) => `- ${note}`);
  const main = reports.some(({ rows }) => rows.length > 0) ? [table.toString()] : [];
  return [...main, ...further, notes.join('\n'), describeMachine()]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What the timings were taken on. */
export function describeMachine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? 'unknown CPU'}, Node ${process.version}, ${process.platform} ${process.arch}`;
}
