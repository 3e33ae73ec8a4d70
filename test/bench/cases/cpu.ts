/** CPU time per event: this poller, the loop a user would write, and the lower bound, warm, in processes of their own. */
import { ENVIRONMENT } from '../../../functions/poller/contract.ts';
import { type BenchCase, judge, median, type Row, type Size, show } from '../case.ts';
import type { EvenHistory } from '../lab/even-history.ts';
import { functionNamed, type LabResult, openStackLab, type StackLab } from '../lab/stack-lab.ts';

/** What each round reads: events of ten minutes, all within them. */
interface Backlog {
  readonly types: number;
  readonly eventsOfType: number;
  /** Waiting costs no CPU time: where there is any it is short, so that the sequential loops end. */
  readonly latencyMs: number;
}

const SIDE_BY_SIDE: Backlog = { types: 3, eventsOfType: 10_000, latencyMs: 20 };
const ONE_CHAIN: Backlog = { types: 1, eventsOfType: 40_000, latencyMs: 0 };
const BACKLOG_MS = 600_000;
const TARGET = 1.25;

export const cpu: BenchCase = {
  name: 'cpu',
  about: 'CPU time per event, beside the lower bound and the loop a user would write',
  isTimed: true,
  async run(size) {
    const sideBySide = await compare(sized(SIDE_BY_SIDE, size), size);
    const oneChain = await compare(sized(ONE_CHAIN, size), size);
    return {
      rows: [
        rowOf('CPU per event, three types of 10,000, answers after 20 ms', sideBySide),
        rowOf('CPU per event, one type of 40,000, answers at once', oneChain),
      ],
      notes: [
        `cpu: user and system time of the function's own process, warm; the median of ${ROUNDS} rounds of events of some 750 bytes that lie within ten minutes, in pages of 1,000, the three side by side in each round; no rate limit. Most of it, of the poller as of the bound, is the SDK's: signing, serializing and sending a call for every ten events. npm run bench -- profile names the hottest functions.`,
      ],
      counts: { ...sideBySide, oneChainRatio: oneChain.ratio },
    };
  },
};

const ROUNDS = 9;

function sized(backlog: Backlog, size: Size): Backlog {
  return size === 'full' ? backlog : { ...backlog, eventsOfType: 500 };
}

interface Compared {
  readonly events: number;
  readonly naiveEvents: number;
  readonly boundEvents: number;
  readonly putEventsCalls: number;
  /** Medians over the rounds. */
  readonly cpuMsPerEvent: number;
  readonly naiveMsPerEvent: number;
  readonly boundMsPerEvent: number;
  /** The poller's to the bound's of the same round. */
  readonly ratio: number;
}

/** The three read each round's backlog one after the other; the first round only warms them up. */
async function compare(backlog: Backlog, size: Size): Promise<Compared> {
  const rounds = size === 'full' ? ROUNDS : 1;
  const history = backlogOf(backlog, rounds);
  const open = (name: 'measured-poller' | 'naive' | 'bound') =>
    openStackLab({
      history,
      latencyMs: backlog.latencyMs,
      per10Seconds: null,
      entry: functionNamed(name),
    });
  await using poller = await open('measured-poller');
  await using naive = await open('naive');
  await using bound = await open('bound');
  const figures: { mine: number; loop: number; least: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const mine = await readBacklog(poller, history, typesOf(backlog, round));
    const loop = await readBacklog(naive, history, typesOf(backlog, round));
    const least = await readBacklog(bound, history, typesOf(backlog, round));
    if (round > 0) figures.push({ mine, loop, least });
  }
  return {
    events: poller.eventsOnBus(),
    naiveEvents: naive.eventsOnBus(),
    boundEvents: bound.eventsOnBus(),
    putEventsCalls: poller.calls.get('eventbridge.PutEvents') ?? 0,
    cpuMsPerEvent: median(figures.map(({ mine }) => mine)),
    naiveMsPerEvent: median(figures.map(({ loop }) => loop)),
    boundMsPerEvent: median(figures.map(({ least }) => least)),
    ratio: median(figures.map(({ mine, least }) => mine / least)),
  };
}

function rowOf(what: string, { cpuMsPerEvent, naiveMsPerEvent, boundMsPerEvent, ratio }: Compared): Row {
  return {
    what,
    poller: `${show(cpuMsPerEvent * 1_000)} µs, ${show(ratio, 2)} ×`,
    naive: `${show(naiveMsPerEvent * 1_000)} µs`,
    bound: `${show(boundMsPerEvent * 1_000)} µs`,
    target: `≤ ${show(TARGET, 2)} × the lower bound`,
    verdict: judge(ratio <= TARGET),
  };
}

/** Every round has types of its own: their events are new to whoever reads them. */
function backlogOf(backlog: Backlog, rounds: number): EvenHistory {
  const endsAt = Date.now() - 60_000;
  const everyMs = BACKLOG_MS / backlog.eventsOfType;
  const eventTypes = Array.from({ length: rounds + 1 }, (_, round) => typesOf(backlog, round)).flat();
  return { eventTypes, startsAt: endsAt - BACKLOG_MS, endsAt, everyMs };
}

function typesOf({ types }: Backlog, round: number): string[] {
  return Array.from({ length: types }, (_, index) => `e_round_${round}_${index}`);
}

/** Milliseconds of CPU time per event. */
async function readBacklog(lab: StackLab, { startsAt }: EvenHistory, eventTypes: string[]): Promise<number> {
  const { measured, eventsPublished } = await lab.invoke({
    eventTypes,
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
  const backlog = { ...SIDE_BY_SIDE, eventsOfType: size === 'full' ? 5_000 : 300 };
  const history = backlogOf(backlog, 2);
  await using lab = await openStackLab({
    history,
    latencyMs: backlog.latencyMs,
    per10Seconds: null,
    entry: functionNamed('measured-poller'),
  });
  await readBacklog(lab, history, typesOf(backlog, 0));
  const logged = lab.logBytes();
  const msPerEvent = await readBacklog(lab, history, typesOf(backlog, 1));
  const logBytesOfBacklog = lab.logBytes() - logged;
  // A new process, which has the ledger to read as a sweep has: what one remembers of it is the last hours' at most.
  lab.stack.coldStart();
  await readAgain(lab, history, typesOf(backlog, 0));
  const again = await readAgain(lab, history, typesOf(backlog, 1));
  const { msPerTick, logBytesPerTick } = await measureTicks(lab, 10);
  const events = backlog.types * backlog.eventsOfType;
  return {
    msPerEvent,
    msPerKnownEvent: Math.max(0, again.measured.cpuMs - msPerTick) / events,
    msPerTick,
    logBytesPerTick,
    logBytesPerEvent: (logBytesOfBacklog - logBytesPerTick) / events,
  };
}

/** Events read again, each of them known: the overlap holds them all. */
function readAgain(lab: StackLab, { startsAt }: EvenHistory, eventTypes: string[]): Promise<LabResult> {
  return lab.invoke({
    eventTypes,
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
  const backlog = { ...SIDE_BY_SIDE, eventsOfType: size === 'full' ? 2_000 : 100 };
  const history = backlogOf(backlog, 1);
  await using lab = await openStackLab({
    history,
    latencyMs: backlog.latencyMs,
    per10Seconds: null,
    entry: functionNamed('measured-poller'),
    environment: { [ENVIRONMENT.metrics]: 'fleet' },
  });
  // What a process compiles at its first events is not of a quiet tick.
  await readBacklog(lab, history, typesOf(backlog, 0));
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
