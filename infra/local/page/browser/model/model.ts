/** All that the page knows, changed by the server's messages only. */
import type { EventRow, Hello, LagLine, Message, Run, Second, State } from '../../messages.ts';

/** `refused`: npm start was started again, and its new address must be opened. */
export type Link = 'opening' | 'live' | 'waiting' | 'refused';

export interface Snapshot {
  readonly link: Link;
  readonly hello: Hello | undefined;
  readonly state: State | undefined;
  readonly runs: readonly Run[];
  /** By portal and stream. */
  readonly lag: ReadonlyMap<string, LagLine>;
  readonly seconds: readonly Second[];
}

/** The last events, the latest first. They change far more often than the rest. */
export interface EventsSnapshot {
  readonly rows: readonly EventRow[];
  readonly total: number;
}

export interface Model {
  readonly main: Observable<Snapshot>;
  readonly events: Observable<EventsSnapshot>;
  readonly receive: (message: Message) => void;
  readonly setLink: (link: Link) => void;
}

export interface Observable<T> {
  readonly get: () => T;
  readonly subscribe: (listener: () => void) => () => void;
}

export const KEPT_MS = 15 * 60_000;
/** A page that was just opened shows less of the past, or all would stand at its edge. */
const LEAST_SHOWN_MS = 3 * 60_000;
const KEPT_ROWS = 500;

export function createModel(): Model {
  const main = createValue<Snapshot>({
    link: 'opening',
    hello: undefined,
    state: undefined,
    runs: [],
    lag: new Map(),
    seconds: [],
  });
  const events = createValue<EventsSnapshot>({ rows: [], total: 0 });
  const change = (changes: Partial<Snapshot>) => main.set({ ...main.get(), ...changes });

  function receive(message: Message): void {
    switch (message.kind) {
      case 'hello':
        events.set({ rows: [], total: 0 });
        change({
          link: 'live',
          hello: message,
          runs: message.runs,
          lag: new Map(message.lag.map((line) => [keyOf(line), line])),
          seconds: message.seconds,
        });
        return;
      case 'state':
        change({ state: message, seconds: addSecond(main.get().seconds, message.second) });
        return;
      case 'run':
        change({ runs: addRun(main.get().runs, message.run), lag: addLag(main.get().lag, message.lag) });
        return;
      case 'events': {
        const { rows, total } = events.get();
        const latest = [...message.rows.toReversed(), ...rows].slice(0, KEPT_ROWS);
        events.set({ rows: latest, total: total + message.rows.length + message.unshown });
        return;
      }
      default:
        message satisfies never;
    }
  }

  return { main, events, receive, setLink: (link) => change({ link }) };
}

/** From where the charts show time: the first that is known, fifteen minutes back at most. */
export function shownFrom({ runs, state }: Pick<Snapshot, 'runs' | 'state'>): number {
  const now = state?.now ?? 0;
  const first = runs[0]?.startedAt ?? now;
  return Math.max(now - KEPT_MS, Math.min(first, now - LEAST_SHOWN_MS));
}

export function keyOf({ portal, stream }: { readonly portal: string; readonly stream: string }): string {
  return `${portal} ${stream}`;
}

/** The server tells how all stands more than once in a second, too. */
function addSecond(seconds: readonly Second[], second: Second): readonly Second[] {
  if (seconds.at(-1)?.[0] === second[0]) return seconds;
  return [...seconds, second].filter(([at]) => at > second[0] - KEPT_MS);
}

function addRun(runs: readonly Run[], run: Run): readonly Run[] {
  return [...runs, run].filter(({ endedAt }) => endedAt > run.endedAt - KEPT_MS);
}

function addLag(lag: Snapshot['lag'], added: readonly LagLine[]): Snapshot['lag'] {
  const next = new Map(lag);
  for (const line of added) {
    const points = [...(next.get(keyOf(line))?.points ?? []), ...line.points];
    const from = (points.at(-1)?.[0] ?? 0) - KEPT_MS;
    next.set(keyOf(line), { ...line, points: points.filter(([at]) => at > from) });
  }
  return next;
}

function createValue<T>(first: T): Observable<T> & { readonly set: (value: T) => void } {
  const listeners = new Set<() => void>();
  let value = first;
  return {
    get: () => value,
    set: (next) => {
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
