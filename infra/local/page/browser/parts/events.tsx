import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventRow } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';
import { formatBytes, formatCount, formatInstant } from '../model/format.ts';
import type { EventsSnapshot, Model } from '../model/model.ts';
import { useValue } from '../model/use-value.ts';
import { Card } from './card.tsx';
import { Dialog } from './dialog.tsx';

interface EventsProps {
  readonly model: Model;
  readonly connection: Connection;
}

/** The height of a row in the style, in pixels. */
const ROW_HEIGHT = 30;
const ROWS_BEYOND = 4;

/** The events as they land, with a field for a rule's pattern. They stand still while somebody points at them. */
export function Events({ model, connection }: EventsProps) {
  const latest = useValue(model.events);
  const [held, setHeld] = useState<EventsSnapshot | undefined>(undefined);
  const [opened, setOpened] = useState<{ row: EventRow; text: string } | undefined>(undefined);
  const { rows } = held ?? latest;
  const hold = () => setHeld((before) => before ?? model.events.get());
  const release = () => setHeld(undefined);
  const open = async (row: EventRow) => {
    const text = await connection.findEvent(row.id);
    setOpened({ row, text: text ?? 'It landed too long ago: the server has forgotten it.' });
  };
  const news = held === undefined ? 0 : latest.total - held.total;
  return (
    <Card
      id="events"
      title="Events on the bus"
      aside={
        <span class="count" role="status">
          {held === undefined ? 'as they land' : `held, ${formatCount(news)} new`}
        </span>
      }
    >
      <Pattern connection={connection} />
      <div
        class="event-list"
        onPointerEnter={hold}
        onPointerLeave={release}
        onFocusCapture={hold}
        onBlurCapture={release}
      >
        {rows.length === 0 ? (
          <p class="empty">No event yet that would be shown here.</p>
        ) : (
          <Rows rows={rows} open={(row) => void open(row)} />
        )}
      </div>
      {opened !== undefined && (
        <Dialog title={opened.row.detailType} onClose={() => setOpened(undefined)}>
          <pre>{opened.text}</pre>
        </Dialog>
      )}
    </Card>
  );
}

/** Only what can be seen is drawn. */
function Rows({
  rows,
  open,
}: {
  readonly rows: readonly EventRow[];
  readonly open: (row: EventRow) => void;
}) {
  const [top, setTop] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const visible = Math.ceil((scroller.current?.clientHeight ?? 420) / ROW_HEIGHT) + ROWS_BEYOND;
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - ROWS_BEYOND / 2);
  return (
    <div class="rows" ref={scroller} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <div class="rows-all" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
        <ul aria-label="The last events" style={{ transform: `translateY(${first * ROW_HEIGHT}px)` }}>
          {rows.slice(first, first + visible).map((row) => (
            <li key={row.id}>
              <button type="button" class="event" onClick={() => open(row)}>
                <time>{formatInstant(row.time, row.at)}</time>
                <span class="type">{row.detailType}</span>
                <span class="resource">{row.resource}</span>
                <span class="bytes">{formatBytes(row.bytes)}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

const EXAMPLE = '{"detail-type":[{"prefix":"e_form"}]}';
/** Long enough that no half-typed pattern is called wrong. */
const TYPING_MS = 500;

function Pattern({ connection }: { readonly connection: Connection }) {
  const [text, setText] = useState('');
  const [mistake, setMistake] = useState<string | undefined>(undefined);
  useEffect(() => {
    const timer = setTimeout(() => {
      connection.filter(text.trim()).then(setMistake, () => setMistake('npm start does not answer.'));
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, connection]);
  return (
    <div class="pattern">
      <label for="pattern">Event pattern of a rule</label>
      <div class="pattern-field">
        <input
          id="pattern"
          value={text}
          placeholder={EXAMPLE}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={mistake !== undefined}
          aria-describedby="pattern-mistake"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="button" class="action" onClick={() => setText(text === '' ? EXAMPLE : '')}>
          {text === '' ? 'Try an example' : 'Clear'}
        </button>
      </div>
      <p id="pattern-mistake" class={mistake === undefined ? 'empty' : 'failure'} role="status">
        {mistake ??
          (text === ''
            ? 'Shows what such a rule would match; all where it is empty.'
            : 'Only what such a rule would match.')}
      </p>
    </div>
  );
}
