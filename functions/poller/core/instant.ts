/** An instant: milliseconds since the epoch, UTC. Finer parts of a vendor's time are cut off. */
export type Instant = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

const YEAR_1 = -62_135_596_800_000;
const YEAR_9999 = 253_402_300_799_999;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;
const EPOCH_MILLISECONDS = /^\d{1,15}$/;

/**
 * The instant that a HubSpot time tells, or undefined where it tells none. HubSpot's answers hold ISO 8601
 * with milliseconds; its examples microseconds and epoch milliseconds too (seen 2026-11). No zone is UTC.
 */
export function parseInstant(value: unknown): Instant | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? inRange(value) : undefined;
  if (typeof value !== 'string') return undefined;
  if (EPOCH_MILLISECONDS.test(value)) return inRange(Number(value));
  const parts = ISO.exec(value);
  if (parts === null) return undefined;
  return inRange(Date.parse(parts[2] === undefined ? `${value}Z` : value));
}

/** The instant as ISO 8601 with milliseconds and Z: texts of this form sort as their instants do. */
export function toIso(instant: Instant): string {
  return new Date(instant).toISOString();
}

function inRange(instant: number): Instant | undefined {
  return instant >= YEAR_1 && instant <= YEAR_9999 ? instant : undefined;
}
