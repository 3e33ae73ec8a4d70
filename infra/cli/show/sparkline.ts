/** A row of bars, one for each figure, on a scale that is the same for every stream. */

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Seconds of lag above which a bar is one step higher: a minute is the poll's own rhythm, a day is a disaster. */
const STEPS = [90, 180, 600, 1_800, 7_200, 28_800, 86_400] as const;

/** The lags as bars, the oldest first; a space where a lag is not known. */
export function sparkline(lags: readonly (number | undefined)[]): string {
  return lags
    .map((lag) => (lag === undefined ? ' ' : (BARS[STEPS.filter((step) => lag > step).length] ?? '█')))
    .join('');
}

/** The figures in as many groups as there is room for bars; of each group the highest. */
export function thin(figures: readonly number[], count: number): number[] {
  if (figures.length <= count) return [...figures];
  return Array.from({ length: count }, (_, index) => {
    const begin = Math.floor((index * figures.length) / count);
    const end = Math.floor(((index + 1) * figures.length) / count);
    return Math.max(...figures.slice(begin, end));
  });
}
