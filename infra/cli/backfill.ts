/** `backfill`: asks for a reading of the past, watches it, counts it beforehand, or ends it. */
import cliProgress from 'cli-progress';
import type { Backfill } from '../../functions/poller/core/checkpoint.ts';
import { listStreams } from '../../functions/poller/core/streams.ts';
import { formatSeconds } from '../local/view/view.ts';
import { CliFailure, EXIT } from './failure.ts';
import { openHubSpot } from './hubspot.ts';
import type { Io } from './io.ts';
import { storeOf, type Target, type TargetPortal } from './target.ts';

export interface BackfillFlags {
  readonly stream: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly dryRun: boolean;
  readonly republish: boolean;
  readonly cancel: boolean;
}

/** How far a backfill is: 0 to 1, and the seconds it may take yet; undefined where nothing is known of its pace. */
export interface BackfillProgress {
  readonly share: number;
  readonly secondsLeft: number | undefined;
}

const WATCH_MS = 2_000;
/** A dry run counts so long, and says so where the window holds more. */
const COUNT_MS = 120_000;
const COUNT_PAGES = 500;

/** The pace is that since it was asked for: the waits between runs are part of it. */
export function progressOf(
  { from, to, position, startedAt, finishedAt }: Backfill,
  now: number,
): BackfillProgress {
  if (finishedAt !== undefined) return { share: 1, secondsLeft: 0 };
  const share = Math.min(1, Math.max(0, (position - from) / (to - from)));
  const secondsLeft = share === 0 ? undefined : (((now - startedAt) / share) * (1 - share)) / 1000;
  return { share, secondsLeft };
}

export async function runBackfill(
  io: Io,
  target: Target,
  portal: TargetPortal,
  flags: BackfillFlags,
): Promise<void> {
  const { stream, from, to, dryRun, republish, cancel } = flags;
  if (cancel) {
    await invoke(target, portal, { stream, cancel: true });
    io.out(`${target.about}: the backfill of ${stream} is cancelled; what it published stays published.`);
    return;
  }
  if (from === undefined && to === undefined) return watch(io, target, portal, stream);
  if (from === undefined || to === undefined)
    throw new CliFailure(
      'A backfill needs both ends.',
      'Give --from and --to, or neither to join one.',
      EXIT.usage,
    );
  if (dryRun) return count(io, target, portal, stream, from, to);
  const window = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  await invoke(target, portal, { stream, ...window, republish });
  io.out(`${target.about}: the backfill of ${stream} from ${window.from} to ${window.to} is accepted.`);
  io.out(
    'The scheduled runs read it. Ctrl-C leaves it running; the same command without --from and --to joins it again.',
  );
  await watch(io, target, portal, stream);
}

/** The schedule's own request, and the backfill. @throws CliFailure with the poller's own sentence */
async function invoke(target: Target, { input }: TargetPortal, backfill: object): Promise<void> {
  const request: unknown = JSON.parse(input);
  const answer = await target.invoke(JSON.stringify({ ...Object(request), backfill }));
  if (!answer.ok) throw new CliFailure(answer.message, 'See npm run events -- status.');
}

/** Shows the progress until the backfill is done or the signal comes: a bar, or plain lines where nobody watches. */
async function watch(io: Io, target: Target, { name }: TargetPortal, stream: string): Promise<void> {
  const bar = io.isTerminal
    ? new cliProgress.SingleBar({
        format: '{bar} {percentage}% at {position}, {published} published, {left}',
        hideCursor: true,
      })
    : undefined;
  bar?.start(100, 0, { position: '', published: 0, left: '' });
  let told = '';
  try {
    for (;;) {
      const { backfills } = await storeOf(target, io.now()).readPortal(name);
      const backfill = backfills.find((candidate) => candidate.stream === stream);
      if (backfill === undefined)
        throw new CliFailure(`Stream ${stream} has no backfill.`, 'Ask for one with --from and --to.');
      const { share, secondsLeft } = progressOf(backfill, io.now());
      const left =
        secondsLeft === undefined ? 'begins at the next run' : `about ${formatSeconds(secondsLeft)} left`;
      const position = new Date(backfill.position).toISOString();
      const percentage = Math.floor(share * 100);
      bar?.update(percentage, { position, published: backfill.eventsPublished, left });
      const line = `${percentage} % at ${position}, ${backfill.eventsPublished} published, ${left}`;
      if (bar === undefined && line !== told) io.out(line);
      told = line;
      if (backfill.finishedAt !== undefined) break;
      await io.wait(WATCH_MS);
      if (io.signal.aborted) return;
    }
  } finally {
    bar?.stop();
  }
  io.out(`The backfill of ${stream} is done.`);
}

/** Counts what HubSpot shows of the window. Nothing is asked for, published or written. */
async function count(
  io: Io,
  target: Target,
  portal: TargetPortal,
  stream: string,
  from: number,
  to: number,
): Promise<void> {
  const now = io.now();
  const { checkpoints, discovery } = await storeOf(target, now).readPortal(portal.name);
  const found = listStreams(portal.request, discovery, checkpoints).find(({ name }) => name === stream);
  if (found === undefined)
    throw new CliFailure(
      `Portal ${portal.name} has no stream ${stream}.`,
      'See npm run events -- status.',
      EXIT.usage,
    );
  const { source } = openHubSpot(target, portal, now);
  const window = { query: found.query, from, to, limit: portal.request.pageSize };
  let cursor: string | undefined;
  let events = 0;
  let pages = 0;
  do {
    const page = await source.readPage({ ...window, cursor }, now + COUNT_MS);
    events += page.entries.length;
    pages += 1;
    cursor = page.cursor;
  } while (cursor !== undefined && pages < COUNT_PAGES && !io.signal.aborted);
  const more = cursor === undefined ? '' : ' at least: the count ended before the window did';
  io.out(
    `${target.about}: HubSpot shows ${events} events of ${stream} in ${pages} pages${more}. Nothing was changed.`,
  );
}
