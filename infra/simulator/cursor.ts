/**
 * HubSpot's `after`: base64 of `occurredAtMs|objectTypeId|objectId|eventTypeId|hash`. It names a position,
 * not a session, and arrives percent-encoded: two in three end in padding (observed, 2026-11).
 */
import type { Position } from './simulated-event.ts';

/** Gives the cursor as answers hold it. */
export function writeCursor(position: Position, percentEncoded: boolean): string {
  const { occurredAt, objectTypeId, objectId, eventTypeId, hash } = position;
  const text = `${occurredAt}|${objectTypeId}|${objectId}|${eventTypeId}|${hash}`;
  const cursor = Buffer.from(text).toString('base64');
  return percentEncoded ? encodeURIComponent(cursor) : cursor;
}

/**
 * Gives the position that a request's `after` names, once its query string is decoded; `'still-encoded'`
 * where it was sent on without decoding it first; undefined where it is no cursor.
 */
export function readCursor(after: string): Position | 'still-encoded' | undefined {
  const position = readPosition(after);
  if (position !== undefined || !after.includes('%')) return position;
  return readPosition(decodeOnce(after)) === undefined ? undefined : 'still-encoded';
}

function decodeOnce(text: string): string {
  return new URLSearchParams(`after=${text}`).get('after') ?? '';
}

function readPosition(cursor: string): Position | undefined {
  const bytes = Buffer.from(cursor, 'base64');
  if (bytes.toString('base64') !== cursor) return undefined;
  const match = /^(\d{1,16})\|([\d-]*)\|(.*)\|([\d-]*)\|(-?\d{1,16})$/s.exec(bytes.toString('utf8'));
  if (match === null) return undefined;
  const [, occurredAt = '', objectTypeId = '', objectId = '', eventTypeId = '', hash = ''] = match;
  return { occurredAt: Number(occurredAt), objectTypeId, objectId, eventTypeId, hash: Number(hash) };
}
