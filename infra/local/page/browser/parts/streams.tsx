import { useState } from 'preact/hooks';
import type { Hello, State, Stream } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';
import { formatInstant, formatSeconds, plural } from '../model/format.ts';
import { keyOf } from '../model/model.ts';
import { Card } from './card.tsx';
import { Checkpoint } from './checkpoint.tsx';

interface StreamsProps {
  readonly state: State;
  readonly hello: Hello;
  readonly selected: string | undefined;
  readonly select: (key: string | undefined) => void;
  readonly connection: Connection;
}

const COLUMNS = ['stream', 'state', 'lag', 'watermark', 'last event'] as const;
type Column = (typeof COLUMNS)[number];

const STATES: Readonly<Record<Stream['state'], { readonly text: string; readonly rank: number }>> = {
  failing: { text: 'Failing', rank: 0 },
  aside: { text: 'Set aside', rank: 1 },
  reading: { text: 'Catching up', rank: 2 },
  current: { text: 'Current', rank: 3 },
};

/** So many rows are shown at first: a portal may have 150 streams. */
const FIRST_ROWS = 12;

/** Every stream, failing ones first; a click opens its checkpoint. */
export function Streams({ state, hello, selected, select, connection }: StreamsProps) {
  const [sort, setSort] = useState<{ readonly by: Column; readonly isDown: boolean }>({
    by: 'state',
    isDown: false,
  });
  const [isAll, setAll] = useState(false);
  const sorted = state.streams.toSorted(
    (one, other) => compare(one, other, sort.by) * (sort.isDown ? -1 : 1),
  );
  const shown = isAll ? sorted : sorted.slice(0, FIRST_ROWS);
  const withPortal = hello.portals.length > 1;
  return (
    <Card id="streams" title="Streams" aside={<span class="count">{plural(sorted.length, 'stream')}</span>}>
      {sorted.length === 0 ? (
        <p class="empty">No stream yet: the first run lists the portal’s event types.</p>
      ) : (
        <div class="table">
          <table>
            <thead>
              <tr>
                {COLUMNS.map((column) => (
                  <th
                    key={column}
                    scope="col"
                    class={column === 'lag' ? 'number' : ''}
                    aria-sort={sort.by === column ? (sort.isDown ? 'descending' : 'ascending') : 'none'}
                  >
                    <button
                      type="button"
                      onClick={() => setSort({ by: column, isDown: sort.by === column && !sort.isDown })}
                    >
                      {column}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((stream) => (
                <Row
                  key={keyOf(stream)}
                  stream={stream}
                  state={state}
                  withPortal={withPortal}
                  isOpen={selected === keyOf(stream)}
                  select={select}
                  connection={connection}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {sorted.length > FIRST_ROWS && (
        <button type="button" class="action" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? `Show the first ${FIRST_ROWS}` : `Show all ${sorted.length}`}
        </button>
      )}
    </Card>
  );
}

interface RowProps extends Pick<StreamsProps, 'state' | 'select' | 'connection'> {
  readonly stream: Stream;
  readonly withPortal: boolean;
  readonly isOpen: boolean;
}

function Row({ stream, state, withPortal, isOpen, select, connection }: RowProps) {
  const { now } = state;
  const key = keyOf(stream);
  const name = withPortal ? `${stream.portal}: ${stream.stream}` : stream.stream;
  return (
    <>
      <tr class={isOpen ? `open ${stream.state}` : stream.state} data-stream={stream.stream}>
        <th scope="row">
          <button
            type="button"
            class="disclose"
            aria-expanded={isOpen}
            onClick={() => select(isOpen ? undefined : key)}
          >
            {name}
          </button>
        </th>
        <td>
          <span class={`pill ${stream.state}`}>{STATES[stream.state].text}</span>
        </td>
        <td class="number">{formatSeconds((now - stream.watermark) / 1_000)}</td>
        <td class="instant">{formatInstant(stream.watermark, now)}</td>
        <td class="instant">
          {stream.lastEventAt === undefined ? (
            <span class="none">none yet</span>
          ) : (
            formatInstant(stream.lastEventAt, now)
          )}
        </td>
      </tr>
      {stream.reason !== undefined && (
        <tr class="why">
          <td colSpan={COLUMNS.length}>
            {stream.until !== undefined && `Set aside until ${formatInstant(stream.until, now)}. `}
            {stream.reason}
          </td>
        </tr>
      )}
      {isOpen && (
        <tr class="detail">
          <td colSpan={COLUMNS.length}>
            <Checkpoint stream={stream} now={now} connection={connection} />
          </td>
        </tr>
      )}
    </>
  );
}

function compare(one: Stream, other: Stream, by: Column): number {
  switch (by) {
    case 'stream':
      return one.stream.localeCompare(other.stream);
    case 'state':
      return STATES[one.state].rank - STATES[other.state].rank || one.stream.localeCompare(other.stream);
    case 'lag':
      return other.watermark - one.watermark;
    case 'watermark':
      return one.watermark - other.watermark;
    case 'last event':
      return (one.lastEventAt ?? 0) - (other.lastEventAt ?? 0);
    default:
      return by satisfies never;
  }
}
