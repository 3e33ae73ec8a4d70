/**
 * How much of what HubSpot's limit allows is on the bus where there is more to read than a run can: counted in events,
 * on virtual time and by the real bundle over sockets.
 */
import { type BenchCase, judge, type Row, show, showShare, type Table } from '../case.ts';
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
  /** Requests in ten seconds over sockets: so few that the machine, which is HubSpot and AWS too, is not what is measured. */
  readonly socketLimit: number;
}

const BACKLOGS: readonly Backlog[] = [
  { types: 1, perPage: 1_000, socketLimit: 10 },
  { types: 10, perPage: 1_000, socketLimit: 10 },
  { types: 1, perPage: 100, socketLimit: LIMIT },
  { types: 10, perPage: 100, socketLimit: LIMIT },
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
        sockets: size === 'full' ? await shareOverSockets(backlog) : Number.NaN,
      };
      worst.virtual = Math.min(worst.virtual, figures.virtual);
      worst.sockets = Math.min(worst.sockets, figures.sockets);
      const { types, perPage, socketLimit } = backlog;
      const what = `${types === 1 ? 'one type' : `${types} types`}, pages of ${show(perPage)}, days behind`;
      lines.push([
        what,
        `${showShare(figures.virtual)} of ${LIMIT}`,
        `${showShare(figures.sockets)} of ${socketLimit}`,
        `≥ ${showShare(TARGET)}`,
      ]);
      counts[`virtual${types}x${perPage}`] = figures.virtual;
      counts[`sockets${types}x${perPage}`] = figures.sockets;
    }
    const short = {
      virtual: await readShortOnVirtualTime(),
      sockets: size === 'full' ? await readShortOverSockets() : NOT_READ,
    };
    lines.push([
      `one type, pages of ${SHORT_PAGES}, ${show(SHORT_EVENTS)} events behind`,
      ...[short.virtual, short.sockets].map(
        ({ seconds, inTime, requests }) =>
          `${show(seconds, 1)} s, ${requests} requests; ${show(inTime)} events by ${show(SHORT_TARGET_S, 1)} s`,
      ),
      `≤ ${show(SHORT_TARGET_S, 1)} s`,
    ]);
    const table: Table = {
      name: 'share',
      title: 'Events on the bus, of those that so many requests in ten seconds allow',
      head: ['backlog', 'virtual time', 'bundle over sockets', 'target'],
      rows: lines,
    };
    return {
      rows: rowsOf(worst, short),
      tables: [table],
      notes: [
        `share: events that the bus accepted in two minutes from a tick on, of the ${LIMIT} full pages that every ten seconds allow; HubSpot answers after ${HUBSPOT_MS} ms, and gives pages of 100 to whoever asks for 1,000 without a word of it. Virtual time knows no CPU: over sockets function, portal and AWS's stand-ins share the machine, so that pages of 1,000 are asked for at a lower limit there.`,
        `share, the short backlog: the limit gives 90 requests at 0, 10.25, 20.5 and 30.75 s, since each holds its place until ten seconds after its answer. 270 pages fill three of these; it takes segments side by side to ask for so many, and a segment's last page is filled in part: one page more, and its events wait for the fourth.`,
      ],
      counts: {
        ...counts,
        shortSeconds: short.virtual.seconds,
        shortRequests: short.virtual.requests,
        shortInTime: short.virtual.inTime,
      },
    };
  },
};

type Figures = Readonly<Record<'virtual' | 'sockets', number>>;

function rowsOf(worst: Figures, short: Readonly<Record<'virtual' | 'sockets', Short>>): Row[] {
  return [
    {
      what: 'share of the limit in events, the least of four backlogs, virtual / sockets',
      poller: `${showShare(worst.virtual)} / ${showShare(worst.sockets)}`,
      target: `≥ ${showShare(TARGET)}`,
      verdict: judge(Math.min(worst.virtual, worst.sockets) >= TARGET),
    },
    {
      what: `${show(SHORT_EVENTS)} events in pages of ${SHORT_PAGES}, virtual / sockets`,
      poller: `${show(short.virtual.seconds, 1)} s / ${show(short.sockets.seconds, 1)} s`,
      target: `≤ ${show(SHORT_TARGET_S, 1)} s: 1.25 × ${SHORT_ALLOWED_S}`,
      verdict: judge(Math.max(short.virtual.seconds, short.sockets.seconds) <= SHORT_TARGET_S),
    },
  ];
}

/** The events that so long allows. */
function allowedIn(milliseconds: number, perPage: number, limit = LIMIT): number {
  return (limit * perPage * milliseconds) / WINDOW_MS;
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

function settingsFor({ eventTypes, startsAt }: EvenHistory, limit = LIMIT) {
  const startFrom = new Date(startsAt).toISOString();
  return { eventTypes, startFrom, maxRequestsPer10Seconds: limit, sweepEveryMinutes: 0 };
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

async function shareOverSockets({ types, perPage, socketLimit }: Backlog): Promise<number> {
  const history = backlogBefore(Date.now(), types);
  await using lab = await openStackLab({
    history,
    mostPerPage: perPage,
    latencyMs: HUBSPOT_MS,
    per10Seconds: 190,
    entry: functionNamed('measured-poller'),
  });
  await lab.invoke(settingsFor(history, socketLimit));
  return lab.eventsOnBus() / allowedIn(MEASURED_MS, perPage, socketLimit);
}

/** What became of the short backlog. */
interface Short {
  /** From the run's start to its last event on the bus. */
  readonly seconds: number;
  /** Events on the bus when the target's time is over. */
  readonly inTime: number;
  /** Until the last event. */
  readonly requests: number;
}

const NOT_READ: Short = { seconds: Number.NaN, inTime: Number.NaN, requests: Number.NaN };

async function readShortOnVirtualTime(): Promise<Short> {
  const history = shortBacklogBefore(NOON);
  const publishedAt: number[] = [];
  const lab = createVirtualLab({
    startAt: NOON,
    history: createEvenHistory(history),
    mostPerPage: SHORT_PAGES,
    settings: settingsFor(history),
    onPublished: (_entry, now) => publishedAt.push(now),
  });
  await lab.run();
  return describeShort(NOON, publishedAt, lab.counts.requests);
}

async function readShortOverSockets(): Promise<Short> {
  const history = shortBacklogBefore(Date.now());
  await using lab = await openStackLab({
    history,
    mostPerPage: SHORT_PAGES,
    latencyMs: HUBSPOT_MS,
    per10Seconds: 190,
    entry: functionNamed('measured-poller'),
  });
  const publishedAt: number[] = [];
  lab.stack.onEvent(() => publishedAt.push(Date.now()));
  const startedAt = Date.now();
  await lab.invoke(settingsFor(history));
  return describeShort(startedAt, publishedAt, await lab.portal.takeRequests());
}

function describeShort(
  startedAt: number,
  publishedAt: readonly number[],
  requests: readonly { readonly at: number }[],
): Short {
  if (publishedAt.length !== SHORT_EVENTS)
    throw new Error(
      `Reading a short backlog: ${SHORT_EVENTS} events must be on the bus, found ${publishedAt.length}`,
    );
  const lastAt = publishedAt.at(-1) ?? startedAt;
  const until = startedAt + SHORT_TARGET_S * 1_000;
  return {
    seconds: (lastAt - startedAt) / 1_000,
    inTime: publishedAt.filter((at) => at <= until).length,
    requests: requests.filter(({ at }) => at <= lastAt).length,
  };
}
