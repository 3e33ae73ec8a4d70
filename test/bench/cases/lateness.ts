/** Events of every lateness up to the lookback: how long after HubSpot shows them they are on the bus. */
import { z } from 'zod';
import { createEventLog } from '../../../infra/simulator/event-log.ts';
import { type BenchCase, judge, percentile, show } from '../case.ts';
import { createVirtualLab, MINUTE_MS } from '../lab/virtual-lab.ts';

const MIDNIGHT = Date.UTC(2026, 10, 10);
const HOUR_MS = 60 * MINUTE_MS;
/** The first day's sweeps are shorter than those after it. */
const LATE_FROM = MIDNIGHT + 25 * HOUR_MS;

/** Behind the overlap of five minutes, up to the lookback of a day; to both sides of the ages at which sweeps read. */
const LATE_MINUTES = [6, 15, 30, 60, 89, 91, 120, 179, 181, 240, 359, 361, 540, 719, 721, 1_080, 1_439];
/** What comes no later is found by the next sweep. */
const NEXT_SWEEP_MINUTES = 90;
/** A sweep's interval, and the minute in which its run begins. */
const INTERVAL_MINUTES = 61;

/** No divisor of the interval: they come at all moments between two sweeps. */
const APART_MS = 67 * MINUTE_MS;
/** A busy type: a sweep's window holds thousands of events, and so many a page. */
const EVERY_MS = 30_000;
const PAGE_EVENTS = 100;

const idSchema = z.object({ id: z.string() });

interface Found {
  readonly lateMinutes: number;
  readonly waitMinutes: number;
}

export const lateness: BenchCase = {
  name: 'lateness',
  about: 'late events of every age up to 24 h: found, and how long after HubSpot shows them',
  isTimed: false,
  async run(size) {
    const rounds = size === 'full' ? 12 : 1;
    const late = size === 'full' ? LATE_MINUTES : LATE_MINUTES.filter((minutes) => minutes <= 240);
    const longestMs = Math.max(...late) * MINUTE_MS;
    const endsAt = LATE_FROM + rounds * APART_MS + 2 * longestMs + 2 * HOUR_MS;
    const { found, readPerEvent } = await sweepThrough(late, rounds, endsAt);
    const soon = found.filter(({ lateMinutes }) => lateMinutes <= NEXT_SWEEP_MINUTES);
    const later = found.filter(({ lateMinutes }) => lateMinutes > NEXT_SWEEP_MINUTES);
    const soonMost = Math.max(...soon.map(({ waitMinutes }) => waitMinutes));
    const timesMost = Math.max(
      ...later.map(({ lateMinutes, waitMinutes }) => (waitMinutes - INTERVAL_MINUTES) / lateMinutes),
    );
    const expected = late.length * rounds;
    return {
      rows: [
        {
          what: `events 6 minutes to ${show(Math.max(...late) / 60)} hours late, of a busy type: on the bus`,
          poller: `${show(found.length)} of ${show(expected)}`,
          target: 'all',
          verdict: judge(found.length === expected),
        },
        {
          what: '… visible → bus, up to 90 minutes late, at most',
          poller: `${show(soonMost)} min`,
          target: `≤ ${INTERVAL_MINUTES} min: the next sweep`,
          verdict: judge(soonMost <= INTERVAL_MINUTES),
        },
        {
          what: '… visible → bus, later ones, at most, less an interval',
          poller: `${show(timesMost, 2)} × as long as it was late`,
          target: '≤ 1 ×',
          verdict: judge(timesMost <= 1),
        },
        {
          what: '… how often each event of the type is read',
          poller: `${show(readPerEvent, 1)} times`,
          target: '',
          verdict: 'shown',
        },
      ],
      tables: [
        {
          name: 'lateness',
          title: 'Late events of a busy type, swept every hour, 24 hours back: from visible to the bus',
          head: ['late by', 'median', 'at most'],
          rows: late.map((lateMinutes) => {
            const waits = found.filter((one) => one.lateMinutes === lateMinutes);
            const minutes = waits.map(({ waitMinutes }) => waitMinutes);
            return [span(lateMinutes), span(percentile(minutes, 0.5)), span(Math.max(...minutes))];
          }),
        },
      ],
      notes: [
        `lateness: virtual time, one type with an event every ${EVERY_MS / 1_000} s, pages of ${PAGE_EVENTS}, the default settings. A type whose whole lookback is one page has each of them found by the next sweep.`,
      ],
      counts: { found: found.length, expected, soonMost, timesMost, readPerEvent },
    };
  },
};

async function sweepThrough(late: readonly number[], rounds: number, endsAt: number) {
  const history = createEventLog();
  const eventType = 'e_busy';
  const shownAt = new Map<string, Found & { readonly at: number }>();
  for (let at = MIDNIGHT; at < endsAt; at += EVERY_MS)
    history.add([{ eventType, id: `usual-${at}`, occurredAt: at, visibleAt: at }]);
  for (let round = 0; round < rounds; round += 1)
    for (const lateMinutes of late) {
      const occurredAt = LATE_FROM + round * APART_MS + lateMinutes;
      const visibleAt = occurredAt + lateMinutes * MINUTE_MS;
      const id = `late-${lateMinutes}-${round}`;
      history.add([{ eventType, id, occurredAt, visibleAt }]);
      shownAt.set(id, { lateMinutes, waitMinutes: Number.NaN, at: visibleAt });
    }
  const found: Found[] = [];
  const lab = createVirtualLab({
    startAt: MIDNIGHT,
    history,
    mostPerPage: PAGE_EVENTS,
    settings: {
      eventTypes: [eventType],
      pageSize: PAGE_EVENTS,
      startFrom: new Date(MIDNIGHT).toISOString(),
    },
    onPublished: ({ detail }, now) => {
      const late = shownAt.get(idSchema.parse(JSON.parse(detail)).id);
      if (late !== undefined)
        found.push({ lateMinutes: late.lateMinutes, waitMinutes: (now - late.at) / MINUTE_MS });
    },
  });
  await lab.runUntil(endsAt);
  return { found, readPerEvent: lab.counts.eventsRead / lab.counts.eventsPublished };
}

function span(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  return hours === 0 ? `${rest} min` : `${hours} h ${rest} min`;
}
