/**
 * A window being read, as segments, oldest first: pure, the answers are arguments.
 *
 *   window   |■■■■■■■■■|■■■□□□□|■■■■□□□|□□□□□□□□□□□□□□□□□□□□□□□□|
 *             resolved  segment  segment  not begun: cut to size when somebody asks for a page
 *                         ▲
 *                         └ position of the oldest segment, and with it the watermark
 *
 * A chain of pages waits for one answer at a time, and HubSpot's limit allows many. So a window far behind is cut, on
 * whole seconds, into segments with a chain each. Where one chain cannot be cut, its next page is asked for while the
 * one before is published.
 */
import type { PassKind } from '../../contract.ts';
import { type Pass, positionOf } from '../checkpoint.ts';
import type { PageEntry } from '../event/event.ts';
import type { Instant } from '../instant.ts';
import { cut, noteDensity, pagesLeft, type Segments, UNKNOWN_DENSITY } from './cut.ts';
import { followPage, startChain } from './paging.ts';
import { isRead, moveTo, type OpenPage, type Segment, startSegment } from './segment.ts';
import type { Span } from './sweep.ts';

/** How many pages of one chain are under way at once: one published, the next one asked for. */
const CHAIN_PAGES = 2;

export interface Reading extends Segments {
  readonly kind: PassKind;
  readonly startedAt: Instant;
  readonly from: Instant;
  readonly to: Instant;
  /** Events that occurred before this are late. */
  readonly lateBefore: Instant;
  /** All that is read of the window, oldest first, should it hold more than a page; undefined: the whole of it. */
  readonly spans: readonly Span[] | undefined;
}

/** A page to ask for, and the segment it is of. */
export interface PageToAsk {
  readonly segmentId: number;
  readonly from: Instant;
  readonly to: Instant;
  readonly cursor: string | undefined;
}

/** A reading at its start, or where an earlier run left it. */
export function startReading(
  kind: PassKind,
  pass: Pass,
  lateBefore: Instant,
  spans?: readonly Span[] | undefined,
): Reading {
  const segments = pass.segments.map(({ from, to, position, cursor, windowTo = to, isUnordered }, id) => {
    const isResumed = cursor !== undefined;
    // Without its cursor the chain starts again, and at the position.
    const start = isResumed || isUnordered === true ? from : position;
    const chain = startChain(cursor, isUnordered !== true);
    return { id, from: start, to, position, cursor, windowTo, isResumed, chain, pages: [] };
  });
  const { startedAt, from, to } = pass;
  return {
    kind,
    startedAt,
    from,
    to,
    lateBefore,
    spans,
    segments,
    density: UNKNOWN_DENSITY,
    nextId: segments.length,
  };
}

/** The pass as it is stored. */
export function passOf({ startedAt, from, to, segments }: Reading): Pass {
  return {
    startedAt,
    from,
    to,
    segments: segments.map(({ from: start, to: end, position, cursor, windowTo, chain }) => ({
      from: start,
      to: end,
      position,
      cursor,
      windowTo: windowTo === end ? undefined : windowTo,
      isUnordered: chain.isAscending ? undefined : true,
    })),
  };
}

/** Where the oldest segment stands, as a text: another one is worth a write. */
export function placeOf(reading: Reading): string {
  return `${positionOf(passOf(reading))} ${reading.segments[0]?.cursor ?? ''}`;
}

/**
 * The next page to ask for: of a segment that nobody reads, the oldest first; of one cut off where so much is left
 * that another chain pays; or the next one of a chain whose last page is still being published. Undefined where
 * there is none now. `chains` is how many may be read side by side.
 */
export function takePage(
  reading: Reading,
  chains: number,
): { reading: Reading; page: PageToAsk } | undefined {
  const idle = reading.segments.find(({ pages }) => pages.length === 0);
  if (idle !== undefined) return askOf(cut(reading, idle, chains), idle.id);
  const longest = reading.segments.toSorted((a, b) => pagesLeft(reading, b) - pagesLeft(reading, a))[0];
  if (longest !== undefined && reading.segments.length < chains) {
    const after = cut(reading, longest, chains);
    const rest = after.segments[after.segments.findIndex(({ id }) => id === longest.id) + 1];
    if (after !== reading && rest !== undefined) return askOf(cut(after, rest, chains), rest.id);
  }
  const ahead = reading.segments.find(
    (segment) => segment.pages.length < CHAIN_PAGES && segment.pages.at(-1)?.chain && !isRead(segment),
  );
  return ahead && askOf(reading, ahead.id);
}

function askOf(reading: Reading, id: number): { reading: Reading; page: PageToAsk } | undefined {
  const segment = segmentOf(reading, id);
  if (segment === undefined) return undefined;
  const { from, windowTo, chain, pages } = segment;
  const open: OpenPage = { cursor: chain.cursor, chain: undefined, isResolved: false };
  return {
    reading: replace(reading, { ...segment, pages: [...pages, open] }),
    page: { segmentId: id, from, to: windowTo, cursor: chain.cursor },
  };
}

