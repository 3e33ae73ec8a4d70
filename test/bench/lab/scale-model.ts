/**
 * What a fleet of portals takes of an account, by arithmetic alone: each use against the quota that bounds it, and the
 * number of portals at which it is met. Quotas are AWS's defaults of 2026-11; most can be raised.
 */
import { SECRET_CACHE_MS } from '../../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { billOf, HOURS_A_MONTH, PRICES, secretReadsOf } from './prices.ts';

/** A portal of three streams with nothing new, polled every minute; counted by `test/many/load.ts`. */
export const QUIET = {
  pollSeconds: 60,
  /** Taken: HubSpot's answers make up most of it. */
  runSeconds: 0.6,
  writeUnits: 5,
  readUnits: 1,
  /** The lease taken, and given back with the standing: both in the partition that lists all portals. */
  standingWrites: 2,
  logBytes: 1_800,
} as const;

/** One portal in so many is busy. */
export const BUSY_ONE_IN = 100;

export const BUSY = {
  eventsAMonth: 10_000_000,
  runSeconds: 2,
  /** By the benchmark's price of a million events more a month, swept hourly. */
  dollarsPerMillion: 1.08,
  writeUnitsPerThousand: 25,
} as const;

/** A portal far behind publishes what 90 pages of 1,000 in ten seconds hold, ten events a call. */
const CATCHING_UP_CALLS = 900;

/** A run whose requests HubSpot does not answer tries until its time is up: the bundle did, of 120 s. */
const HANGING_RUN_SECONDS = 118;

const MONTH_SECONDS = HOURS_A_MONTH * 3_600;

/** Asked by one process, one page after the other, then eight at once: taken, within a Region. */
const ROLL_CALL = {
  pageSeconds: 0.05,
  pageSize: 100,
  inputSeconds: 0.03,
  atOnce: 8,
  listedBytes: 400,
} as const;

export interface FleetLimit {
  readonly what: string;
  /** What so many portals take. */
  readonly use: (portals: number) => number;
  readonly quota: number;
  readonly source: string;
  /** What becomes of it where the quota is met, and what to do then. */
  readonly remedy: string;
}

const runsPerSecond = (portals: number) => portals / QUIET.pollSeconds;
const busyOf = (portals: number) => portals / BUSY_ONE_IN;
const eventsPerSecond = (portals: number) => (busyOf(portals) * BUSY.eventsAMonth) / MONTH_SECONDS;

/** Runs at once in the mean: by Little's law, rate times duration. */
export function runsAtOnce(portals: number): number {
  const quiet = (portals - busyOf(portals)) * (QUIET.runSeconds / QUIET.pollSeconds);
  return quiet + busyOf(portals) * (BUSY.runSeconds / QUIET.pollSeconds);
}

/** Ticks come at random within their minute: so many at once are passed less than once in ten thousand instants. */
export function peakOf(mean: number): number {
  return mean + 3.72 * Math.sqrt(mean);
}

const PUT_EVENTS_SOURCE =
  'EventBridge quotas: 10,000 in us-east-1, us-west-2, eu-west-1; 2,400, 1,200, 600, 400 elsewhere';

