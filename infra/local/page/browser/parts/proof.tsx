import type { ComponentChildren } from 'preact';
import type { Hello, ProofFigures, State } from '../../messages.ts';
import type { Connection } from '../model/connection.ts';
import { formatCount, formatInstant, plural } from '../model/format.ts';
import { Action } from './action.tsx';

interface ProofProps {
  readonly hello: Hello;
  readonly state: State;
  readonly connection: Connection;
}

/** What HubSpot showed against what is on the bus. */
export function Proof({ hello, state, connection }: ProofProps) {
  const { proof, now } = state;
  const isPlain = proof.late + proof.aside + proof.unlisted + proof.beyond === 0;
  const { verdict, isGood } = hello.isSimulated ? judge(proof) : judgeBus(proof);
  return (
    <section class="card proof" aria-labelledby="proof-title" id="proof" data-settled-to={proof.settledTo}>
      <h2 id="proof-title" class={isGood ? 'verdict good' : 'verdict bad'}>
        <span class="mark" aria-hidden="true">
          {isGood ? '✓' : '!'}
        </span>
        <span>{verdict}</span>
      </h2>
      <dl class="figures">
        <Figure id="shown" name="HubSpot showed" value={hello.isSimulated ? proof.shown : undefined} />
        <Figure id="on-bus" name="on the bus" value={hello.isSimulated ? proof.onBus : proof.distinct} />
        <Figure id="waiting" name="waiting" value={hello.isSimulated ? proof.waiting : undefined} />
        <Figure
          id="missing"
          name="missing"
          value={hello.isSimulated ? proof.missing : undefined}
          isBad={proof.missing > 0}
        />
        <Figure id="twice" name="twice" value={proof.twice} isBad={proof.twice > 0} />
      </dl>
      <p class="how">
        {hello.isSimulated ? (
          <>
            All that HubSpot showed until <time>{formatInstant(proof.settledTo, now)}</time> is accounted for
            {isPlain ? '' : ', but for what is listed below'}. Counted from HubSpot’s log and from the bus,
            without the poller’s code.
          </>
        ) : (
          'What HubSpot shows is known to HubSpot alone: whether something is missing cannot be told here.'
        )}
      </p>
      <ul class="notes">{notesOf(proof, hello.isSimulated, connection)}</ul>
    </section>
  );
}

function judge({ missing, twice, waiting, beyond }: ProofFigures) {
  if (missing > 0) return { verdict: `${plural(missing, 'event')} missing`, isGood: false };
  if (twice > 0) return { verdict: `${plural(twice, 'event')} came twice`, isGood: false };
  const more = waiting + beyond > 0 ? `, ${formatCount(waiting + beyond)} to come` : '';
  return { verdict: `Nothing is missing, nothing came twice${more}`, isGood: true };
}

function judgeBus({ twice }: ProofFigures) {
  return twice > 0
    ? { verdict: `${plural(twice, 'event')} came twice`, isGood: false }
    : { verdict: 'Nothing came twice', isGood: true };
}

interface FigureProps {
  readonly id: string;
  readonly name: string;
  /** Undefined where it cannot be known. */
  readonly value: number | undefined;
  readonly isBad?: boolean;
}

function Figure({ id, name, value, isBad = false }: FigureProps) {
  return (
    <div class={isBad ? 'figure bad' : 'figure'} id={`figure-${id}`}>
      <dt>{name}</dt>
      <dd class={value === undefined ? 'unknown' : ''}>
        {value === undefined ? 'unknown' : formatCount(value)}
      </dd>
    </div>
  );
}

/** What is not as usual, each with what can be done about it. */
function notesOf(proof: ProofFigures, isSimulated: boolean, connection: Connection): ComponentChildren {
  const { letters, late, aside, unlisted, beyond, repeated } = proof;
  const all = [
    letters,
    late,
    aside,
    unlisted,
    beyond,
    repeated.kill,
    repeated.lostAnswer,
    repeated.unwritten,
  ];
  if (all.every((count) => count === 0))
    return isSimulated ? <li>No event is late, set aside or given up on.</li> : null;
  return (
    <>
      {letters > 0 && (
        <li id="note-letters">{plural(letters, 'became a dead letter', 'became dead letters')}.</li>
      )}
      {late > 0 && (
        <li id="note-late">
          {plural(late, 'late event waits', 'late events wait')} for a sweep.{' '}
          <Action connection={connection} command={{ do: 'sweep' }} label="Sweep now" class="small" />
        </li>
      )}
      {aside > 0 && (
        <li id="note-aside">
          {plural(aside, 'event waits', 'events wait')} in streams that are set aside.{' '}
          <Action
            connection={connection}
            command={{ do: 'retry' }}
            label="Try them again now"
            class="small"
          />
        </li>
      )}
      {unlisted > 0 && (
        <li id="note-unlisted">
          {plural(unlisted, 'event is', 'events are')} of types that were not listed yet: once an hour.{' '}
          <Action
            connection={connection}
            command={{ do: 'list-types' }}
            label="List them now"
            class="small"
          />
        </li>
      )}
      {beyond > 0 && (
        <li id="note-beyond">
          {plural(beyond, 'event came', 'events came')} later than the sweeps look back.{' '}
          <Action connection={connection} command={{ do: 'backfill' }} label="Backfill" class="small" />
        </li>
      )}
      {repeated.kill > 0 && (
        <li id="note-kill">
          {formatCount(repeated.kill)} repeated after a kill: what was in flight, 1,000 at most each time.
        </li>
      )}
      {repeated.lostAnswer > 0 && (
        <li id="note-lost-answer">
          {formatCount(repeated.lostAnswer)} repeated after EventBridge’s answers were lost: ten at most each
          time.
        </li>
      )}
      {repeated.unwritten > 0 && (
        <li id="note-unwritten">
          {formatCount(repeated.unwritten)} repeated after DynamoDB took no write and the process ended.
        </li>
      )}
    </>
  );
}
