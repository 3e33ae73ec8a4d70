/** What the page's server would tell of a busy portal, made up: 150 streams, 1,000 events a second. */
import type {
  EventRow,
  Hello,
  LagLine,
  Message,
  Run,
  State,
  Stream,
} from '../../../infra/local/page/messages.ts';

export const STREAMS = 150;
export const EVENTS_A_SECOND = 1_000;
/** The server tells of events four times a second. */
export const PARTS = 4;
export const RUN_EVERY_S = 10;
const SECOND_MS = 1_000;
const KEPT_SECONDS = 15 * 60;
const RUN_MS = 4_000;

const nameOf = (index: number) => `pe8675309_event_type_${index}`;
/** Each stream lags a little differently, and no line is straight. */
const lagAt = (at: number, index: number) => 2 + ((at / SECOND_MS + index * 7) % RUN_EVERY_S) + (index % 13);

/** The first message: a quarter of an hour is known already. */
export function helloAt(now: number): Hello {
  const runs = Array.from({ length: KEPT_SECONDS / RUN_EVERY_S }, (_, index) =>
    runAt(now - (KEPT_SECONDS - (index + 1) * RUN_EVERY_S) * SECOND_MS),
  );
  return {
    kind: 'hello',
    source: 'a synthetic portal',
    portals: ['main'],
    everySeconds: RUN_EVERY_S,
    isSimulated: true,
    lagAlarmSeconds: 600,
    requestLimit: 90,
    alarmsLeftOut: [],
    faults: [],
    lag: Array.from({ length: STREAMS }, (_, index) => ({
      portal: 'main',
      stream: nameOf(index),
      points: runs.flatMap(({ endedAt }) => pointsAt(endedAt, index)),
    })),
    runs,
    seconds: Array.from({ length: KEPT_SECONDS }, (_, index) => [
      now - (KEPT_SECONDS - index) * SECOND_MS,
      EVENTS_A_SECOND - (index % 50),
      8,
    ]),
  };
}

export function stateAt(now: number, published: number): State {
  return {
    kind: 'state',
    now,
    proof: {
      shown: published + 20,
      onBus: published,
      letters: 0,
      waiting: 20,
      unlisted: 0,
      aside: 0,
      late: 0,
      beyond: 0,
      missing: 0,
      twice: 0,
      repeated: { kill: 0, lostAnswer: 0, unwritten: 0 },
      distinct: published,
      settledTo: now,
    },
    second: [now, EVENTS_A_SECOND, 8],
    streams: Array.from({ length: STREAMS }, (_, index) => streamAt(now, index)),
    isLeaseHeld: false,
    alarms: [],
    letters: [],
    letterCount: 0,
    on: [],
    storm: { steps: 0, last: '' },
  };
}

function streamAt(now: number, index: number): Stream {
  const watermark = now - lagAt(now, index) * SECOND_MS;
  return {
    portal: 'main',
    stream: nameOf(index),
    state: index % 20 === 0 ? 'reading' : 'current',
    revision: Math.floor(now / SECOND_MS),
    floor: now - 31 * 3_600_000,
    watermark,
    sweptAt: now - 600_000,
    lastEventAt: watermark - 500,
    live: { startedAt: now - 2_000, from: watermark, to: now, open: [{ from: watermark, to: now }] },
  };
}

export function runMessageAt(now: number): Message {
  const lag: LagLine[] = Array.from({ length: STREAMS }, (_, index) => ({
    portal: 'main',
    stream: nameOf(index),
    points: pointsAt(now, index),
  }));
  return { kind: 'run', run: runAt(now), lag };
}

function pointsAt(at: number, index: number): [number, number][] {
  return [
    [at - 1, lagAt(at, index) + RUN_EVERY_S],
    [at, lagAt(at, index)],
  ];
}

function runAt(endedAt: number): Run {
  return {
    portal: 'main',
    startedAt: endedAt - RUN_MS,
    endedAt,
    outcome: endedAt % 7 === 0 ? 'failed' : 'polled',
    published: EVENTS_A_SECOND * RUN_EVERY_S,
    read: EVENTS_A_SECOND * RUN_EVERY_S,
    duplicates: 300,
    requests: 80,
    throttled: 0,
    retries: 0,
    problems: [],
  };
}

/** The events of a part of a second; `n` numbers the first. */
export function eventsAt(now: number, n: number): Message {
  const rows: EventRow[] = Array.from({ length: EVENTS_A_SECOND / PARTS }, (_, index) => ({
    id: `event-${n + index}`,
    at: now,
    detailType: nameOf(index % STREAMS),
    time: now - index,
    resource: `main:CONTACT/${n + index}`,
    bytes: 700 + (index % 300),
  }));
  return { kind: 'events', rows, unshown: 0 };
}
