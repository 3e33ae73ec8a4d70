/** What a million events cost, and a month, by AWS's list prices. */
import { POLLER_MEMORY_MB } from '../../../infra/constructs/poller-function.ts';
import { type BenchCase, judge, type Size, show } from '../case.ts';
import { LEDGER_BYTES, measureMonth } from '../lab/month.ts';
import { type Bill, billOf, fixedMonth } from '../lab/prices.ts';
import { synthesizeOnce } from '../lab/stack-lab.ts';
import { measureCpuFigures } from './cpu.ts';
import { backlog } from './tick.ts';

const MILLION = 1_000_000;
const TARGET = 1.04;

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
      ],
      notes: [
        `cost: an hour of each volume on virtual time, with a day's ledger behind it and its hourly sweep of 24 hours in it, times 720; CPU time as measured on this machine, taken for a vCPU of Lambda's; list prices of us-east-1, no free tier. One million more: the step from ${before.millions} to ${last.millions} million a month; the rest of a month's price is polling ten types every minute, whatever they show. The overlap reads each event some six times, a sweep of 24 hours every hour 24 times more: what that takes in read units and CPU time is the price of the steady rows over the first; sweepEveryMinutes and sweepLookbackHours set it. Besides, $${show(fixed, 2)} a month for CloudWatch's metrics and alarms and the secret.`,
      ],
      counts: {
        caughtUp,
        unswept,
        marginal,
        idleMonth: idle.bill.total,
        fixedMonth: fixed,
        ...Object.fromEntries(months.map(({ millions, bill }) => [`month${millions}M`, bill.total])),
      },
    };
  },
};

/** A million events more a month where nothing is swept. */
async function perMillion(before: number, last: number, size: Size): Promise<number> {
  const [less, more] = [
    await measureMonth(before * MILLION, size, 0),
    await measureMonth(last * MILLION, size, 0),
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
      waitSeconds: 0,
      cpuSeconds: (msPerEvent * MILLION) / 1_000,
      logBytes: logBytesPerEvent * MILLION,
      tableBytes: MILLION * LEDGER_BYTES,
    },
    POLLER_MEMORY_MB,
  ).total;
}
