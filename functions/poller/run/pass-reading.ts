/**
 * A pass over its window, turn by turn: in one chain of pages, or, far behind, in slices at once.
 *
 *   window   |■■■■■■■■■|■■■□□□□|■■■■□□□|■□□□□□□|□□□□□□□□□□□□□□□□□□□□□□□□□□□□□□|
 *             resolved   slice 1  slice 2  slice 3   not yet cut: as long as a few pages, by the last turn's density
 *                       ▲
 *                       └ position, and with it the watermark: it follows the oldest unfinished slice
 *
 * A chain waits for one answer at a time, and HubSpot's limit allows many. What later slices have resolved when a
 * run ends is in the ledger: the next run reads it again and publishes nothing of it twice.
 */
import type { Pass } from '../core/checkpoint.ts';
import type { Instant } from '../core/instant.ts';
import { startChain } from '../core/paging.ts';
import type { KnownEvents } from '../publish/deduplicator.ts';
import type { PassPlan } from '../publish/publish-page.ts';
import { type PageProgress, readSlice, type Slice, type StreamContext } from './stream.ts';

/** How long a slice is cut, in pages of the density last seen. Its last page is filled in part: a short one wastes more. */
const SLICE_PAGES = 9;

/** How many pages of a slice a turn reads at most, so that one stream far behind does not keep the others waiting. */
const TURN_PAGES = 10;

/** How many pages tell how far behind a pass is. */
const FIRST_TURN_PAGES = 2;

/** How much longer slices may get from one turn to the next: a quiet hour says little of the one after it. */
const GROWTH = 4;

/** A pass in this run. */
export interface PassReading {
  readonly plan: PassPlan;
  readonly pass: Pass;
  readonly openLedger: () => KnownEvents;
  pageSize: number;
  /** Everything not resolved yet, oldest first; the last may be long. */
  slices: Slice[];
  /** How much of the window a full page covers, as the last turn saw it. */
  msPerPage: number | undefined;
}

/** What a turn may use. */
export interface TurnRoom {
  /** No page is asked for after this. */
  readonly until: Instant;
  /** How many slices may be read at once: the fewer, the more streams have turns. */
  readonly slices: number;
}

/** What a turn did since it was last saved. */
export interface TurnProgress {
  /** The pass as it is to be stored. */
  readonly pass: Pass;
  readonly isEnd: boolean;
  readonly requests: number;
  readonly shown: number;
  readonly published: number;
  readonly lastAt: Instant | undefined;
  readonly pageSize: number;
}

export type SaveTurn = (progress: TurnProgress) => Promise<void>;

/** A pass at its start, or where an earlier run left it: its cursor leads on within the slice it is of. */
export function startPass(
  plan: PassPlan,
  pass: Pass,
  openLedger: () => KnownEvents,
  pageSize: number,
): PassReading {
  const reading: PassReading = { plan, pass, openLedger, pageSize, slices: [], msPerPage: undefined };
  const { cursor, from, position, to, sliceTo = to } = pass;
  if (cursor === undefined) {
    reading.slices = [startSlice(reading, position, to)];
    return reading;
  }
  const resumed = {
    ...startSlice(reading, from, sliceTo),
    position,
    turnedAt: position,
    cursor,
    isResumed: true,
    chain: startChain(cursor),
  };
  reading.slices = sliceTo < to ? [resumed, startSlice(reading, sliceTo + 1, to)] : [resumed];
  return reading;
}

/**
 * One turn: the oldest slices, each up to its end or so many pages. Gives true at the window's end.
 * @throws PollerError for what stops the stream; what was resolved until then is saved
 */
export async function takeTurn(
  context: StreamContext,
  reading: PassReading,
  { until, slices }: TurnRoom,
  save: SaveTurn,
): Promise<boolean> {
  const { msPerPage } = reading;
  if (msPerPage !== undefined)
    reading.slices = cutSlices(reading, Math.floor(msPerPage * SLICE_PAGES), slices);
  // Other passes of the stream have had turns since: what they published is known only to a ledger read anew.
  const started = reading.slices
    .slice(0, slices)
    .map((slice) => ({ ...slice, turnedAt: slice.position, known: reading.openLedger() }));
  const waiting = reading.slices.slice(slices);
  const standing: (Slice | undefined)[] = [...started];
  const turn = createTurnLog(reading, save);

  const results = await Promise.allSettled(
    started.map((slice, index) =>
      readSlice(
        context,
        reading.plan,
        slice,
        until,
        msPerPage === undefined ? FIRST_TURN_PAGES : TURN_PAGES,
        (page) => {
          standing[index] = page.slice;
          reading.slices = [...standing.flatMap((left) => left ?? []), ...waiting];
          return turn.note(page);
        },
      ),
    ),
  );
  const failed = results.find((result) => result.status === 'rejected');
  await turn.end();
  if (failed !== undefined) throw failed.reason;
  reading.msPerPage = measureDensity(started, standing, turn.pages(), msPerPage);
  return reading.slices.length === 0;
}

