/**
 * How much of what HubSpot's limit allows is on the bus where there is more to read than a run can: counted in events,
 * on virtual time and by the real bundle over sockets.
 */
import { type BenchCase, judge, type Row, type Size, show, showShare, type Table } from '../case.ts';
import { createEvenHistory, type EvenHistory } from '../lab/even-history.ts';
import { functionNamed, openStackLab } from '../lab/stack-lab.ts';
import { createVirtualLab, HUBSPOT_MS, MINUTE_MS } from '../lab/virtual-lab.ts';

const NOON = Date.UTC(2026, 10, 10, 12);
const HOUR_MS = 3_600_000;

/** The default of maxRequestsPer10Seconds. */
const LIMIT = 90;
const WINDOW_MS = 10_000;
const TARGET = 0.95;

/** From tick to tick: what a run keeps of its two minutes for its end counts against it. */
const MEASURED_MS = 2 * MINUTE_MS;

/** Of days: far more than can be read in the time. */
const EVERY_MS = 100;
const BEHIND_MS = 72 * HOUR_MS;

/** Of one type, in pages of 100 whatever is asked for: 270 pages, which the limit allows in two windows and an answer. */
const SHORT_EVENTS = 27_000;
const SHORT_PAGES = 100;
const SHORT_ALLOWED_S = 20.3;
const SHORT_TARGET_S = 1.25 * SHORT_ALLOWED_S;

interface Backlog {
  readonly types: number;
  readonly perPage: number;
}

const BACKLOGS: readonly Backlog[] = [
  { types: 1, perPage: 1_000 },
  { types: 10, perPage: 1_000 },
  { types: 1, perPage: 100 },
  { types: 10, perPage: 100 },
];

export const share: BenchCase = {
  name: 'share',
  about: 'far behind: events on the bus against what the limit allows, on virtual time and over sockets',
  isTimed: true,
  async run(size) {
    const lines: string[][] = [];
    const counts: Record<string, number> = {};
    const worst = { virtual: 1, sockets: 1 };
    for (const backlog of size === 'full' ? BACKLOGS : BACKLOGS.slice(2, 3)) {
      const figures = {
        virtual: await shareOnVirtualTime(backlog),
        sockets: await shareOverSockets(backlog, size),
      };
      worst.virtual = Math.min(worst.virtual, figures.virtual);
      worst.sockets = Math.min(worst.sockets, figures.sockets);
      const { types, perPage } = backlog;
      const what = `${types === 1 ? 'one type' : `${types} types`}, pages of ${show(perPage)}, days behind`;
      lines.push([what, showShare(figures.virtual), showShare(figures.sockets), showShare(TARGET)]);
      counts[`virtual${types}x${perPage}`] = figures.virtual;
      counts[`sockets${types}x${perPage}`] = figures.sockets;
    }
    const short = {
      virtual: await readShortOnVirtualTime(),
      sockets: size === 'full' ? await readShortOverSockets() : Number.NaN,
    };
    lines.push([
      `one type, pages of ${SHORT_PAGES}, ${show(SHORT_EVENTS)} events behind`,
      ...[short.virtual, short.sockets].map((seconds) => `${show(seconds, 1)} s`),
      `≤ ${show(SHORT_TARGET_S, 1)} s`,
    ]);
    const table: Table = {
      name: 'share',
      title: `Events on the bus, of those that ${LIMIT} requests in ten seconds allow`,
      head: ['backlog', 'virtual time', 'bundle over sockets', 'target'],
      rows: lines,
    };
    return {
      rows: rowsOf(worst, short),
      tables: [table],
      notes: [
        `share: events that the bus accepted in two minutes from a tick on, of the ${LIMIT} full pages that every ten seconds allow; HubSpot answers after ${HUBSPOT_MS} ms, and gives pages of 100 to whoever asks for 1,000 without a word of it. Virtual time knows no CPU: over sockets function, portal and AWS's stand-ins share the machine.`,
      ],
      counts: { ...counts, shortVirtualSeconds: short.virtual, shortSocketsSeconds: short.sockets },
    };
  },
};

type Figures = Readonly<Record<'virtual' | 'sockets', number>>;

