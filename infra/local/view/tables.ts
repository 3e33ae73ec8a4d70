/** The live view's tables as lines, none longer than the columns that there are. */
import Table from 'cli-table3';
import wrapAnsi from 'wrap-ansi';
import type { RunReport } from '../run-report.ts';
import { type PortalScreen, portalLag, problemsOf, type Screen, sortPortals, sortStreams } from './screen.ts';
import { formatCount, formatSeconds, type ShownEvent, timeOfDay } from './view.ts';

/** A row of a table with the lines that belong under it. */
export interface Block {
  readonly lines: readonly string[];
}

interface Column {
  readonly head: string;
  /** The widest it becomes; it takes what its cells need. */
  readonly most?: number;
  readonly align?: 'left' | 'right';
}

const GAP = 2;

/** The text's lines, broken between words; a continued line stands under the text. */
export function wrapText(text: string, columns: number, indent = ''): string[] {
  const lines = wrapAnsi(text, Math.max(10, columns - indent.length), { hard: true }).split('\n');
  return lines.map((line) => indent + line);
}

/** Each portal's streams, those that fail first, each failure whole under its stream. */
export function drawStreams({ streams, countByType }: PortalScreen, now: Date, columns: number): Block[] {
  const sorted = sortStreams(streams, now);
  const rows = sorted.map(({ stream, watermark, lastEventAt, problem }) => [
    stream,
    timeOfDay(watermark),
    formatSeconds((now.getTime() - watermark.getTime()) / 1000),
    lastEventAt === undefined ? '' : timeOfDay(lastEventAt),
    formatCount(countByType.get(stream) ?? 0),
    problem === undefined ? '' : '✗',
  ]);
  const heads: Column[] = [
    { head: 'stream' },
    { head: 'watermark' },
    { head: 'lag', align: 'right' },
    { head: 'last event' },
    { head: 'events', align: 'right' },
    { head: '' },
  ];
  const notes = sorted.map(({ problem }) => (problem === undefined ? [] : [problem]));
  return drawTable(heads, rows, notes, columns);
}

/** One row for each portal, those with a failure first, each failure whole under its portal. */
export function drawPortals(screen: Screen, now: Date, columns: number): Block[] {
  const portals = sortPortals(screen, now);
  const rows = portals.map(([name, portal]) => {
    const lag = portalLag(portal, now);
    const failing = portal.streams.filter(({ problem }) => problem !== undefined).length;
    return [
      name,
      lag === undefined ? '' : formatSeconds(lag),
      portal.run === undefined ? '' : timeOfDay(portal.run.endedAt),
      formatCount(portal.published),
      failing === 0 ? String(portal.streams.length) : `${failing} of ${portal.streams.length} failing`,
      describePortal(portal, now),
    ];
  });
  const heads: Column[] = [
    { head: 'portal' },
    { head: 'lag', align: 'right' },
    { head: 'last run' },
    { head: 'events', align: 'right' },
    { head: 'streams' },
    { head: '' },
  ];
  return drawTable(
    heads,
    rows,
    portals.map(([, portal]) => problemsOf(portal)),
    columns,
  );
}

function describePortal(portal: PortalScreen, now: Date): string {
  const { run, running } = portal;
  if (running !== undefined) return `running ${formatSeconds(secondsSince(running.startedAt, now))}`;
  if (run?.outcome === 'failed') return 'failed';
  return run?.outcome === 'skipped' ? 'skipped' : '';
}

/** Events, the newest first. */
export function drawEvents(events: readonly ShownEvent[], columns: number): Block[] {
  const rows = events.map(({ detailType, time, resources }) => [
    timeOfDay(time),
    detailType,
    resources.join(' '),
  ]);
  return drawTable([{ head: 'occurred' }, { head: 'event' }, { head: 'object' }], rows, [], columns);
}

/** Runs, the latest first. */
export function drawRuns(runs: readonly RunReport[], columns: number): Block[] {
  const rows = runs.map(({ endedAt, portal, outcome, metrics, seconds }) => [
    timeOfDay(endedAt),
    portal,
    outcome,
    formatCount(metrics.EventsPublished ?? 0),
    formatCount(metrics.EventsRead ?? 0),
    formatCount(metrics.HubSpotRequests ?? 0),
    formatSeconds(seconds),
  ]);
  const right = 'right';
  const heads: Column[] = [
    { head: 'run' },
    { head: 'portal' },
    { head: 'outcome' },
    { head: 'published', align: right },
    { head: 'read', align: right },
    { head: 'requests', align: right },
    { head: 'took', align: right },
  ];
  return drawTable(heads, rows, [], columns);
}

export function secondsSince(instant: Date, now: Date): number {
  return (now.getTime() - instant.getTime()) / 1000;
}

/** The head and one block for each row; the first column gives way where there is too little room. */
function drawTable(
  heads: readonly Column[],
  rows: readonly (readonly string[])[],
  notes: readonly (readonly string[])[],
  columns: number,
): Block[] {
  const widths = heads.map(({ head }, index) =>
    Math.max(head.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const over = widths.reduce((sum, width) => sum + width + GAP, 0) - columns;
  const widest = widths.indexOf(Math.max(...widths));
  const fitted = widths.map((width, index) =>
    index === widest && over > 0 ? Math.max(8, width - over) : width,
  );
  const table = new Table({
    head: heads.map(({ head }) => head),
    colWidths: fitted.map((width) => width + GAP),
    colAligns: heads.map(({ align = 'left' }) => align),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': GAP },
    chars: NO_BORDERS,
  });
  table.push(...rows.map((row) => [...row]));
  const [head = '', ...lines] = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return [
    { lines: [head] },
    ...lines.map((line, index) => ({
      lines: [line, ...(notes[index] ?? []).flatMap((note) => wrapText(note, columns, '    '))],
    })),
  ];
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`, `mid-mid`, 'middle'])
    .map((name) => [name, '']),
);
