/** A benchmark: what it is called, and what it finds. */

export type Size = 'full' | 'small';

export interface BenchCase {
  readonly name: string;
  /** In a line, for the command's help. */
  readonly about: string;
  /** Whether its figures depend on the machine, and on what else it does; all others repeat to the digit. */
  readonly isTimed: boolean;
  readonly run: (size: Size) => Promise<CaseReport>;
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly poller: string;
  /** The loop a user would write, where it is compared. */
  readonly naive?: string;
  /** The same pages fetched, parsed and sent on, nothing else, where it is compared. */
  readonly bound?: string;
  readonly target: string;
  readonly verdict: Verdict;
}

/** `explained`: not met, and the report's notes say what bounds it. `shown`: there is no target. */
export type Verdict = 'met' | 'explained' | 'shown';

export interface CaseReport {
  readonly rows: readonly Row[];
  /** Tables of their own: costs by volume, bytes by package. */
  readonly tables?: readonly Table[];
  /** How it was measured, and what bounds what is not met. */
  readonly notes: readonly string[];
  /** The figures as numbers: for whoever reads the JSON, and for the tests. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface Table {
  /** Its marker in the README, where it stands there. */
  readonly name: string;
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The verdict of a figure that must not pass a bound. */
export function judge(isMet: boolean): Verdict {
  return isMet ? 'met' : 'explained';
}

/** A number for people: so many digits after the point, thousands apart. */
export function show(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function showShare(share: number): string {
  return `${show(share * 100, 1)} %`;
}

/** The middle one of the numbers; of two, the lower. @throws where there are none */
export function median(numbers: readonly number[]): number {
  return percentile(numbers, 0.5);
}

/** The least number that at least this fraction (0 to 1) of them does not pass. @throws where there are none */
export function percentile(numbers: readonly number[], fraction: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)];
  if (found === undefined) throw new Error('Taking a percentile: there must be numbers, found none');
  return found;
}