function rowsOf(worst: Figures, short: Figures): Row[] {
  return [
    {
      what: 'share of the limit in events, the least of four backlogs, virtual / sockets',
      poller: `${showShare(worst.virtual)} / ${showShare(worst.sockets)}`,
      target: `≥ ${showShare(TARGET)}`,
      verdict: judge(Math.min(worst.virtual, worst.sockets) >= TARGET),
    },
    {
      what: `${show(SHORT_EVENTS)} events in pages of ${SHORT_PAGES}, virtual / sockets`,
      poller: `${show(short.virtual, 1)} s / ${show(short.sockets, 1)} s`,
      target: `≤ ${show(SHORT_TARGET_S, 1)} s: 1.25 × ${SHORT_ALLOWED_S}`,
      verdict: judge(Math.max(short.virtual, short.sockets) <= SHORT_TARGET_S),
    },
  ];
}

/** The events that so long allows. */
function allowedIn(milliseconds: number, perPage: number): number {
  return (LIMIT * perPage * milliseconds) / WINDOW_MS;
}

function backlogBefore(now: number, types: number): EvenHistory {
  const eventTypes = Array.from({ length: types }, (_, index) => `e_behind_${index}`);
  return { eventTypes, startsAt: now - BEHIND_MS, endsAt: now + HOUR_MS, everyMs: EVERY_MS };
}

function shortBacklogBefore(now: number): EvenHistory {
  const endsAt = now - MINUTE_MS;
  return {
    eventTypes: ['e_behind_0'],
    startsAt: endsAt - SHORT_EVENTS * EVERY_MS,
    endsAt,
    everyMs: EVERY_MS,
  };
}

function settingsFor({ eventTypes, startsAt }: EvenHistory) {
  const startFrom = new Date(startsAt).toISOString();
  return { eventTypes, startFrom, maxRequestsPer10Seconds: LIMIT, sweepEveryMinutes: 0 };
}

async function shareOnVirtualTime({ types, perPage }: Backlog): Promise<number> {
  const history = backlogBefore(NOON, types);
  let events = 0;
  const lab = createVirtualLab({
    startAt: NOON,
    history: createEvenHistory(history),
    mostPerPage: perPage,
    settings: settingsFor(history),
    onPublished: (_entry, now) => {
      if (now < NOON + MEASURED_MS) events += 1;
    },
  });
  await lab.run();
  return events / allowedIn(MEASURED_MS, perPage);
}

/** Small: a run of twenty seconds, of which its end takes the more. */
async function shareOverSockets({ types, perPage }: Backlog, size: Size): Promise<number> {
  const measuredMs = size === 'full' ? MEASURED_MS : 2 * WINDOW_MS;
  const history = backlogBefore(Date.now(), types);
  await using lab = await openStackLab({
    history,
    mostPerPage: perPage,
    latencyMs: HUBSPOT_MS,
    per10Seconds: 190,
    entry: functionNamed('measured-poller'),
  });
  await lab.invoke(settingsFor(history), measuredMs);
  return lab.eventsOnBus() / allowedIn(measuredMs, perPage);
}

async function readShortOnVirtualTime(): Promise<number> {
  const history = shortBacklogBefore(NOON);
  let lastAt = Number.NaN;
  let events = 0;
  const lab = createVirtualLab({
    startAt: NOON,
    history: createEvenHistory(history),
    mostPerPage: SHORT_PAGES,
    settings: settingsFor(history),
    onPublished: (_entry, now) => {
      lastAt = now;
      events += 1;
    },
  });
  await lab.run();
  checkWhole(events);
  return (lastAt - NOON) / 1_000;
}

async function readShortOverSockets(): Promise<number> {
  const history = shortBacklogBefore(Date.now());
  await using lab = await openStackLab({
    history,
    mostPerPage: SHORT_PAGES,
    latencyMs: HUBSPOT_MS,
    per10Seconds: 190,
    entry: functionNamed('measured-poller'),
  });
  const startedAt = Date.now();
  await lab.invoke(settingsFor(history));
  checkWhole(lab.eventsOnBus());
  return (lab.lastEventAt() - startedAt) / 1_000;
}

function checkWhole(events: number): void {
  if (events === SHORT_EVENTS) return;
  throw new Error(`Reading a short backlog: ${SHORT_EVENTS} events must be on the bus, found ${events}`);
}
