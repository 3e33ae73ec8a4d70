/** `backfill --dry-run`: counts what HubSpot shows of the window. Nothing is asked for, published or written. */

import { byStream } from '../../../../functions/poller/core/checkpoint.ts';
import { listStreams } from '../../../../functions/poller/core/discovery.ts';
import { parseEntry } from '../../../../functions/poller/core/event/event.ts';
import { PAGE_BYTES } from '../../../../functions/poller/core/reading/page-size.ts';
import { followPage, startChain } from '../../../../functions/poller/core/reading/paging.ts';
import { PollerError } from '../../../../functions/poller/errors.ts';
import type { PortalState } from '../../../../functions/poller/ports.ts';
import type { Io } from '../../io.ts';
import { formatCount, formatInstant, plural } from '../../show/format.ts';
import { type Column, formOf, renderRows } from '../../show/rows.ts';
import type { Target, TargetPortal } from '../../target/target.ts';

export interface Window {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

interface Count extends Window {
  readonly events: number;
  readonly pages: number;
  /** Up to when everything is counted. */
  readonly countedTo: number;
  readonly isWhole: boolean;
}

/** A count takes no longer; where the window holds more it says so. */
const COUNT_MS = 120_000;
/** A page that takes longer is not waited for. */
const PAGE_MS = 30_000;

const columns: readonly Column<Count>[] = [
  { key: 'stream', value: ({ stream }) => stream },
  { key: 'from', value: ({ from }) => new Date(from).toISOString() },
  { key: 'to', value: ({ to }) => new Date(to).toISOString() },
  { key: 'events', value: ({ events }) => events },
  { key: 'pages', value: ({ pages }) => pages },
  { key: 'countedTo', value: ({ countedTo }) => new Date(countedTo).toISOString() },
  { key: 'isWhole', value: ({ isWhole }) => isWhole },
];

export async function countWindow(
  io: Io,
  target: Target,
  portal: TargetPortal,
  state: PortalState,
  window: Window,
  json: boolean,
): Promise<void> {
  const form = formOf(io, json);
  const isDrawn = form === 'table';
  const count = await readPages(io, target, portal, state, window, (sofar) => {
    if (isDrawn) io.redraw(`Counting: ${describe(sofar)}, up to ${formatInstant(sofar.countedTo)}…`);
  });
  if (isDrawn) io.settle();
  if (form !== 'table') return io.write(renderRows(form, 0, columns, [count]));
  const least = count.isWhole ? '' : 'at least ';
  io.out(
    `${target.about}: HubSpot shows ${least}${describe(count)} of ${window.stream}. Nothing was changed.`,
  );
  if (!count.isWhole)
    io.out(`Counted up to ${formatInstant(count.countedTo)} of ${formatInstant(window.to)}.`);
}

function describe({ events, pages }: Count): string {
  return `${formatCount(events)} ${events === 1 ? 'event' : 'events'} in ${plural(pages, 'page')}`;
}

async function readPages(
  io: Io,
  target: Target,
  portal: TargetPortal,
  { checkpoints, discovery }: PortalState,
  window: Window,
  onPage: (count: Count) => void,
): Promise<Count> {
  const { source } = target.hubSpot(portal);
  const stream = listStreams(portal.request, discovery, byStream(checkpoints)).find(
    ({ name }) => name === window.stream,
  );
  const endsAt = io.now() + COUNT_MS;
  let count: Count = { ...window, events: 0, pages: 0, countedTo: window.from, isWhole: false };
  let chain = startChain(undefined);
  let cursor: string | undefined;
  do {
    const query = { query: stream?.query ?? {}, from: window.from, to: window.to };
    const until = Math.min(io.now() + PAGE_MS, endsAt);
    const page = await source
      .readPage({ ...query, limit: portal.request.pageSize, maxBytes: PAGE_BYTES, cursor }, until, io.signal)
      .catch(unlessOutOfTime);
    if (page === undefined) return count;
    const entries = page.entries.map(parseEntry);
    chain = followPage(chain, entries, page.cursor);
    cursor = page.cursor;
    count = {
      ...count,
      events: count.events + entries.length,
      pages: count.pages + 1,
      countedTo: cursor === undefined ? window.to : (chain.lastAt ?? count.countedTo),
      isWhole: cursor === undefined,
    };
    onPage(count);
  } while (cursor !== undefined && io.now() < endsAt && !io.signal.aborted);
  return count;
}

/** What was counted until then is an answer, too. */
function unlessOutOfTime(thrown: unknown): undefined {
  if (thrown instanceof PollerError && thrown.code === 'out-of-time') return undefined;
  throw thrown;
}
