import type { Pass, Stream } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';
import { formatInstant, formatSeconds } from '../model/format.ts';
import { Action } from './action.tsx';

interface CheckpointProps {
  readonly stream: Stream;
  readonly now: number;
  readonly connection: Connection;
}

/** What is stored of a stream, with its readings in progress as bars over their windows. */
export function Checkpoint({ stream, now, connection }: CheckpointProps) {
  const { revision, floor, watermark, sweptAt, live, sweep, backfill } = stream;
  const passes = [
    { name: 'live', pass: live, idle: 'No live reading in progress: all up to the watermark is resolved.' },
    { name: 'sweep', pass: sweep, idle: `The last sweep began at ${formatInstant(sweptAt, now)}.` },
    { name: 'backfill', pass: backfill, idle: undefined },
  ];
  return (
    <div class="checkpoint">
      <dl>
        <div>
          <dt>reads from</dt>
          <dd>{formatInstant(floor, now)}</dd>
        </div>
        <div>
          <dt>watermark</dt>
          <dd>{new Date(watermark).toISOString().slice(11, 23)}</dd>
        </div>
        <div>
          <dt>revision</dt>
          <dd>{revision}</dd>
        </div>
      </dl>
      {passes.map(({ name, pass, idle }) =>
        pass !== undefined ? (
          <Bar key={name} name={name} pass={pass} now={now} />
        ) : idle === undefined ? null : (
          <div key={name} class="pass idle">
            <span class="pass-name">{name}</span>
            <span class="pass-text">{idle}</span>
          </div>
        ),
      )}
      <div class="checkpoint-actions">
        <Action connection={connection} command={{ do: 'sweep' }} label="Sweep now" class="small" />
        {stream.until !== undefined && (
          <Action connection={connection} command={{ do: 'retry' }} label="Try it again now" class="small" />
        )}
      </div>
    </div>
  );
}

/** A window from its start to its end; what is still open lies lighter in it. */
function Bar({ name, pass, now }: { readonly name: string; readonly pass: Pass; readonly now: number }) {
  const { from, to, open, finishedAt } = pass;
  const length = Math.max(1, to - from);
  const left = open.reduce((sum, span) => sum + (span.to - span.from), 0);
  const percent = Math.round((1 - left / length) * 100);
  const pieces = open.length === 1 ? 'one open piece' : `${open.length} open pieces`;
  const text =
    finishedAt === undefined
      ? `${percent} % of ${formatSeconds(length / 1_000)} resolved, ${pieces}`
      : `finished at ${formatInstant(finishedAt, now)}`;
  return (
    <div class="pass">
      <span class="pass-name">{name}</span>
      <span class="bar" role="img" aria-label={`${name}: ${text}`}>
        {open.map((span) => (
          <span
            key={span.to}
            class="open"
            style={{
              left: `${((span.from - from) / length) * 100}%`,
              width: `${((span.to - span.from) / length) * 100}%`,
            }}
          />
        ))}
      </span>
      <span class="pass-text">
        {formatInstant(from, now)} to {formatInstant(to, now)}: {text}
      </span>
    </div>
  );
}
