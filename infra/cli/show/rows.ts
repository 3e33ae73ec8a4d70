/** Rows of one kind, shown in three ways from one description: a table, tab-separated lines, JSON. */
import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { Io } from '../io.ts';

export type Value = string | number | boolean | null;

export interface Column<Row> {
  /** The key in JSON, and the head of the tab-separated lines. */
  readonly key: string;
  readonly value: (row: Row) => Value;
  /** In a table; the key where not given. */
  readonly head?: string;
  /** In a table; the value where not given. */
  readonly cell?: (row: Row) => string;
  /** In a table only where the terminal has so many columns; never where it is Infinity. */
  readonly from?: number;
  /** What becomes of a cell that the terminal has no room for: its lines are broken, or its end is cut off. */
  readonly narrow?: 'wrap' | 'cut';
}

/** The way that rows are shown: as asked for with `--json`, or by what standard output is. */
export type Form = 'json' | 'table' | 'lines';

export function formOf(io: Io, json: boolean): Form {
  if (json) return 'json';
  return io.columns() === undefined ? 'lines' : 'table';
}

/** The rows as one text: of no rows an empty table, the line that names the columns, or an empty list. */
export function renderRows<Row>(
  form: Form,
  width: number,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  if (form === 'json')
    return JSON.stringify(
      rows.map((row) => toJson(columns, row)),
      undefined,
      2,
    );
  if (form === 'lines') return renderLines(columns, rows);
  return rows.length === 0 ? '' : renderTable(width, columns, rows);
}

/** The row as JSON has it. */
export function toJson<Row>(columns: readonly Column<Row>[], row: Row): Readonly<Record<string, Value>> {
  return Object.fromEntries(columns.map(({ key, value }) => [key, value(row)]));
}

/** The first line names the columns. */
function renderLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const head = columns.map(({ key }) => key).join('\t');
  return [head, ...rows.map((row) => toLine(columns, row))].join('\n');
}

/** One row as a tab-separated line. */
export function toLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  return columns.map(({ value }) => String(value(row) ?? '').replace(/[\t\r\n]+/g, ' ')).join('\t');
}

const GAP = '  ';
/** What a narrowed column keeps. */
const LEAST_WIDTH = 12;

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
};

function renderTable<Row>(width: number, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(({ from = 0 }) => width >= from);
  const heads = shown.map(({ key, head = key }) => head);
  const cells = rows.map((row) => shown.map(({ value, cell }) => cell?.(row) ?? String(value(row) ?? '')));
  const natural = heads.map((head, index) =>
    Math.max(stringWidth(head), ...cells.map((line) => stringWidth(line[index] ?? ''))),
  );
  const table = new Table({
    head: heads,
    chars: PLAIN,
    colWidths: narrowTo(
      natural,
      shown.map(({ narrow }) => narrow !== undefined),
      width,
    ),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const line of cells) {
    table.push(
      line.map((content, index) => ({
        content,
        wordWrap: shown[index]?.narrow === 'wrap',
        wrapOnWordBoundary: true,
      })),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The widest of the columns that may be narrowed gives way, until all fit. */
function narrowTo(natural: readonly number[], mayNarrow: readonly boolean[], width: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1);
  while (total() > width) {
    const widest = widths.reduce(
      (best, each, index) =>
        mayNarrow[index] === true && each > LEAST_WIDTH && each > (widths[best] ?? 0) ? index : best,
      -1,
    );
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
