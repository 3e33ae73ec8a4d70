/** What a million events cost, and a month, by AWS's list prices. */

import { SECRET_CACHE_MS } from '../../../functions/poller/adapters/secrets-manager/secrets-manager.ts';
import { synthesize } from '../../../infra/build/synth.ts';
import { POLLER_MEMORY_MB } from '../../../infra/constructs/poller-function.ts';
import { type BenchCase, judge, type Size, show, type Table } from '../case.ts';
import { LEDGER_BYTES, measureMonth, measureQuietMonth } from '../lab/month.ts';
import {
  type Bill,
  billOf,
  fixedMonth,
  HOURS_A_MONTH,
  PRICES,
  sharedMonth,
  slownessOf,
} from '../lab/prices.ts';
import { peakOf, runsAtOnce } from '../lab/scale-model.ts';
import { synthesizeOnce } from '../lab/stack-lab.ts';
import { measureCpuFigures } from './cpu.ts';
import { backlog } from './tick.ts';

const MILLION = 1_000_000;
const TARGET = 1.04;
const FLEET = 1_000;
const FLEET_TARGET = 1;

interface Month {
  readonly millions: number;
  readonly events: number;
  readonly bill: Bill;
  /** Write and read units. */
  readonly perThousand: readonly number[];
}

export const cost: BenchCase = {
  name: 'cost',
  about: 'the cost per million events, and of a month with 0, 1, 10 and 100 million',
  isTimed: true,
  async run(size) {
    const volumes = size === 'full' ? [0, 1, 10, 100] : [0, 1, 3];
    const months: Month[] = [];
    for (const millions of volumes) {
      const usage = await measureMonth(millions * MILLION, size);
      const thousands = Math.max(1, usage.events / 1_000);
      const perThousand = [usage.writeUnits / thousands, usage.readUnits / thousands];
      months.push({ millions, events: usage.events, bill: billOf(usage, POLLER_MEMORY_MB), perThousand });
    }
    const [idle] = months;
    const [before, last] = months.slice(-2);
    if (idle === undefined || before === undefined || last === undefined)
      throw new Error('Counting the cost of a month: there must be several, found too few');
    const marginal = ((last.bill.total - before.bill.total) * MILLION) / (last.events - before.events);
    const unswept = await perMillion(before.millions, last.millions, size);
    const caughtUp = await billBacklog(size);
    const quiet = await billQuietPortal(size, 60);
    const asDeployed = await billQuietPortal(size, 300);
    const fixed = fixedMonth(synthesizeOnce().template);
    return {
      rows: [
        {
          what: 'one million events, catching up',
          poller: `$${show(caughtUp, 3)}`,
          bound: '$1.000',
          target: `≤ $${TARGET}`,
          verdict: judge(caughtUp <= TARGET),
        },
        {
          what: 'one million events more a month, polled every minute',
          poller: `$${show(unswept, 3)}`,
          bound: '$1.000',
          target: `≤ $${TARGET}`,
          verdict: judge(unswept <= TARGET),
        },
        {
          what: '… and swept every hour, 24 hours back',
          poller: `$${show(marginal, 3)}`,
          bound: '$1.000',
          target: `≤ $${TARGET}`,
          verdict: judge(marginal <= TARGET),
        },
        {
          what: `a quiet portal of three types in a fleet of ${show(FLEET)}, all in, a month`,
          poller: `$${show(quiet.total, 2)}; $${show(asDeployed.total, 2)} with the default idlePollSeconds`,
          target: `≤ $${show(FLEET_TARGET, 2)} polled every minute`,
          verdict: judge(quiet.total <= FLEET_TARGET),
        },
        {
          what: 'a month in which nothing happens, 10 types',
          poller: `$${show(idle.bill.total, 2)}`,
          target: '',
          verdict: 'shown',
        },
      ],
      tables: [
        {
          name: 'cost-month',
          title: `A month of one portal with 10 types, in dollars, polled every minute by a ${POLLER_MEMORY_MB} MB function`,
          head: [
            'events',
            'EventBridge',
            'DynamoDB',
            'Lambda',
            'Scheduler, logs, secret',
            'in all',
            'per million',
            'write / read units per 1,000 events',
          ],
          rows: months.map(({ millions, events, bill, perThousand }) => [
            millions === 0 ? '0' : `${millions} M`,
            ...[bill.eventBridge, bill.dynamoDb, bill.lambda, bill.others, bill.total].map((sum) =>
              show(sum, 2),
            ),
            millions === 0 ? '' : show((bill.total * MILLION) / events, 3),
            millions === 0 ? '' : perThousand.map((units) => show(units, 1)).join(' / '),
          ]),
        },
        quietTable(quiet, asDeployed),
      ],
      notes: [
        `cost: an hour of each volume on virtual time, the second one of a process, with a day's ledger behind it and every stream's sweep in it, times ${HOURS_A_MONTH}; CPU time as measured on this machine, taken for a vCPU of Lambda's, of which the function has its share, and passing on the virtual clock, beside what waits; list prices of us-east-1, no free tier. One million more: the step from ${before.millions} to ${last.millions} million a month; the rest of a month's price is polling ten types every minute, whatever they show. The overlap reads each event some six times, the sweeps 6.5 times more: what that takes in read units and in the function's time is the price of the steady rows over the first; sweepEveryMinutes and sweepLookbackHours set it. Besides, $${show(fixed, 2)} a month for CloudWatch's metrics and alarms and the secret.`,
      ],
      counts: {
        caughtUp,
        unswept,
        marginal,
        idleMonth: idle.bill.total,
        quietMonth: quiet.total,
        quietMonthAsDeployed: asDeployed.total,
        fixedMonth: fixed,
        ...Object.fromEntries(months.map(({ millions, bill }) => [`month${millions}M`, bill.total])),
      },
    };
  },
};

