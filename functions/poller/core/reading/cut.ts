/** Cutting a window far behind into segments: how dense it is says how long each is, in pages. */
import { SECOND_MS } from '../instant.ts';
import type { Chain } from './paging.ts';
import { headOf, isRead, type Segment, startSegment } from './segment.ts';

/** A segment's length in pages: its last page is filled in part, so a short one wastes more. */
const SEGMENT_PAGES = 60;

/** A segment is not cut into parts shorter than this. */
const LEAST_PAGES = 3;

/** How much less an older page counts than the one after it. */
const FADING = 0.9;

/** Before the first page. */
export const UNKNOWN_DENSITY: Density = { coveredMs: 0, pages: 0, entriesPerPage: 0 };

/** How dense the window is: what its last pages covered, the older ones fading. */
export interface Density {
  readonly coveredMs: number;
  /** Full pages: one that is filled in part counts in part. */
  readonly pages: number;
  /** How many entries a full page held, whatever was asked for: HubSpot may cap pages without a word. */
  readonly entriesPerPage: number;
}

/** A window's segments, oldest first, and what its cutting goes by. */
export interface Segments {
  readonly segments: readonly Segment[];
  readonly density: Density;
  readonly nextId: number;
}

/** The density after one more page, whose chain has come to `chain`. */
export function noteDensity(density: Density, segment: Segment, chain: Chain, entries: number): Density {
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

/** Undefined where nothing is known yet, or all pages so far were of one instant. */
function msPerPageOf({ density }: Segments): number | undefined {
  return density.pages > 0 && density.coveredMs > 0 ? density.coveredMs / density.pages : undefined;
}

/** How many pages a segment still has; 0 where nothing is known. */
export function pagesLeft(reading: Segments, segment: Segment): number {
  const msPerPage = msPerPageOf(reading);
  return msPerPage === undefined || isRead(segment) ? 0 : (segment.to - headOf(segment)) / msPerPage;
}

/** The window with a segment cut in two on a whole second, or as it is where that does not pay. */
export function cut<S extends Segments>(reading: S, segment: Segment, chains: number): S {
  const { segments, nextId } = reading;
  const msPerPage = msPerPageOf(reading);
  const left = pagesLeft(reading, segment);
  if (msPerPage === undefined || left < 2 * LEAST_PAGES || !segment.chain.isAscending) return reading;
  const allLeft = segments.reduce((sum, other) => sum + pagesLeft(reading, other), 0);
  const length = Math.min(SEGMENT_PAGES, Math.max(LEAST_PAGES, allLeft / chains));
  // A segment that nobody reads is cut to size; one that is read, only where a chain would have nothing to read.
  if (segment.pages.length === 0 && left < 1.5 * length) return reading;
  const pages = Math.min(length, left / 2);
  const cutAt = Math.ceil((headOf(segment) + pages * msPerPage + 1) / SECOND_MS) * SECOND_MS;
  if (cutAt > segment.to) return reading;
  const isBegun = segment.chain.isStarted || segment.cursor !== undefined || segment.pages.length > 0;
  const front = { ...segment, to: cutAt - 1, windowTo: isBegun ? segment.windowTo : cutAt - 1 };
  const rest = startSegment(nextId, { from: cutAt, to: segment.to });
  const cutUp = segments.flatMap((other) => (other.id === segment.id ? [front, rest] : [other]));
  return { ...reading, segments: cutUp, nextId: nextId + 1 };
}
