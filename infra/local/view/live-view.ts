/** The poller at work in a terminal: a table that is written over in place. */
import Table from 'cli-table3';
import { createLogUpdate } from 'log-update';
import type { RunReport } from '../run-report.ts';
import type { StreamStanding } from './stream-standing.ts';
import { formatSeconds, type SessionDescription, type ShownEvent, timeOfDay, type View } from './view.ts';

const LAST_EVENTS = 8;
const REDRAW_MS = 500;
/** Lines of the screen that are neither streams nor events. */
const FRAME_LINES = 14;
const FALLBACK_ROWS = 40;

/** All that the terminal shows. */
export interface Screen {
  about: SessionDescription | undefined;
  readonly runs: Map<string, RunReport>;
  readonly streams: Map<string, readonly StreamStanding[]>;
  readonly countByType: Map<string, number>;
  lastEvents: readonly ShownEvent[];
  published: number;
}

/** The view on a terminal. */
export function createLiveView(terminal: NodeJS.WriteStream): View {
  const update = createLogUpdate(terminal);
  const screen: Screen = {
    about: undefined,
    runs: new Map(),
    streams: new Map(),
    countByType: new Map(),
    lastEvents: [],
    published: 0,
  };
  update('Building the stack …');
  const redraw = () => update(drawScreen(screen, new Date(), terminal.rows ?? FALLBACK_ROWS));
  const timer = setInterval(redraw, REDRAW_MS);
  return {
    begin: (about) => {
      screen.about = about;
      redraw();
    },
    showEvent: (event) => {
      screen.published += 1;
      screen.countByType.set(event.detailType, (screen.countByType.get(event.detailType) ?? 0) + 1);
      if (event.isMatched) screen.lastEvents = [event, ...screen.lastEvents].slice(0, LAST_EVENTS);
    },
    showRun: (run, streams) => {
      screen.runs.set(run.portal, run);
      if (streams !== undefined) screen.streams.set(run.portal, streams);
      redraw();
    },
    close: () => {
      clearInterval(timer);
      if (screen.about !== undefined) redraw();
      update.done();
    },
  };
}

/** What the terminal shows at an instant. */
export function drawScreen(screen: Screen, now: Date, rows: number): string {
  const { about, runs, lastEvents, published } = screen;
  if (about === undefined) return 'Building the stack …';
  return [
    `Polling ${about.source} every ${about.everySeconds}s; ${about.state}. Ctrl-C ends it.`,
    ...(about.page === undefined ? [] : [`See it and break it at ${about.page}`]),
    ...about.notes.map((note) => `Note: ${note}`),
    '',
    ...[...runs.values()].flatMap((run) => drawRun(run)),
    drawStreams(screen, now, Math.max(3, rows - FRAME_LINES - LAST_EVENTS - runs.size)),
    `${published} events on the bus.${about.isFiltered ? ' The last that the rule matches:' : ' The last:'}`,
    ...lastEvents.map(
      ({ detailType, time, resources }) => `  ${timeOfDay(time)}  ${detailType}  ${resources.join(' ')}`,
    ),
  ].join('\n');
}

function drawRun({ portal, endedAt, metrics, seconds, outcome, failure, problems }: RunReport): string[] {
  const { LagSeconds: lag } = metrics;
  const figures =
    `portal ${portal}   lag ${lag === undefined ? 'unknown' : formatSeconds(lag)}   ` +
    `last run ${timeOfDay(endedAt)}: ${metrics.EventsPublished ?? 0} published, ` +
    `${metrics.DuplicatesSuppressed ?? 0} duplicates suppressed, ${formatSeconds(seconds)}`;
  const note = outcome === 'skipped' ? ['  skipped: another run holds the lease'] : [];
  return [
    figures,
    ...note,
    ...(failure === undefined ? [] : [`  failed: ${failure}`]),
    ...problems.map((problem) => `  ${problem}`),
  ];
}

function drawStreams({ streams, countByType }: Screen, now: Date, most: number): string {
  const all = [...streams].flatMap(([portal, ofPortal]) =>
    ofPortal.map((standing) => ({ portal, ...standing })),
  );
  const table = new Table({
    head: ['stream', 'watermark', 'lag', 'last event', 'events', ''],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'right', 'left', 'right', 'left'],
  });
  for (const { portal, stream, watermark, lastEventAt, problem } of all.slice(0, most)) {
    table.push([
      streams.size > 1 ? `${portal}: ${stream}` : stream,
      timeOfDay(watermark),
      formatSeconds((now.getTime() - watermark.getTime()) / 1000),
      lastEventAt === undefined ? '' : timeOfDay(lastEventAt),
      countByType.get(stream) ?? 0,
      problem === undefined ? '' : problem.slice(0, 40),
    ]);
  }
  const unshown = all.length - most;
  return unshown > 0 ? `${table.toString()}\n… and ${unshown} streams more` : table.toString();
}
