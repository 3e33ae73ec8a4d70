/** The lag lines as one table: an instant a column, a stream a row. */
import type { Stream } from '../../messages.ts';
import { keyOf, type Snapshot } from '../model/model.ts';

export interface LagTable {
  readonly keys: readonly string[];
  /** UNIX seconds. */
  readonly at: readonly number[];
  readonly rows: readonly (readonly (number | null)[])[];
}

/** So many values are drawn without anybody noticing; with more, the streams furthest behind stand for all. */
const MOST_VALUES = 80_000;
/** The scale is logarithmic: nothing is nearer to the present. */
const LEAST_SECONDS = 0.5;

export function tableOf({ lag, state }: Pick<Snapshot, 'lag' | 'state'>): LagTable {
  if (state === undefined) return { keys: [], at: [], rows: [] };
  const instants = new Set<number>([state.now]);
  for (const { points } of lag.values()) for (const [at] of points) instants.add(at);
  const at = [...instants].sort((one, other) => one - other);
  const most = Math.max(1, Math.floor(MOST_VALUES / at.length));
  const streams = state.streams.toSorted((one, other) => one.watermark - other.watermark).slice(0, most);
  const columns = new Map(at.map((instant, index) => [instant, index]));
  const rows = streams.map((stream) => rowOf(stream, state.now, lag, columns));
  return { keys: streams.map(keyOf), at: at.map((instant) => instant / 1_000), rows };
}

function rowOf(
  stream: Stream,
  now: number,
  lag: Snapshot['lag'],
  columns: ReadonlyMap<number, number>,
): (number | null)[] {
  const row: (number | null)[] = Array.from({ length: columns.size }, () => null);
  const put = (at: number, seconds: number) => {
    const column = columns.get(at);
    if (column !== undefined) row[column] = Math.max(LEAST_SECONDS, seconds);
  };
  for (const [at, seconds] of lag.get(keyOf(stream))?.points ?? []) put(at, seconds);
  put(now, (now - stream.watermark) / 1_000);
  return row;
}
