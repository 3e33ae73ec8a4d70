/** A reading between a HubSpot of given events and a run that does everything in the order of a script. */
import { type Pass, startPass, withoutCursors } from '../../../functions/poller/core/checkpoint.ts';
import { type PageEntry, parseEntry } from '../../../functions/poller/core/event/event.ts';
import {
  forgetCursor,
  isWithin,
  noteAnswer,
  notePartly,
  noteResolved,
  type PageToAsk,
  passOf,
  type Reading,
  segmentOf,
  startReading,
  takePage,
} from '../../../functions/poller/core/reading/reading.ts';
import type { Span } from '../../../functions/poller/core/reading/sweep.ts';

export interface Hub {
  /** In the order in which pages have them. */
  readonly entries: readonly PageEntry[];
  readonly mostPerPage: number;
}

/** Ascending, as HubSpot's pages are; events of one instant keep their order. */
export function hubOf(instants: readonly number[], mostPerPage: number): Hub {
  const sorted = instants.toSorted((a, b) => a - b);
  return { entries: sorted.map((occurredAt, index) => entryAt(occurredAt, `at-${index}`)), mostPerPage };
}

export function entryAt(occurredAt: number, id: string): PageEntry {
  return parseEntry({ id, eventType: 'e_one', occurredAt });
}

export interface Answer {
  readonly entries: readonly PageEntry[];
  readonly cursor: string | undefined;
}

/**
 * A page as HubSpot may give it at the widest: bounds by the second, both inclusive, and a millisecond more. A cursor
 * counts within its own window. @throws where one comes with another
 */
export function answerPage({ entries, mostPerPage }: Hub, { from, to, cursor }: PageToAsk): Answer {
  const [window, index] = cursor === undefined ? [`${from}-${to}`, '0'] : cursor.split('|');
  if (window !== `${from}-${to}`)
    throw new Error(`A cursor must come with the window it is of, found ${window} with ${from}-${to}`);
  const [first, last] = [Math.floor(from / 1_000) * 1_000 - 1, Math.ceil((to + 1) / 1_000) * 1_000];
  const within = entries.filter(({ occurredAt = first }) => occurredAt >= first && occurredAt <= last);
  const start = Number(index);
  const end = start + mostPerPage;
  const isMore = end < within.length;
  return { entries: within.slice(start, end), cursor: isMore ? `${window}|${end}` : undefined };
}

interface Flight {
  readonly page: PageToAsk;
  /** Those of its entries that the window is to show; undefined until it is answered. */
  readonly own: readonly PageEntry[] | undefined;
}

/** A run over one reading, and what came of it. */
export class ScriptedRun {
  reading: Reading;
  flights: readonly Flight[] = [];
  readonly published = new Set<PageEntry>();
  /** The pages that were asked for. */
  readonly asked: PageToAsk[] = [];
  readonly #hub: Hub;
  readonly #chains: number;
  #isFailing = false;

  constructor(hub: Hub, pass: Pass, chains: number, spans?: readonly Span[]) {
    this.#hub = hub;
    this.#chains = chains;
    this.reading = startReading('live', pass, Number.NEGATIVE_INFINITY, spans);
  }

  /** Everything that could come next where nothing fails; nothing but a new run once the reading has failed. */
  steps(): (() => void)[] {
    if (this.#isFailing && this.flights.length === 0) return [() => this.reopen(passOf(this.reading))];
    const taken = this.#isFailing ? undefined : takePage(this.reading, this.#chains);
    const asking = taken !== undefined && this.flights.length < 12 ? [() => this.#ask(taken)] : [];
    const going = this.flights.map((flight) => {
      const { own } = flight;
      return own === undefined ? () => this.#answer(flight) : () => this.#resolve(flight, own);
    });
    return [...asking, ...going];
  }

  /** Everything that could fail now. */
  failures(): (() => void)[] {
    const ofFlights = this.flights.flatMap((flight) => {
      const { own, page } = flight;
      if (own !== undefined) return own.length > 0 ? [() => this.#resolvePartly(flight, own)] : [];
      const failing = () => this.#fail(flight, this.reading);
      const isResumed = segmentOf(this.reading, page.segmentId)?.isResumed === true;
      return isResumed ? [failing, () => this.#lose(flight, forgetCursor(this.reading, page))] : [failing];
    });
    return [
      ...ofFlights,
      () => this.reopen(passOf(this.reading)),
      () => this.reopen(withoutCursors(passOf(this.reading))),
    ];
  }

  /** Another run goes on with what was stored; what is under way is lost. */
  reopen(pass: Pass): void {
    this.reading = startReading('live', pass, Number.NEGATIVE_INFINITY);
    this.flights = [];
    this.#isFailing = false;
  }

  #ask({ reading, page }: { reading: Reading; page: PageToAsk }): void {
    this.reading = reading;
    this.asked.push(page);
    this.flights = [...this.flights, { page, own: undefined }];
  }

  #answer(flight: Flight): void {
    const { entries, cursor } = answerPage(this.#hub, flight.page);
    this.reading = noteAnswer(this.reading, flight.page, entries, cursor);
    const own = entries.filter((entry) => isWithin(this.reading, entry));
    this.flights = this.flights.map((other) => (other === flight ? { ...flight, own } : other));
  }

  #resolve(flight: Flight, own: readonly PageEntry[]): void {
    this.#publish(own);
    this.#lose(flight, noteResolved(this.reading, flight.page));
  }

  /** All but one in the middle of it: what lies behind that one may be published, too. */
  #resolvePartly(flight: Flight, own: readonly PageEntry[]): void {
    const left = own[Math.floor(own.length / 2)];
    this.#publish(own.filter((entry) => entry !== left));
    this.#fail(flight, notePartly(this.reading, flight.page, left?.occurredAt));
  }

  #fail(flight: Flight, reading: Reading): void {
    this.#isFailing = true;
    this.#lose(flight, reading);
  }

  #lose(flight: Flight, reading: Reading): void {
    this.reading = reading;
    this.flights = this.flights.filter((other) => other !== flight);
  }

  #publish(entries: readonly PageEntry[]): void {
    for (const entry of entries) this.published.add(entry);
  }
}

/** Reads on, each time the first thing that can be done, until everything is read. */
export function readToEnd(run: ScriptedRun, mostSteps = 20_000): void {
  for (let step = 0; run.reading.segments.length > 0; step += 1) {
    if (step === mostSteps) throw new Error(`A reading must end, found one that goes on after ${step} steps`);
    run.steps()[0]?.();
  }
}

/** A run over the whole of a window. */
export function readWindow(hub: Hub, from: number, to: number, chains = 12): ScriptedRun {
  const run = new ScriptedRun(hub, startPass(from, to, to), chains);
  readToEnd(run);
  return run;
}
