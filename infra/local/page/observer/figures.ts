/** Streams and dead letters as the page shows them. */
import { decodeDeadLetter } from '../../../../functions/poller/adapters/sqs/dead-letter-text.ts';
import type { Letter, Pass, Stream } from '../messages.ts';
import type { StoredPass, StoredPortal, StoredStream } from './stored-streams.ts';

/** Dead letters that are shown, the latest first. */
const SHOWN_LETTERS = 50;
/** More of a text nobody reads here; the queue has all of it. */
const LETTER_CHARACTERS = 4_000;
const REASON_CHARACTERS = 600;
/** A lag of more than so many polls is a backlog. */
const BEHIND_MS = 60_000;

export function streamsOf(portal: string, { streams }: StoredPortal, now: number): Stream[] {
  return streams.map((stored) => ({
    portal,
    stream: stored.stream,
    state: stateOf(stored, now),
    revision: stored.revision,
    floor: stored.floor,
    watermark: stored.watermark,
    sweptAt: stored.sweptAt,
    lastEventAt: stored.lastEventAt,
    reason: (stored.setAside?.reason ?? stored.lastError?.message)?.slice(0, REASON_CHARACTERS),
    until: stored.setAside?.until,
    live: toPass(stored.live),
    sweep: toPass(stored.sweep),
    backfill: toPass(stored.backfill),
  }));
}

function stateOf({ setAside, lastError, watermark, live }: StoredStream, now: number): Stream['state'] {
  if (setAside !== undefined) return 'aside';
  if (lastError !== undefined) return 'failing';
  return live !== undefined || now - watermark > BEHIND_MS ? 'reading' : 'current';
}

function toPass(pass: StoredPass | undefined): Pass | undefined {
  return pass && { ...pass, open: [...pass.open] };
}

/** The last letters, the latest first; what is none of the poller's is shown as it is. */
export function readLetters(bodies: readonly string[]): Letter[] {
  return bodies
    .slice(-SHOWN_LETTERS)
    .toReversed()
    .map((body) => {
      const letter = decodeDeadLetter(body);
      if (letter === undefined)
        return { reason: 'Not a dead letter of the poller.', stream: '', at: '', text: body };
      const { reason, stream, deadLetteredAt, text } = letter;
      const shown = text ?? 'One part of several of a text too long for a message.';
      return { reason, stream, at: deadLetteredAt, text: shown.slice(0, LETTER_CHARACTERS) };
    });
}
