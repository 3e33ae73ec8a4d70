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
import type { PassKind } from '../contract.ts';
import type { Pass } from './checkpoint.ts';
import type { PageEntry } from './event.ts';
import { type Instant, SECOND_MS } from './instant.ts';
import { type Chain, followPage, startChain } from './paging.ts';

/** A segment's length in pages: its last page is filled in part, so a short one wastes more. */
const SEGMENT_PAGES = 60;

/** A segment is not cut into parts shorter than this. */
const LEAST_PAGES = 3;

/** How many pages of one chain are under way at once: one published, the next one asked for. */
const CHAIN_PAGES = 2;

/** How much less an older page counts than the one after it. */
const FADING = 0.9;

const UNKNOWN: Density = { coveredMs: 0, pages: 0, entriesPerPage: 0 };

/** A page that was asked for, and what became of it so far. */
interface OpenPage {
  readonly cursor: string | undefined;
  /** The chain after it; undefined until it is answered. */
  readonly chain: Chain | undefined;
  readonly isResolved: boolean;
}

/** A part of the window with a chain of pages of its own: everything of it before `position` is resolved. */
export interface Segment {
  readonly id: number;
  readonly from: Instant;
  readonly to: Instant;
  readonly position: Instant;
  /** Where the first page that is not resolved starts. */
  readonly cursor: string | undefined;
  /** The end of the window that its pages are asked of: later than `to` where it was cut while it was read. */
  readonly windowTo: Instant;
  /** True until the first page of a cursor that an earlier run left: HubSpot may no longer know it. */
  readonly isResumed: boolean;
  /** Where its pages have come to; further than `position` by the pages under way. */
  readonly chain: Chain;
  readonly pages: readonly OpenPage[];
}

/** How dense the window is: what its last pages covered, the older ones fading. */
interface Density {
  readonly coveredMs: number;
  /** Full pages: one that is filled in part counts in part. */
  readonly pages: number;
  /** How many entries a full page held, whatever was asked for: HubSpot may cap pages without a word. */
  readonly entriesPerPage: number;
}

export interface Reading {
  readonly kind: PassKind;
  readonly startedAt: Instant;
  readonly from: Instant;
  readonly to: Instant;
  /** Events that occurred before this are late. */
  readonly lateBefore: Instant;
  /** What is not resolved yet, oldest first. */
  readonly segments: readonly Segment[];
  readonly density: Density;
  readonly nextId: number;
}

/** A page to ask for, and the segment it is of. */
export interface PageToAsk {
  readonly segmentId: number;
  readonly from: Instant;
  readonly to: Instant;
  readonly cursor: string | undefined;
}

/** A reading at its start, or where an earlier run left it. */
export function startReading(kind: PassKind, pass: Pass, lateBefore: Instant): Reading {
  const segments = pass.segments.map(({ from, to, position, cursor, windowTo = to, isUnordered }, id) => {
    const isResumed = cursor !== undefined;
    // Without its cursor the chain starts again, and at the position.
    const start = isResumed || isUnordered === true ? from : position;
    const chain = startChain(cursor, isUnordered !== true);
    return { id, from: start, to, position, cursor, windowTo, isResumed, chain, pages: [] };
  });
  const { startedAt, from, to } = pass;
  return { kind, startedAt, from, to, lateBefore, segments, density: UNKNOWN, nextId: segments.length };
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
  return { ...replace(reading, { ...segment, chain, pages, isResumed: false }), density };
}

function noteDensity(density: Density, segment: Segment, chain: Chain, entries: number): Density {
  const endAt = chain.cursor === undefined ? segment.to : (chain.lastAt ?? segment.from);
  const coveredMs = Math.max(0, Math.min(endAt, segment.to) - (segment.chain.lastAt ?? segment.position));
  const entriesPerPage =
    chain.cursor === undefined ? density.entriesPerPage : Math.max(density.entriesPerPage, entries);
  // Before a page that leads on was seen nothing is known of their size.
  if (entriesPerPage === 0) return density;
  return {
    coveredMs: FADING * density.coveredMs + coveredMs,
    pages: FADING * density.pages + entries / entriesPerPage,
    entriesPerPage,
  };
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

/** In any other order than the ascending one, what is still to come may lie before what was read. */
function moveTo(
  { to }: Segment,
  position: Instant,
  reachedAt: Instant | undefined,
  isAscending: boolean | undefined,
): Instant {
  return isAscending === true ? Math.max(position, Math.min(reachedAt ?? position, to)) : position;
}

/** True where every page of the segment was answered. */
function isRead({ chain, to }: Segment): boolean {
  if (!chain.isStarted) return false;
  return chain.cursor === undefined || (chain.isAscending && (chain.lastAt ?? to) > to);
}

/** Where its next page starts. What HubSpot shows of before the segment does not set it back. */
function headOf({ chain, position }: Segment): Instant {
  return Math.max(chain.lastAt ?? position, position);
}

/** Undefined where nothing is known yet, or all pages so far were of one instant. */
function msPerPageOf({ density }: Reading): number | undefined {
  return density.pages > 0 && density.coveredMs > 0 ? density.coveredMs / density.pages : undefined;
}

function pagesLeft(reading: Reading, segment: Segment): number {
  const msPerPage = msPerPageOf(reading);
  return msPerPage === undefined || isRead(segment) ? 0 : (segment.to - headOf(segment)) / msPerPage;
}

/** The reading with a segment cut in two on a whole second, or as it is where that does not pay. */
function cut(reading: Reading, segment: Segment, chains: number): Reading {
  const { segments, nextId } = reading;
  const msPerPage = msPerPageOf(reading);
  const left = pagesLeft(reading, segment);
  if (msPerPage === undefined || left < 2 * LEAST_PAGES || !segment.chain.isAscending) return reading;
  const allLeft = segments.reduce((sum, other) => sum + pagesLeft(reading, other), 0);
  const length = Math.min(SEGMENT_PAGES, Math.max(LEAST_PAGES, allLeft / chains));
  // One that nobody reads is cut to size; one that is read only for somebody who has nothing else to read.
  if (segment.pages.length === 0 && left < 1.5 * length) return reading;
  const pages = Math.min(length, left / 2);
  const cutAt = Math.ceil((headOf(segment) + pages * msPerPage + 1) / SECOND_MS) * SECOND_MS;
  if (cutAt > segment.to) return reading;
  const isBegun = segment.chain.isStarted || segment.cursor !== undefined || segment.pages.length > 0;
  const front = { ...segment, to: cutAt - 1, windowTo: isBegun ? segment.windowTo : cutAt - 1 };
  const rest = {
    ...segment,
    id: nextId,
    from: cutAt,
    position: cutAt,
    cursor: undefined,
    windowTo: segment.to,
    isResumed: false,
    chain: startChain(undefined),
    pages: [],
  };
  const cutUp = segments.flatMap((other) => (other.id === segment.id ? [front, rest] : [other]));
  return { ...reading, segments: cutUp, nextId: nextId + 1 };
}

function replace(reading: Reading, segment: Segment): Reading {
  return { ...reading, segments: reading.segments.map((old) => (old.id === segment.id ? segment : old)) };
}
