/** How much of what HubSpot's limit allows is asked for, when there is more to read than a run can. */
import { PAGE_BYTES } from '../../../functions/poller/core/reading/page-size.ts';
import { DEFAULT_LIMITS, SIMULATED_TOKEN } from '../../../infra/simulator/behaviour.ts';
import { type BenchCase, type CaseReport, judge, type Size, show, showShare } from '../case.ts';
import { pageAddress } from '../functions/order.ts';
import { createEvenHistory } from '../lab/even-history.ts';
import { API_URL, createVirtualLab, MINUTE_MS, type VirtualLab } from '../lab/virtual-lab.ts';
import { runNaiveLoop } from '../naive-loop.ts';

const NOON = Date.UTC(2026, 10, 10, 12);
const HOUR_MS = 3_600_000;
const WINDOW_MS = 10_000;

/** Two ticks: the run of one fills them, and the rest until the next one is part of "all the time". */
const MEASURED_MS = 2 * MINUTE_MS;

/** The share of the account's limit that the configuration's default takes. */
const LIMIT = 90;
/** What an Enterprise account may set: nine tenths of its limit, which the poller never passes. */
const ENTERPRISE_LIMIT = Math.floor(DEFAULT_LIMITS.per10Seconds * 0.9);

/** Far more than can be read in the time, and its density such that slices of it are hours long. */
const EVERY_MS = 100;
const BEHIND_MS = 72 * HOUR_MS;

export const tenTypes: BenchCase = {
  name: 'ten-types',
  about: 'ten event types far behind: the share of the requests that the limit allows',
  isTimed: false,
  run: (size) => measure('ten event types far behind', 10, 0.95, size),
};

export const oneType: BenchCase = {
  name: 'one-type',
  about: 'one event type far behind: the share of the requests that the limit allows',
  isTimed: false,
  run: (size) => measure('one event type far behind', 1, 0.95, size),
};

async function measure(what: string, types: number, target: number, size: Size): Promise<CaseReport> {
  // The limit counts requests: in the small run their pages are small.
  const pageSize = size === 'full' ? 1_000 : 20;
  const open = (limit: number) => openLab(types, limit, pageSize);
  const eventTypes = typesOf(types);
  const poller = open(LIMIT);
  await poller.run();
  const enterprise = open(ENTERPRISE_LIMIT);
  await enterprise.run();
  const naive = open(LIMIT);
  await naive.time.until(runNaive(naive, eventTypes));
  const bound = open(LIMIT);
  await bound.time.until(runSequential(bound, eventTypes, pageSize));

  const [share, ofMore, ofNaive, ofBound] = [
    shareOf(poller, LIMIT),
    shareOf(enterprise, ENTERPRISE_LIMIT),
    shareOf(naive, LIMIT),
    shareOf(bound, LIMIT),
  ];
  const refused = poller.counts.requests.filter(({ status }) => status !== 200).length;
  const { eventsPublished, eventsRead } = poller.counts;
  return {
    rows: [
      {
        what,
        poller: showShare(share),
        naive: showShare(ofNaive),
        bound: showShare(ofBound),
        target: `≥ ${show(target * 100)} % of the limit`,
        verdict: judge(share >= target),
      },
      {
        what: `… of maxRequestsPer10Seconds ${ENTERPRISE_LIMIT}`,
        poller: showShare(ofMore),
        target: `≥ ${show(target * 100)} % of the limit`,
        verdict: judge(ofMore >= target),
      },
      {
        what: '… while a run reads, the least in any 10 s',
        poller: `${leastWhileReading(poller)} of ${LIMIT}`,
        target: '',
        verdict: 'shown',
      },
      {
        what: '… events on the bus a second',
        poller: show((eventsPublished * 1_000) / MEASURED_MS),
        naive: show((naive.counts.eventsPublished * 1_000) / MEASURED_MS),
        bound: show((bound.counts.eventsPublished * 1_000) / MEASURED_MS),
        target: '',
        verdict: 'shown',
      },
    ],
    notes: [
      `${what}: virtual time, HubSpot answers after 250 ms, PutEvents after 30 ms, the table after 8 ms; pages of ${show(pageSize)}; counted from tick to tick, so that the 5 s which a run keeps to publish and commit count against it. ${refused} requests were refused. A request holds its place in the poller's window from its sending until ten seconds after its answer, since HubSpot counts it somewhere between: at 250 ms an answer that is up to 2.4 % of the limit. Where pages of 1,000 take PutEvents calls faster than so many at once are answered, publishing is the bound, not the limit.`,
    ],
    counts: {
      share,
      enterpriseShare: ofMore,
      naiveShare: ofNaive,
      boundShare: ofBound,
      refused,
      least: leastWhileReading(poller),
      requests: poller.counts.requests.length,
      eventsPublished,
      eventsRead,
    },
  };
}