export const LIMITS: readonly FleetLimit[] = [
  {
    what: 'Lambda: runs at once, peak',
    use: (portals) => peakOf(runsAtOnce(portals)),
    quota: 1_000,
    source: 'Lambda quotas: concurrent executions of an account and Region (a new account: 10)',
    remedy: 'ticks wait a minute and are dropped; ask for more, or poll quiet portals less often',
  },
  {
    what: 'Lambda: runs at once while HubSpot does not answer at all',
    use: (portals) => portals * Math.min(1, HANGING_RUN_SECONDS / QUIET.pollSeconds / 2),
    quota: 1_000,
    source: 'Lambda quotas; a run tries to its end, and the tick within it finds the lease held',
    remedy: 'nothing is lost, but other functions starve: set maxConcurrency, or an account of its own',
  },
  {
    what: 'Scheduler: invocations a second',
    use: runsPerSecond,
    quota: 1_000,
    source: 'Scheduler quotas: invocations throttle limit',
    remedy: 'ticks come late; ask for more',
  },
  {
    what: 'DynamoDB: writes a second to the list of standings',
    use: (portals) => runsPerSecond(portals) * QUIET.standingWrites,
    quota: 1_000,
    source: "DynamoDB developer guide: a partition's write units",
    remedy: 'leases are refused at random and their ticks fail; a second stack (each has a table)',
  },
  {
    what: 'DynamoDB: write units a second of the table',
    use: (portals) =>
      runsPerSecond(portals) * QUIET.writeUnits +
      (eventsPerSecond(portals) * BUSY.writeUnitsPerThousand) / 1_000,
    quota: 40_000,
    source: 'DynamoDB quotas: on-demand write units of a table (a new one takes 4,000 at once)',
    remedy: 'ask for more',
  },
  {
    what: 'STS: sessions a second, a new one for each run at worst',
    use: runsPerSecond,
    quota: 600,
    source: 'IAM and STS quotas: requests a second of an account and Region',
    remedy:
      'runs fail with secret-unavailable; keep secrets for longer (fewer sessions), or a second account',
  },
  {
    what: 'PutEvents calls a second, every day, us-east-1',
    use: (portals) => eventsPerSecond(portals) / 10,
    quota: 10_000,
    source: PUT_EVENTS_SOURCE,
    remedy: 'calls are throttled and sent again, events come later; ask for more',
  },
  {
    what: 'PutEvents calls a second, every day, smallest Regions',
    use: (portals) => eventsPerSecond(portals) / 10,
    quota: 400,
    source: PUT_EVENTS_SOURCE,
    remedy: 'ask for more',
  },
  {
    what: 'PutEvents calls a second, every busy portal far behind, us-east-1',
    use: (portals) => busyOf(portals) * CATCHING_UP_CALLS,
    quota: 10_000,
    source: '90 pages of 1,000 in ten seconds are 900 calls a second',
    remedy:
      'as fast as the quota lets them; lower maxRequestsPer10Seconds, so that live portals keep their part',
  },
  {
    what: 'PutEvents calls a second, one portal far behind, smallest Regions',
    use: (portals) => Math.min(1, portals) * CATCHING_UP_CALLS,
    quota: 400,
    source: PUT_EVENTS_SOURCE,
    remedy: 'at 4,000 events a second instead of 9,000',
  },
  {
    what: 'deliveries a second, one rule for every event, us-east-1',
    use: eventsPerSecond,
    quota: 18_750,
    source: 'EventBridge quotas: invocations; 4,500 in eu-central-1, 750 in the smallest',
    remedy: 'delivered later, nothing lost; ask for more',
  },
  {
    what: 'roll call in a new process: seconds',
    use: rollCallSeconds(Number.POSITIVE_INFINITY),
    quota: 120,
    source: "the function's timeout; eight GetSchedule at once",
    remedy: 'it fails, and its alarm rings; a second stack',
  },
  {
    what: 'roll call in a new process, where Scheduler answers 50 GetSchedule a second: seconds',
    use: rollCallSeconds(50),
    quota: 120,
    source: 'Scheduler quotas: 50 to 1,000 a second by Region',
    remedy: 'it fails, and its alarm rings: ask for more',
  },
];

/** Seconds to list the schedules and to read each one's input, which only this process has read before. */
function rollCallSeconds(mostPerSecond: number): (portals: number) => number {
  const { pageSeconds, pageSize, inputSeconds, atOnce } = ROLL_CALL;
  const perSecond = Math.min(mostPerSecond, atOnce / inputSeconds);
  return (portals) => Math.ceil(portals / pageSize) * pageSeconds + portals / perSecond;
}

/** The least number of portals that takes more than the quota. */
export function portalsOver({ use, quota }: Pick<FleetLimit, 'use' | 'quota'>): number {
  let most = 1;
  while (use(most) <= quota) {
    most *= 2;
    if (most > 1e12) return Number.POSITIVE_INFINITY;
  }
  let least = Math.floor(most / 2);
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (use(middle) <= quota) least = middle;
    else most = middle;
  }
  return most;
}

/** A month's price in dollars: of the polling, of the busy portals' events, and for each portal. */
export function priceOf(portals: number, memoryMb: number) {
  const runs = MONTH_SECONDS / QUIET.pollSeconds;
  const { total } = billOf(
    {
      events: 0,
      writeUnits: runs * QUIET.writeUnits,
      readUnits: runs * QUIET.readUnits,
      runs,
      runSeconds: runs * QUIET.runSeconds,
      logBytes: runs * QUIET.logBytes,
      tableBytes: 0,
      secretReads: secretReadsOf(runs, peakOf(runsAtOnce(portals)), SECRET_CACHE_MS / 1_000),
    },
    memoryMb,
  );
  const polling = portals * (total + PRICES.secretMonth);
  const events = (busyOf(portals) * BUSY.eventsAMonth * BUSY.dollarsPerMillion) / 1e6;
  return { polling, events, perPortal: polling / portals, total: polling + events };
}
