/** CPU time per event: this poller, the loop a user would write, and the lower bound, warm, in processes of their own. */
import { ENVIRONMENT } from '../../../functions/poller/contract.ts';
import { type BenchCase, judge, median, type Size, show } from '../case.ts';
import type { EvenHistory } from '../lab/even-history.ts';
import { functionNamed, type LabResult, openStackLab, type StackLab } from '../lab/stack-lab.ts';

const TYPES_AT_ONCE = 3;

/** Waiting costs no CPU time: the answers come soon, so that the sequential loops end. */
const LATENCY_MS = 20;

export const cpu: BenchCase = {
  name: 'cpu',
  about: 'CPU time per event, beside the lower bound and the loop a user would write',
  isTimed: true,
  async run(size) {
    const rounds = size === 'full' ? 5 : 1;
    const eventsOfType = size === 'full' ? 10_000 : 500;
    const history = backlogOf(rounds, eventsOfType);
    const open = (name: 'measured-poller' | 'naive' | 'bound') =>
      openStackLab({ history, latencyMs: LATENCY_MS, per10Seconds: null, entry: functionNamed(name) });
    await using poller = await open('measured-poller');
    await using naive = await open('naive');
    await using bound = await open('bound');
    const [ofPoller, ofNaive, ofBound]: [number[], number[], number[]] = [[], [], []];
    const warmUp = 1;
    for (let round = 0; round < rounds + warmUp; round += 1) {
      const figures = [
        await readBacklog(poller, history, round),
        await readBacklog(naive, history, round),
        await readBacklog(bound, history, round),
      ];
      if (round < warmUp) continue;
      for (const [index, list] of [ofPoller, ofNaive, ofBound].entries()) list.push(figures[index] ?? 0);
    }
    const [mine, loop, least] = [median(ofPoller), median(ofNaive), median(ofBound)];
    const ratio = median(ofPoller.map((figure, round) => figure / (ofBound[round] ?? figure)));
    return {
      rows: [
        {
          what: 'CPU per event',
          poller: `${show(mine * 1_000)} µs, ${show(ratio, 2)} ×`,
          naive: `${show(loop * 1_000)} µs`,
          bound: `${show(least * 1_000)} µs`,
          target: '≤ 1.50 × the lower bound',
          verdict: judge(ratio <= 1.5),
        },
      ],
      notes: [
        `cpu: user and system time of the function's own process, warm; the median of ${rounds} rounds of ${show(TYPES_AT_ONCE * eventsOfType)} events of some 750 bytes, the three side by side in each round; no rate limit, answers after ${LATENCY_MS} ms. Most of it, of the poller as of the bound, is the SDK's: signing, serializing and sending a call for every ten events. npm run bench -- profile names the hottest functions.`,
      ],
      counts: {
        events: poller.eventsOnBus(),
        naiveEvents: naive.eventsOnBus(),
        boundEvents: bound.eventsOnBus(),
        putEventsCalls: poller.calls.get('eventbridge.PutEvents') ?? 0,
        cpuMsPerEvent: mine,
        ratio,
      },
    };
  },
};

/** Every round has types of its own: their events are new to whoever reads them. */
function backlogOf(rounds: number, eventsOfType: number): EvenHistory {
  const endsAt = Date.now() - 60_000;
  const everyMs = 60;
  const eventTypes = Array.from({ length: rounds + 1 }, (_, round) => typesOf(round)).flat();
  return { eventTypes, startsAt: endsAt - eventsOfType * everyMs, endsAt, everyMs };
}

function typesOf(round: number): string[] {
  return Array.from({ length: TYPES_AT_ONCE }, (_, index) => `e_round_${round}_${index}`);
}

