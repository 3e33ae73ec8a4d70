/** Instants on the command line: ISO 8601 with its zone, a day, `now`, or so long ago: `-7d`, `-90m`. */
import { z } from 'zod';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

const RULE =
  'must be an instant such as 2026-11-01T00:00:00Z, a day such as 2026-11-01, now, or -7d, -12h, -90m';

const isoInstant = z.iso.datetime({ offset: true });
const isoDay = z.iso.date();

/** An instant, once it is known what time it is. */
export type GivenInstant = (now: number) => number;

/** What `--from` and its like hold. A day that no calendar has is refused: `2026-02-30`. */
export const instantFlag = z.string().transform((text, context): GivenInstant => {
  const ago = /^-(\d{1,6})([smhdw])$/.exec(text);
  if (ago !== null) {
    const unit = z.enum(['s', 'm', 'h', 'd', 'w']).parse(ago[2]);
    return (now) => now - Number(ago[1]) * UNITS[unit];
  }
  if (text === 'now') return (now) => now;
  if (isoInstant.safeParse(text).success || isoDay.safeParse(text).success) {
    const at = Date.parse(text);
    return () => at;
  }
  context.addIssue(RULE);
  return z.NEVER;
});