/** True for what the window is to show. What belongs to a neighbour of the page's segment is as good here. */
export function isWithin({ from, to }: Reading, { occurredAt }: PageEntry): boolean {
  return occurredAt === undefined || (occurredAt >= from && occurredAt <= to);
}

/** Notes a page's answer: from now on the next one may be asked for. @throws PollerError `hubspot-paging` */
export function noteAnswer(
  reading: Reading,
  { segmentId, cursor: asked }: PageToAsk,
  entries: readonly PageEntry[],
  cursor: string | undefined,
): Reading {
  const segment = segmentOf(reading, segmentId);
  if (segment === undefined) return reading;
  const chain = followPage(segment.chain, entries, cursor);
  const pages = segment.pages.map((page) =>
    page.cursor === asked && !page.chain ? { ...page, chain } : page,
  );
  const density = noteDensity(reading.density, segment, chain, entries.length);
  const noted = { ...replace(reading, { ...segment, chain, pages, isResumed: false }), density };
  return cursor === undefined ? noted : narrow(noted);
}

/** The reading of a window that holds more than its first page: from now on its spans are all that is read. */
function narrow(reading: Reading): Reading {
  const { spans, segments, nextId } = reading;
  const [begun] = segments;
  const [oldest, ...others] = spans ?? [];
  if (begun === undefined || oldest === undefined) return reading;
  // While the floor is young no span begins where the window does: what lies before the oldest one is not read.
  const isApart = (begun.chain.lastAt ?? begun.from) < oldest.from;
  const later = isApart ? [oldest, ...others] : others;
  const rest = later.map((span, index) => startSegment(nextId + index, span));
  const front = { ...begun, to: isApart ? begun.from : oldest.to };
  return { ...reading, spans: undefined, segments: [front, ...rest], nextId: nextId + rest.length };
}

/** Notes that a page is resolved as a whole: the segment moves on, or, at its end, leaves the reading. */
export function noteResolved(reading: Reading, { segmentId, cursor }: PageToAsk): Reading {
  const segment = segmentOf(reading, segmentId);
  if (segment?.pages.some((page) => page.cursor === cursor) !== true) return reading;
  let { position } = segment;
  const pages = segment.pages.map((page) => (page.cursor === cursor ? { ...page, isResolved: true } : page));
  // In the order of the chain: what is resolved behind an open page does not move the position yet.
  while (pages[0]?.isResolved === true) {
    const { chain } = pages[0];
    position = moveTo(segment, position, chain?.lastAt, chain?.isAscending);
    pages.shift();
  }
  const next = {
    ...segment,
    position,
    pages,
    cursor: pages[0] === undefined ? segment.chain.cursor : pages[0].cursor,
  };
  if (pages.length > 0 || !isRead(next)) return replace(reading, next);
  return { ...reading, segments: reading.segments.filter(({ id }) => id !== segmentId) };
}

/** Notes that a page is not resolved, or only before an instant: it is asked for again by a later run. */
export function notePartly(
  reading: Reading,
  { segmentId, cursor }: PageToAsk,
  unresolvedAt: Instant | undefined,
): Reading {
  const segment = segmentOf(reading, segmentId);
  if (segment?.pages.some((page) => page.cursor === cursor) !== true) return reading;
  const [first] = segment.pages;
  const isFirst = first?.cursor === cursor;
  const position = isFirst
    ? moveTo(segment, segment.position, unresolvedAt, first?.chain?.isAscending)
    : segment.position;
  // It stays open: neither what comes of the pages behind it nor of the one before it leads past it.
  const pages = segment.pages.slice(0, segment.pages.findIndex((page) => page.cursor === cursor) + 1);
  return replace(reading, { ...segment, position, pages });
}

/** Starts a segment's chain again at its position, where HubSpot no longer knows the cursor an earlier run left. */
export function forgetCursor(reading: Reading, { segmentId }: PageToAsk): Reading {
  const segment = segmentOf(reading, segmentId);
  if (segment === undefined) return reading;
  const { isAscending } = segment.chain;
  const chain = startChain(undefined, isAscending);
  // Of an unordered chain nothing is known to be read.
  const from = isAscending ? segment.position : segment.from;
  const fresh = { from, windowTo: segment.to, cursor: undefined, isResumed: false, chain, pages: [] };
  return replace(reading, { ...segment, ...fresh });
}

export function segmentOf({ segments }: Reading, segmentId: number): Segment | undefined {
  return segments.find(({ id }) => id === segmentId);
}

function replace(reading: Reading, segment: Segment): Reading {
  return { ...reading, segments: reading.segments.map((old) => (old.id === segment.id ? segment : old)) };
}