/** Milliseconds of CPU time per event. */
async function readBacklog(lab: StackLab, { startsAt }: EvenHistory, round: number): Promise<number> {
  const { measured, eventsPublished } = await lab.invoke({
    eventTypes: typesOf(round),
    startFrom: new Date(startsAt).toISOString(),
    sweepEveryMinutes: 0,
    maxRequestsPer10Seconds: 10_000,
  });
  return measured.cpuMs / eventsPublished;
}

/** What the poller's runs cost in CPU time: the figures that costs and the function's size are modelled from. */
export interface CpuFigures {
  readonly msPerEvent: number;
  /** Of an event that is read again, and known. */
  readonly msPerKnownEvent: number;
  /** Of a warm tick with ten types that show nothing. */
  readonly msPerTick: number;
  readonly logBytesPerTick: number;
  readonly logBytesPerEvent: number;
}

let measuredFigures: Promise<CpuFigures> | undefined;

/** Measured once in a process. */
export function measureCpuFigures(size: Size): Promise<CpuFigures> {
  measuredFigures ??= measureFigures(size);
  return measuredFigures;
}

async function measureFigures(size: Size): Promise<CpuFigures> {
  const eventsOfType = size === 'full' ? 5_000 : 300;
  const history = backlogOf(2, eventsOfType);
  await using lab = await openStackLab({
    history,
    latencyMs: LATENCY_MS,
    per10Seconds: null,
    entry: functionNamed('measured-poller'),
  });
  await readBacklog(lab, history, 0);
  const logged = lab.logBytes();
  const msPerEvent = await readBacklog(lab, history, 1);
  const logBytesOfBacklog = lab.logBytes() - logged;
  // A new process, which has the ledger to read as a sweep has: what one remembers of it is the last hours' at most.
  lab.stack.coldStart();
  await readAgain(lab, history, 0);
  const again = await readAgain(lab, history, 1);
  const { msPerTick, logBytesPerTick } = await measureTicks(lab, 10);
  const events = TYPES_AT_ONCE * eventsOfType;
  return {
    msPerEvent,
    msPerKnownEvent: Math.max(0, again.measured.cpuMs - msPerTick) / events,
    msPerTick,
    logBytesPerTick,
    logBytesPerEvent: (logBytesOfBacklog - logBytesPerTick) / events,
  };
}

/** The round's events read again, each of them known: the overlap holds them all. */
function readAgain(lab: StackLab, { startsAt }: EvenHistory, round: number): Promise<LabResult> {
  return lab.invoke({
    eventTypes: typesOf(round),
    startFrom: new Date(startsAt).toISOString(),
    sweepEveryMinutes: 0,
    overlapSeconds: 3_600,
    maxRequestsPer10Seconds: 10_000,
  });
}

/** What a tick without events takes. */
export type TickFigures = Pick<CpuFigures, 'msPerTick' | 'logBytesPerTick'>;

/** Of a portal with three types in a fleet: its figures are in its log lines. */
export async function measureQuietTick(size: Size): Promise<TickFigures> {
  const history = backlogOf(1, size === 'full' ? 2_000 : 100);
  await using lab = await openStackLab({
    history,
    latencyMs: LATENCY_MS,
    per10Seconds: null,
    entry: functionNamed('measured-poller'),
    environment: { [ENVIRONMENT.metrics]: 'fleet' },
  });
  // What a process compiles at its first events is not of a quiet tick.
  await readBacklog(lab, history, 0);
  return await measureTicks(lab, 3);
}

async function measureTicks(lab: StackLab, types: number): Promise<TickFigures> {
  const eventTypes = Array.from({ length: types }, (_, index) => `e_idle_${index}`);
  const idle = { eventTypes, pollSeconds: 60, sweepEveryMinutes: 0 };
  await lab.invoke(idle);
  const logged = lab.logBytes();
  const ticks: number[] = [];
  for (let tick = 0; tick < 5; tick += 1) ticks.push((await lab.invoke(idle)).measured.cpuMs);
  return { msPerTick: median(ticks), logBytesPerTick: (lab.logBytes() - logged) / ticks.length };
}