function startSlice({ openLedger, pageSize }: PassReading, from: Instant, to: Instant): Slice {
  const chain = startChain(undefined);
  return {
    from,
    to,
    position: from,
    turnedAt: from,
    cursor: undefined,
    isResumed: false,
    chain,
    known: openLedger(),
    pageSize,
  };
}

/** The pass where it stands: at the oldest unfinished slice. */
function passOf({ pass, slices }: PassReading): Pass {
  const [oldest] = slices;
  const { startedAt, to } = pass;
  if (oldest === undefined) {
    return { startedAt, from: pass.from, to, position: to, cursor: undefined, sliceTo: undefined };
  }
  const { from, position, cursor } = oldest;
  return { startedAt, from, to, position, cursor, sliceTo: oldest.to < to ? oldest.to : undefined };
}

/** Cuts the oldest of what is left into slices of `spanMs`, so many as are read at once. */
function cutSlices(reading: PassReading, spanMs: number, slices: number): Slice[] {
  const cut: Slice[] = [];
  const rest = [...reading.slices];
  for (let first = rest.shift(); first !== undefined; first = rest.shift()) {
    const { position, turnedAt, to, chain, cursor } = first;
    // One instant may hold more than a run can read: a chain that did not get beyond one goes on by its cursor.
    const isStuck = cursor !== undefined && position === turnedAt;
    const isShort = spanMs < 1 || to - position < 2 * spanMs;
    if (cut.length >= slices || isStuck || isShort || !chain.isAscending) {
      cut.push(first);
      continue;
    }
    cut.push(startSlice(reading, position, position + spanMs - 1));
    rest.unshift(startSlice(reading, position + spanMs, to));
  }
  return cut;
}

function measureDensity(
  started: readonly Slice[],
  standing: readonly (Slice | undefined)[],
  pages: number,
  before: number | undefined,
): number {
  const coveredMs = started.reduce(
    (sum, { position, to }, index) => sum + (standing[index]?.position ?? to) - position,
    0,
  );
  const measured = pages > 0 ? coveredMs / pages : Number.POSITIVE_INFINITY;
  return before === undefined ? measured : Math.min(measured, Math.max(1, before) * GROWTH);
}

/** Saves what pages did, one write at a time, and only where the oldest slice moved on with something new. */
function createTurnLog(reading: PassReading, save: SaveTurn) {
  let saving: Promise<void> = Promise.resolve();
  let unsaved = { requests: 0, shown: 0, published: 0 };
  let lastAt: Instant | undefined;
  let fullPages = 0;
  let savedPlace = placeOf(reading);

  async function write(): Promise<void> {
    const isEnd = reading.slices.length === 0;
    // Also a finished window is saved once: by its last page, not again at the turn's end.
    if (unsaved.requests === 0 || (!isEnd && placeOf(reading) === savedPlace)) return;
    const progress = { pass: passOf(reading), isEnd, lastAt, pageSize: reading.pageSize, ...unsaved };
    savedPlace = placeOf(reading);
    unsaved = { requests: 0, shown: 0, published: 0 };
    await save(progress);
  }

  return {
    pages: () => fullPages,
    async note(page: PageProgress): Promise<void> {
      unsaved = {
        requests: unsaved.requests + 1,
        shown: unsaved.shown + page.shown,
        published: unsaved.published + page.published,
      };
      lastAt = Math.max(lastAt ?? Number.NEGATIVE_INFINITY, page.lastAt ?? Number.NEGATIVE_INFINITY);
      fullPages += page.entries / page.pageSize;
      reading.pageSize = page.pageSize;
      if (unsaved.shown === 0 && reading.slices.length > 0) return;
      saving = saving.then(write);
      await saving;
    },
    /** What the pages left unsaved: progress through what was known already. */
    end: () => saving.then(write),
  };
}

function placeOf(reading: PassReading): string {
  const { position, cursor } = passOf(reading);
  return `${position} ${cursor ?? ''}`;
}
