/** What breaks first with 1,000, 5,000 and 20,000 portals, at what number, and what to do then. */
import { POLLER_MEMORY_MB } from '../../../infra/constructs/poller-function.ts';
import { type BenchCase, show, type Table } from '../case.ts';
import {
  BUSY,
  BUSY_ONE_IN,
  type FleetLimit,
  LIMITS,
  portalsOver,
  priceOf,
  QUIET,
} from '../lab/scale-model.ts';

const FLEETS = [1_000, 5_000, 20_000];

export const scale: BenchCase = {
  name: 'scale',
  about: 'by arithmetic: what 1,000, 5,000 and 20,000 portals take of an account, and what breaks first',
  isTimed: false,
  async run() {
    const ordered = LIMITS.toSorted((a, b) => portalsOver(a) - portalsOver(b));
    const reached = ordered.map(portalsOver);
    return {
      rows: FLEETS.map((portals) => ({
        what: `${show(portals)} portals: quotas over their defaults, $ a month`,
        poller: `${LIMITS.filter((limit) => isOver(limit, portals)).length} of ${LIMITS.length}, $${show(priceOf(portals, POLLER_MEMORY_MB).total)}`,
        target: '',
        verdict: 'shown',
      })),
      tables: [tableOf(ordered), priceTable()],
      notes: [
        `scale: ${QUIET.runSeconds} s a run; one portal in ${BUSY_ONE_IN} has ${show(BUSY.eventsAMonth)} events a month, the others none; ticks spread over their minute. Quotas are AWS's defaults for an account and Region, 2026-11.`,
        ...new Set(ordered.map(({ source }) => `scale, source: ${source}`)),
      ],
      counts: {
        limits: LIMITS.length,
        firstAt: reached[0] ?? Number.NaN,
        ...Object.fromEntries(
          FLEETS.map((portals) => [`dollars${portals}`, priceOf(portals, POLLER_MEMORY_MB).total]),
        ),
      },
    };
  },
};

function isOver({ use, quota }: FleetLimit, portals: number): boolean {
  return use(portals) > quota;
}

function tableOf(limits: readonly FleetLimit[]): Table {
  return {
    name: 'scale',
    title: 'What a fleet takes of an account, the first to break first',
    head: [
      'of',
      'quota',
      ...FLEETS.map((portals) => `${show(portals)} portals`),
      'over it from',
      'what to do then',
    ],
    rows: limits.map((limit) => [
      limit.what,
      show(limit.quota),
      ...FLEETS.map((portals) => showUse(limit, portals)),
      showPortals(portalsOver(limit)),
      limit.remedy,
    ]),
  };
}

function showUse(limit: FleetLimit, portals: number): string {
  const use = limit.use(portals);
  const text = show(use, use < 10 ? 1 : 0);
  return isOver(limit, portals) ? `**${text}**` : text;
}

/** Two digits: no more is known. */
function showPortals(portals: number): string {
  return portals < 10 ? `${portals}` : show(Number(portals.toPrecision(2)));
}

function priceTable(): Table {
  return {
    name: 'scale-price',
    title: `What a fleet costs a month at list prices, in dollars, each portal polled every ${QUIET.pollSeconds} s`,
    head: ['portals', 'polling and secrets', 'of that each', 'events of the busy ones', 'in all'],
    rows: FLEETS.map((portals) => {
      const { polling, perPortal, events, total } = priceOf(portals, POLLER_MEMORY_MB);
      return [show(portals), show(polling), show(perPortal, 2), show(events), show(total)];
    }),
  };
}
