/** The poller at work in plain lines: one for each run, one for each event. */
import type { RunReport } from '../run-report.ts';
import { formatSeconds, portalOf, type ShownEvent, timeOfDay, type View } from './view.ts';

/** Without a rule, more events than that between two runs are only counted: a backlog has thousands. */
const EVENT_LINES = 20;
/** How often a run that takes long tells how far it is. */
const PROGRESS_MS = 5_000;

/** The view that hands its lines to `write`. */
export function createPlainView(write: (line: string) => void): View {
  let isFiltered = false;
  let linesLeft = EVENT_LINES;
  let unshown = 0;
  const underWay = new Map<string, { startedAt: Date; toldAt: Date; events: number }>();

  function showUnshown(at: Date): void {
    if (unshown > 0) write(`${timeOfDay(at)} … and ${unshown} events more`);
    linesLeft = EVENT_LINES;
    unshown = 0;
  }

  return {
    begin: ({ source, state, everySeconds, notes, page, ...about }) => {
      isFiltered = about.isFiltered;
      write(`${timeOfDay(new Date())} polling ${source} every ${everySeconds}s; ${state}`);
      if (page !== undefined) write(`${timeOfDay(new Date())} see it and break it at ${page}`);
      for (const note of notes) write(`${timeOfDay(new Date())} note: ${note}`);
    },
    beginRun: (portal, at) => {
      underWay.set(portal, { startedAt: at, toldAt: at, events: 0 });
    },
    showProgress: ({ portal, at, requests }) => {
      const run = underWay.get(portal);
      if (run === undefined || at.getTime() - run.toldAt.getTime() < PROGRESS_MS) return;
      run.toldAt = at;
      const seconds = (at.getTime() - run.startedAt.getTime()) / 1000;
      const pages = requests === undefined ? '' : ` pages=${requests}`;
      write(
        `${timeOfDay(at)} portal=${portal} running=${formatSeconds(seconds)}${pages} published=${run.events}`,
      );
    },
    showEvent: (event) => {
      const run = underWay.get(portalOf(event));
      if (run !== undefined) run.events += 1;
      if (!event.isMatched) return;
      if (!isFiltered && linesLeft <= 0) {
        unshown += 1;
        return;
      }
      linesLeft -= 1;
      write(describeEvent(event));
    },
    showRun: (run) => {
      underWay.delete(run.portal);
      showUnshown(run.endedAt);
      for (const line of describeRun(run)) write(line);
    },
    showEnding: (sentence) => write(`${timeOfDay(new Date())} ${sentence}`),
    close: () => undefined,
  };
}

function describeEvent({ detailType, time, resources, busName }: ShownEvent): string {
  return `${timeOfDay(new Date())} event ${detailType} occurredAt=${time.toISOString()} ${resources.join(' ')} bus=${busName}`;
}

/** The run's line, and one for each of its problems. */
export function describeRun({
  portal,
  endedAt,
  outcome,
  metrics,
  seconds,
  failure,
  problems,
}: RunReport): string[] {
  const start = `${timeOfDay(endedAt)} portal=${portal}`;
  const { LagSeconds: lag } = metrics;
  const standing = `lag=${lag === undefined ? 'unknown' : formatSeconds(lag)}`;
  const more = problems.map((problem) => `${start} problem: ${problem}`);
  if (outcome === 'failed') return [`${start} ${standing} failed: ${failure}`, ...more];
  if (outcome === 'skipped') return [`${start} ${standing} skipped: another run holds the lease`];
  const figures = [
    `published=${metrics.EventsPublished ?? 0}`,
    `read=${metrics.EventsRead ?? 0}`,
    `duplicates=${metrics.DuplicatesSuppressed ?? 0}`,
    `deadLettered=${metrics.EventsDeadLettered ?? 0}`,
    `failing=${metrics.StreamsFailing ?? 0}`,
    `requests=${metrics.HubSpotRequests ?? 0}`,
    `took=${formatSeconds(seconds)}`,
  ].join(' ');
  return [`${start} ${standing} ${figures}`, ...more];
}