/** What a quiet portal of a fleet costs a month, part by part in dollars. */
async function billQuietPortal(size: Size, idlePollSeconds: number): Promise<QuietBill> {
  // As many processes as are at work at once at their peak: Lambda ends those that have long had nothing to do.
  const processes = Math.ceil(peakOf(runsAtOnce(FLEET)));
  const usage = await measureQuietMonth(size, idlePollSeconds, processes);
  const { dynamoDb, lambda } = billOf(usage, POLLER_MEMORY_MB);
  const { template } = synthesize({ flags: { manyPortals: true } });
  const parts = {
    secret: PRICES.secretMonth,
    'Lambda, time and requests': lambda,
    DynamoDB: dynamoDb,
    Scheduler: usage.runs * PRICES.schedulerInvocation,
    logs: (usage.logBytes / 1e9) * PRICES.logGigabyte,
    [`reading the secret, by each of ${processes} processes every ${SECRET_CACHE_MS / 60_000} min`]:
      usage.secretReads * PRICES.secretCall,
    "the roll call's metrics, alarms, dashboard, shared": sharedMonth(template) / FLEET,
  };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { parts, total, runSeconds: usage.runSeconds / usage.runs };
}

interface QuietBill {
  readonly parts: Readonly<Record<string, number>>;
  readonly total: number;
  /** A run's, as it is billed. */
  readonly runSeconds: number;
}

function quietTable(quiet: QuietBill, asDeployed: QuietBill): Table {
  const inAll = (bill: QuietBill) => ({ ...bill.parts, 'in all': bill.total });
  const others: Readonly<Record<string, number>> = inAll(asDeployed);
  return {
    name: 'cost-fleet',
    title: `A month of a quiet portal of three types in a fleet of ${show(FLEET)}, in dollars`,
    head: ['part', 'each type every minute', 'as idlePollSeconds 300 has it'],
    rows: [
      ...Object.entries(inAll(quiet)).map(([part, sum]) => [part, show(sum, 3), show(others[part] ?? 0, 3)]),
      ['seconds billed for a run', show(quiet.runSeconds, 2), show(asDeployed.runSeconds, 2)],
    ],
  };
}

/** A million events more a month where nothing is swept. */
async function perMillion(before: number, last: number, size: Size): Promise<number> {
  const [less, more] = [
    await measureMonth(before * MILLION, size, { sweepEveryMinutes: 0 }),
    await measureMonth(last * MILLION, size, { sweepEveryMinutes: 0 }),
  ];
  const difference = billOf(more, POLLER_MEMORY_MB).total - billOf(less, POLLER_MEMORY_MB).total;
  return (difference * MILLION) / (more.events - less.events);
}

/** A million events of a backlog: the units of a counted one, and its CPU time; nothing waits where all is there. */
async function billBacklog(size: Size): Promise<number> {
  const { counts } = await backlog.run(size);
  const { msPerEvent, logBytesPerEvent } = await measureCpuFigures(size);
  const { writeUnits = Number.NaN, readUnits = Number.NaN } = counts;
  const thousands = MILLION / 1_000;
  return billOf(
    {
      events: MILLION,
      writeUnits: writeUnits * thousands,
      readUnits: readUnits * thousands,
      runs: 0,
      runSeconds: (msPerEvent * MILLION * slownessOf(POLLER_MEMORY_MB)) / 1_000,
      logBytes: logBytesPerEvent * MILLION,
      tableBytes: MILLION * LEDGER_BYTES,
      secretReads: 0,
    },
    POLLER_MEMORY_MB,
  ).total;
}
