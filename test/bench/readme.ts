/**
 * The benchmarks' findings in README.md, between markers:
 *
 *   <!-- bench:measured -->      a row for each figure, its case's name in the first column
 *   <!-- bench:cost-month -->    a table of one case
 *   <!-- /bench -->              the end of either
 *
 * One case written alone replaces its own rows, and leaves the others as they were measured.
 */
import type { CaseReport, Row, Table } from './case.ts';

/** A case that ran, and when. */
export interface Finding {
  readonly name: string;
  readonly report: CaseReport;
  /** Of that day, and of what the machine did besides where the case is timed. */
  readonly measured: string;
}

const MEASURED = 'measured';
const HEAD = ['case', 'figure', 'this poller', 'loop', 'lower bound', 'target', 'measured'];
const END = '<!-- /bench -->';

/** The text with the findings in it; `order` are all cases in the order of their rows. @throws where a marker is not closed */
export function writeFindings(
  readme: string,
  findings: readonly Finding[],
  order: readonly string[],
): string {
  const written = replaceBetween(readme, MEASURED, (before) => writeMeasured(before, findings, order));
  return findings
    .flatMap(({ report }) => report.tables ?? [])
    .reduce((text, table) => replaceBetween(text, table.name, () => writeTable(table)), written);
}

/** The lines between the marker of this name and its end, replaced; the text as it was where there is no such marker. */
function replaceBetween(text: string, name: string, replace: (before: string) => string): string {
  const start = `<!-- bench:${name} -->`;
  const from = text.indexOf(start);
  if (from < 0) return text;
  const inside = from + start.length;
  const to = text.indexOf(END, inside);
  if (to < 0) throw new Error(`Writing benchmarks: ${start} must be closed by ${END}, found none`);
  return `${text.slice(0, inside)}\n${replace(text.slice(inside, to))}\n${text.slice(to)}`;
}

function writeMeasured(before: string, findings: readonly Finding[], order: readonly string[]): string {
  const fresh = new Map(
    findings.map(({ name, report, measured }) => [
      name,
      report.rows.map((row) => writeRow(cellsOf(name, row, measured))),
    ]),
  );
  const kept = Map.groupBy(rowsIn(before), caseOf);
  const rows = order.flatMap((name) => fresh.get(name) ?? kept.get(name) ?? []);
  return [writeRow(HEAD), rule(HEAD.length), ...rows].join('\n');
}

function cellsOf(name: string, row: Row, measured: string): string[] {
  const { what, poller, naive = '', bound = '', target, verdict } = row;
  const missed = verdict === 'explained' ? '**missed**: ' : '';
  return [name, what, poller, naive, bound, missed + target, measured];
}

function writeTable({ head, rows }: Table): string {
  return [writeRow(head), rule(head.length), ...rows.map(writeRow)].join('\n');
}

function writeRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').trim()).join(' | ')} |`;
}

function rule(columns: number): string {
  return `|${'---|'.repeat(columns)}`;
}

/** The rows of a table, without its head. */
function rowsIn(markdown: string): string[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
}

function caseOf(row: string): string {
  return row.split('|')[1]?.trim() ?? '';
}