function typesOf(types: number): string[] {
  return Array.from({ length: types }, (_, index) => `e_behind_${index}`);
}

function openLab(types: number, maxRequestsPer10Seconds: number, pageSize: number): VirtualLab {
  const eventTypes = typesOf(types);
  const startsAt = NOON - BEHIND_MS;
  return createVirtualLab({
    startAt: NOON,
    history: createEvenHistory({ eventTypes, startsAt, endsAt: NOON + HOUR_MS, everyMs: EVERY_MS }),
    settings: {
      eventTypes,
      pageSize,
      maxRequestsPer10Seconds,
      startFrom: new Date(startsAt).toISOString(),
      sweepEveryMinutes: 0,
    },
  });
}

function runNaive({ send, putEvents, time }: VirtualLab, eventTypes: readonly string[]): Promise<number> {
  const from = new Date(NOON - BEHIND_MS).toISOString();
  return runNaiveLoop(eventTypes, from, {
    readPage: async (eventType, occurredAfter, after) =>
      JSON.parse(await readBody(send, pageAddress(API_URL, eventType, occurredAfter, after))),
    putEvents: (events) => putEvents(events.map(() => ENTRY)),
    saveCheckpoint: () => time.sleep(8),
    isOver: () => time.now() >= NOON + MEASURED_MS,
  });
}

/** The lower bound's way: a page, all of its events to the bus at once, the next page. */
async function runSequential(
  { send, putEvents, time }: VirtualLab,
  eventTypes: readonly string[],
  pageSize: number,
): Promise<void> {
  const [eventType = ''] = eventTypes;
  const from = new Date(NOON - BEHIND_MS).toISOString();
  for (let after: string | undefined; time.now() < NOON + MEASURED_MS; ) {
    const page = JSON.parse(await readBody(send, pageAddress(API_URL, eventType, from, after, pageSize)));
    const calls = Math.ceil(page.results.length / 10);
    for (let at = 0; at < calls; at += 32) {
      const together = Math.min(32, calls - at);
      await Promise.all(Array.from({ length: together }, () => putEvents(Array(10).fill(ENTRY))));
    }
    after = decodeURIComponent(page.paging.next.after);
  }
}

const ENTRY = { source: '', detailType: '', time: 0, resources: [], detail: '', bytes: 0 };

async function readBody(send: VirtualLab['send'], url: string): Promise<string> {
  const headers = { authorization: `Bearer ${SIMULATED_TOKEN}` };
  const limits = { timeoutMs: WINDOW_MS, maxBytes: PAGE_BYTES };
  return (await send({ method: 'GET', url: new URL(url), headers, ...limits })).body;
}

function shareOf({ counts }: VirtualLab, limit: number): number {
  const asked = counts.requests.filter(({ at }) => at < NOON + MEASURED_MS).length;
  return asked / ((limit * MEASURED_MS) / WINDOW_MS);
}

/** From the first full window to the last request of the run. */
function leastWhileReading({ counts }: VirtualLab): number {
  const instants = counts.requests.map(({ at }) => at);
  const last = instants.at(-1) ?? NOON;
  let least = Number.POSITIVE_INFINITY;
  for (let from = NOON; from + WINDOW_MS <= last; from += 250)
    least = Math.min(least, instants.filter((at) => at >= from && at < from + WINDOW_MS).length);
  return least;
}
