/**
 * What the terminal shows at an instant, within its columns and rows.
 *
 *   narrow                 wide
 *   what is polled         what is polled
 *   how it stands          how it stands
 *   streams or portals     streams or portals │ the events, newest first
 *   the events             the last runs      │
 *   what is waited for     what is waited for
 */
import { type PortalScreen, portalLag, problemsOf, type Screen, standingOf } from './screen.ts';
import {
  type Block,
  drawEvents,
  drawPortals,
  drawRuns,
  drawStreams,
  secondsSince,
  wrapText,
} from './tables.ts';
import { formatCount, formatSeconds, timeOfDay } from './view.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** From so many columns on the events stand beside the tables. */
const WIDE_COLUMNS = 150;
const SEPARATOR = ' │ ';
/** What the events under a table keep, where there are as many. */
const LEAST_EVENT_LINES = 5;

/** The screen at an instant: at most `rows` lines of at most `columns` characters. */
export function drawScreen(screen: Screen, now: Date, { columns, rows }: TerminalSize): string {
  const end = screen.ending === undefined ? [] : wrapText(screen.ending, columns);
  // The line after the last is the cursor's.
  const room = rows - 1 - end.length;
  if (screen.about === undefined) return ['Building the stack …', ...end].slice(0, rows - 1).join('\n');
  const top = [...drawTop(screen, columns), '', ...drawStandings(screen, now, columns), ''];
  const body = columns >= WIDE_COLUMNS ? drawWide : drawNarrow;
  return [...[...top, ...body(screen, now, columns, room - top.length)].slice(0, room), ...end].join('\n');
}

function drawTop({ about }: Screen, columns: number): string[] {
  if (about === undefined) return [];
  const { source, everySeconds, state, page, notes } = about;
  return [
    ...wrapText(`Polling ${source} every ${everySeconds}s; ${state}. Ctrl-C ends it.`, columns),
    ...(page === undefined ? [] : wrapText(`See it and break it at ${page}`, columns)),
    ...notes.flatMap((note) => wrapText(`Note: ${note}`, columns)),
  ];
}

/** A sentence for the only portal, a summary of several. */
function drawStandings(screen: Screen, now: Date, columns: number): string[] {
  const [only, ...others] = screen.portals;
  if (only !== undefined && others.length === 0) return drawPortal(only[0], only[1], now, columns);
  const portals = [...screen.portals.values()];
  const streams = portals.flatMap((portal) => portal.streams);
  const standings = streams.map((stream) => standingOf(stream, now));
  const count = (wanted: string) => standings.filter((standing) => standing === wanted).length;
  const parts = [
    `${portals.length} portals, ${portals.filter((portal) => problemsOf(portal).length > 0).length} failing`,
    `${streams.length} streams: ${count('failing')} failing, ${count('behind')} behind, ${count('current')} current`,
    `${formatCount(screen.published, 'event')} on the bus`,
  ];
  return wrapText(parts.join('   '), columns);
}

function drawPortal(name: string, portal: PortalScreen, now: Date, columns: number): string[] {
  const { run, running } = portal;
  const lag = portalLag(portal, now);
  const parts = [`portal ${name}`, `lag ${lag === undefined ? 'not known yet' : formatSeconds(lag)}`];
  if (running !== undefined) {
    const asked = running.requests === undefined ? '' : `${formatCount(running.requests, 'page')}, `;
    const seconds = formatSeconds(secondsSince(running.startedAt, now));
    parts.push(`running for ${seconds}: ${asked}${formatCount(running.events, 'event')}`);
  } else if (run !== undefined) {
    const { EventsPublished: published = 0, DuplicatesSuppressed: duplicates = 0 } = run.metrics;
    parts.push(
      run.outcome === 'skipped'
        ? `last run ${timeOfDay(run.endedAt)}: skipped, another run holds the lease`
        : `last run ${timeOfDay(run.endedAt)}: ${formatCount(published)} published, ` +
            `${formatCount(duplicates)} duplicates suppressed, ${formatSeconds(run.seconds)}`,
    );
  }
  // A stream's failure stands under the stream.
  const failure =
    run?.failure ??
    (portal.streams.some(({ problem }) => problem !== undefined) ? undefined : run?.problems[0]);
  return [
    ...wrapText(parts.join('   '), columns),
    ...(failure === undefined ? [] : wrapText(`failed: ${failure}`, columns, '  ')),
  ];
}

function drawMain(screen: Screen, now: Date, columns: number): Block[] {
  const [only, ...others] = screen.portals.values();
  return only !== undefined && others.length === 0
    ? drawStreams(only, now, columns)
    : drawPortals(screen, now, columns);
}

function drawNarrow(screen: Screen, now: Date, columns: number, room: number): string[] {
  const events = drawEvents(screen.events.slice(0, room), columns);
  const title = ['', titleOfEvents(screen)];
  const kept = Math.min(events.length, LEAST_EVENT_LINES) + title.length;
  const main = takeFitting(drawMain(screen, now, columns), room - kept, nounOf(screen));
  return [...main, ...title, ...takeFitting(events, room - main.length - title.length)];
}

function drawWide(screen: Screen, now: Date, columns: number, room: number): string[] {
  const left = Math.floor((columns - SEPARATOR.length) / 2);
  const main = takeFitting(drawMain(screen, now, left), room, nounOf(screen));
  const runs = takeFitting(drawRuns(screen.runs.slice(0, room), left), room - main.length - 1);
  const beside = [
    titleOfEvents(screen),
    ...takeFitting(drawEvents(screen.events.slice(0, room), columns - left - SEPARATOR.length), room - 1),
  ];
  const first = runs.length > 1 ? [...main, '', ...runs] : main;
  return Array.from({ length: Math.max(first.length, beside.length) }, (_, index) =>
    `${(first[index] ?? '').padEnd(left)}${SEPARATOR}${beside[index] ?? ''}`.trimEnd(),
  );
}

function titleOfEvents({ about, published }: Screen): string {
  return `${formatCount(published, 'event')} on the bus. The newest${about?.isFiltered ? ' that the rule matches' : ''}:`;
}

function nounOf({ portals }: Screen): string {
  return portals.size === 1 ? 'streams' : 'portals';
}

/** The lines of as many blocks as fit, and where some do not, how many of what more there are. */
function takeFitting(blocks: readonly Block[], room: number, noun?: string): string[] {
  const lines: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const isLast = index === blocks.length - 1;
    const reserved = noun === undefined || isLast ? 0 : 1;
    if (lines.length + block.lines.length + reserved <= room) {
      lines.push(...block.lines);
      continue;
    }
    const left = blocks.length - index;
    if (noun !== undefined && room > 0) lines.push(`… and ${left} ${noun} more`);
    break;
  }
  return lines;
}
